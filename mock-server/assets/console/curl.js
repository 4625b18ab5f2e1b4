// @ts-check
// Every action of the console is a call of administration, and shows it.
import { call, isLoggedIn, pathOf, serverUrl } from "./api.js";
import { copyButton } from "./copy.js";
import { fill, h } from "./dom.js";
import { confirmed, problem, toast } from "./notice.js";

/**
 * @typedef {object} Request
 * @property {"GET" | "POST" | "PATCH" | "PUT" | "DELETE"} method
 * @property {string} path such as `/clock`
 * @property {import("./api.js").Query} [query]
 * @property {unknown} [body]
 */

/** @param {string} text */
const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * The command that does the same as a call.
 *
 * @param {Request} request
 */
export function curlOf({ method, path, query, body }) {
  const origin = serverUrl.slice(0, serverUrl.length - new URL(serverUrl).pathname.replace(/\/$/, "").length);
  const parts = ["curl"];
  if (isLoggedIn) parts.push('-H "Authorization: Bearer $DIGIME_ADMIN_TOKEN"');
  const implied = body === undefined ? "GET" : "POST";
  if (method !== implied) parts.push(`-X ${method}`);
  parts.push(quoted(`${origin}${pathOf(path, query)}`));
  if (body !== undefined) parts.push(`-d ${quoted(JSON.stringify(body))}`);
  return parts.join(" ");
}

/**
 * The command, folded away. A function is asked for the call when it is unfolded, because forms change it.
 *
 * @param {Request | (() => Request)} request
 */
export function curl(request) {
  const place = h("div", { class: "code" });
  const show = () => {
    const text = curlOf(typeof request === "function" ? request() : request);
    fill(place, h("pre", { class: "wrap", tabindex: "0", "aria-label": "Command" }, h("code", {}, text)), h("div", {}, copyButton(text, "the command")));
  };
  const details = h("details", { class: "curl" }, h("summary", {}, "The same with curl"), place);
  details.addEventListener("toggle", () => details.open && show());
  return details;
}

/** What a page does after something was changed: `changed` events make the header look again. */
export function changed() {
  document.dispatchEvent(new CustomEvent("digime:changed"));
}

/**
 * @typedef {object} Action
 * @property {string} label
 * @property {Request | (() => Request)} request
 * @property {string} [kind] class of the button: `primary`, `danger`, `small`
 * @property {string} [name] what screen readers say instead of the label
 * @property {{question: string, consequence: string}} [confirm]
 * @property {string} [done] what is said when it worked
 * @property {(answer: any) => unknown} [then]
 * @property {HTMLElement} [problems] where a refusal is shown; a place after the button if it is absent
 */

/**
 * Does what an action says, and shows what went wrong.
 *
 * @param {Action} action
 * @param {HTMLElement} problems
 */
export async function perform(action, problems) {
  const { confirm, label } = action;
  if (confirm && !(await confirmed(confirm.question, confirm.consequence, label))) return;
  fill(problems);
  try {
    const { method, path, query, body } = typeof action.request === "function" ? action.request() : action.request;
    const answer = await call(method, path, { query, body });
    if (action.done) toast(action.done);
    changed();
    await action.then?.(answer);
  } catch (error) {
    fill(problems, problem(error));
  }
}

/**
 * A button that calls administration.
 *
 * @param {Action} action
 */
export function button(action) {
  const problems = action.problems ?? h("div");
  const press = async () => {
    element.disabled = true;
    try {
      await perform(action, problems);
    } finally {
      element.disabled = false;
    }
  };
  const attributes = { type: "button", class: action.kind ?? "", "aria-label": action.name, onclick: press };
  const element = h("button", attributes, action.label);
  return action.problems ? element : h("span", { class: "row" }, element, problems);
}

/**
 * A form whose button calls administration, with the command below it.
 *
 * @param {Action} action
 * @param {...import("./dom.js").Child} children
 */
export function form(action, ...children) {
  const problems = h("div");
  const submit = h("button", { class: action.kind ?? "primary" }, action.label);
  const send = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    submit.disabled = true;
    try {
      await perform(action, problems);
    } finally {
      submit.disabled = false;
    }
  };
  return h("form", { class: "stack", onsubmit: send }, children, problems, h("div", { class: "row" }, submit), curl(action.request));
}
