// @ts-check
import { h } from "./dom.js";
import { toast } from "./notice.js";

/**
 * A button that copies a text.
 *
 * @param {string | (() => string)} text
 * @param {string} [what] what it is, for people who do not see where the button stands
 */
export function copyButton(text, what = "") {
  const copy = async () => {
    const value = typeof text === "string" ? text : text();
    const copied = await write(value);
    toast(copied ? "Copied" : "The browser does not let this page copy: select the text instead");
  };
  return h("button", { type: "button", class: "small", onclick: copy, "aria-label": what ? `Copy ${what}` : null }, "Copy");
}

/** @param {string} text */
async function write(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Pages that came by plain http from another machine have no clipboard.
    const area = h("textarea", { class: "hidden-label", "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    return copied;
  }
}

/**
 * A button that saves a text as a file.
 *
 * @param {string} name
 * @param {string | (() => string)} text
 * @param {string} [label]
 */
export function downloadButton(name, text, label = "Download") {
  const save = () => {
    const value = typeof text === "string" ? text : text();
    const url = URL.createObjectURL(new Blob([value], { type: "application/octet-stream" }));
    h("a", { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  };
  return h("button", { type: "button", class: "small", onclick: save, "aria-label": `${label} ${name}` }, label);
}

/**
 * A text to copy, with its caption.
 *
 * @param {string} caption
 * @param {string} text
 */
export function codeBlock(caption, text) {
  const head = h("div", { class: "row" }, h("span", { class: "muted small" }, caption), copyButton(text, caption));
  return h("div", { class: "code" }, head, h("pre", { tabindex: "0", "aria-label": caption }, h("code", {}, text)));
}
