// @ts-check
import { ApiError } from "./api.js";
import { h } from "./dom.js";

/**
 * What went wrong, and what to do.
 *
 * @param {unknown} error
 */
export function problem(error) {
  const notice = h("div", { class: "notice bad", role: "alert" });
  if (error instanceof ApiError) {
    const advice = [error.advice, error.reference ? `Reference: ${error.reference}` : ""].filter(Boolean).join(" ");
    notice.append(h("p", {}, error.message), h("p", { class: "small" }, advice));
  } else {
    console.error(error);
    notice.append(h("p", {}, `The page has a defect: ${error instanceof Error ? error.message : String(error)}`));
  }
  return notice;
}

/**
 * Says something that passes, also to screen readers.
 *
 * @param {string} text
 */
export function toast(text) {
  const place = document.getElementById("toasts");
  const message = h("div", { class: "toast" }, text);
  place?.append(message);
  setTimeout(() => message.remove(), 4000);
}

/**
 * Asks before something is lost; `true` if it may be.
 *
 * @param {string} question
 * @param {string} consequence
 * @param {string} yes the label of the button
 * @returns {Promise<boolean>}
 */
export function confirmed(question, consequence, yes) {
  return new Promise((resolve) => {
    const answer = (/** @type {boolean} */ value) => () => {
      dialog.close();
      resolve(value);
    };
    const buttons = h(
      "div",
      { class: "row" },
      h("button", { type: "button", class: "danger", onclick: answer(true) }, yes),
      h("button", { type: "button", autofocus: true, onclick: answer(false) }, "Keep it"),
    );
    const dialog = h("dialog", { class: "confirm" }, h("div", { class: "stack" }, h("h2", {}, question), h("p", {}, consequence), buttons));
    dialog.addEventListener("cancel", () => resolve(false));
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  });
}
