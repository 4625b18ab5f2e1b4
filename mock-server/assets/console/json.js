// @ts-check
import { h } from "./dom.js";

/** How many members are shown before the others are asked for. */
const SOME = 100;

/**
 * A JSON value as a tree that unfolds.
 *
 * @param {unknown} value
 * @param {number} [unfolded] how many levels are unfolded from the beginning
 * @returns {HTMLElement}
 */
export function jsonTree(value, unfolded = 2) {
  return h("div", { class: "json" }, node(null, value, unfolded));
}

/**
 * @param {string | null} name
 * @param {unknown} value
 * @param {number} unfolded
 * @returns {HTMLElement}
 */
function node(name, value, unfolded) {
  const label = name === null ? null : h("span", { class: "json-name" }, `${name}: `);
  if (value === null || typeof value !== "object") {
    return h("div", {}, label, h("span", { class: `json-${value === null ? "null" : typeof value}` }, JSON.stringify(value)));
  }
  const entries = Array.isArray(value) ? value.map((item, at) => [String(at), item]) : Object.entries(value);
  const count = Array.isArray(value) ? `[${entries.length}]` : `{${entries.length}}`;
  if (entries.length === 0) return h("div", {}, label, Array.isArray(value) ? "[]" : "{}");
  const place = h("div", { class: "json-members" });
  const details = h("details", { open: unfolded > 0 }, h("summary", {}, label, h("span", { class: "muted" }, count)), place);
  let shown = 0;
  const more = () => {
    place.querySelector(":scope > button")?.remove();
    const next = entries.slice(shown, shown + SOME);
    place.append(...next.map(([key, item]) => node(key, item, unfolded - 1)));
    shown += next.length;
    if (shown < entries.length) {
      place.append(h("button", { type: "button", class: "small", onclick: more }, `Show more (${entries.length - shown} left)`));
    }
  };
  if (unfolded > 0) more();
  else details.addEventListener("toggle", () => shown === 0 && more());
  return details;
}
