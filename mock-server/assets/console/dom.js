// @ts-check
// Elements are built from texts alone: nothing that a request brought is ever read as markup.

/** @typedef {Node | string | number | null | undefined | false | Child[]} Child */

/**
 * An element. Attributes whose name begins with `on` are listeners; `false`, `null` and `undefined` leave an
 * attribute out, and `true` sets it empty.
 *
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, any>} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  setAttributes(element, attributes);
  append(element, children);
  return element;
}

/**
 * An element of a drawing.
 *
 * @param {string} tag
 * @param {Record<string, any>} [attributes]
 * @param {...Child} children
 * @returns {SVGElement}
 */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  setAttributes(element, attributes);
  append(element, children);
  return element;
}

/**
 * @param {Element} element
 * @param {Record<string, any>} attributes
 */
function setAttributes(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on") && typeof value === "function") {
      element.addEventListener(name.slice(2), value);
    } else if (value === true) {
      element.setAttribute(name, "");
    } else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, String(value));
    }
  }
}

/**
 * @param {Element} parent
 * @param {Child[]} children
 */
function append(parent, children) {
  for (const child of children) {
    if (Array.isArray(child)) append(parent, child);
    else if (child instanceof Node) parent.append(child);
    else if (child !== null && child !== undefined && child !== false) parent.append(String(child));
  }
}

/**
 * Puts these children in the place of what an element has.
 *
 * @param {Element} parent
 * @param {...Child} children
 */
export function fill(parent, ...children) {
  parent.replaceChildren();
  append(parent, children);
}

/**
 * As `fill`, for what is shown anew: who moves through it by keyboard stays where they were.
 *
 * @param {Element} parent
 * @param {...Child} children
 */
export function refill(parent, ...children) {
  const name = (/** @type {Element} */ it) => `${it.tagName} ${it.getAttribute("href")} ${it.getAttribute("aria-label") ?? it.textContent}`;
  const focused = document.activeElement;
  const wanted = focused && parent.contains(focused) ? name(focused) : null;
  fill(parent, ...children);
  const found = wanted && [...parent.querySelectorAll("a, button, summary, [tabindex]")].find((it) => name(it) === wanted);
  if (found instanceof HTMLElement || found instanceof SVGElement) found.focus();
}

let lastId = 0;

/** An id that nothing on the page has. */
export function freshId() {
  lastId += 1;
  return `e${lastId}`;
}

/**
 * A control with its label, and a hint below it.
 *
 * @param {string} label
 * @param {HTMLElement} control
 * @param {string} [hint]
 */
export function field(label, control, hint) {
  control.id ||= freshId();
  const note = hint ? h("span", { class: "hint", id: freshId() }, hint) : null;
  if (note) control.setAttribute("aria-describedby", note.id);
  return h("div", { class: "field" }, h("label", { for: control.id }, label), control, note);
}

/**
 * A card with a heading.
 *
 * @param {string} title
 * @param {string | null} purpose
 * @param {...Child} children
 */
export function card(title, purpose, ...children) {
  const id = freshId();
  const heading = h("header", {}, h("h2", { id }, title), purpose ? h("p", {}, purpose) : null);
  return h("section", { class: "card", "aria-labelledby": id }, heading, children);
}

/**
 * What a list shows that has nothing.
 *
 * @param {string} title
 * @param {...Child} children
 */
export function empty(title, ...children) {
  return h("div", { class: "empty" }, h("strong", {}, title), h("div", {}, children));
}

/**
 * @param {string} text
 * @param {"good" | "bad" | "warn" | "accent" | ""} [kind]
 */
export function badge(text, kind = "") {
  return h("span", { class: `badge ${kind}` }, text);
}
