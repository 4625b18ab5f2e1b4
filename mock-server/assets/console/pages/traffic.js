// @ts-check
import { empty, fill } from "../dom.js";

/** @param {HTMLElement} content */
export function show(content) {
  fill(content, empty("Nothing to see yet", "This page has no content of its own."));
}
