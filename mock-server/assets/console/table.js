// @ts-check
import { fill, freshId, h, refill } from "./dom.js";
import { problem } from "./notice.js";

/**
 * @template Row
 * @typedef {object} Column
 * @property {string} title
 * @property {(row: Row) => import("./dom.js").Child} cell
 * @property {boolean} [isHead] whether its cells name their rows
 * @property {string} [kind] class of its cells: `number`, `nowrap`
 */

/**
 * @template Row
 * @typedef {object} Table
 * @property {string} caption
 * @property {Column<Row>[]} columns
 * @property {(after: string | undefined, signal: AbortSignal) => Promise<{rows: Row[], next?: string}>} load a page of
 *   rows, and what the next one begins after
 * @property {() => Node} empty what is shown if there are none
 */

/**
 * A list that is loaded page by page, forwards and back.
 *
 * @template Row
 * @param {Table<Row>} table
 * @returns {{element: HTMLElement, reload: () => Promise<void>, restart: () => Promise<void>}}
 */
export function pagedTable({ caption, columns, load, empty }) {
  const element = h("div", { class: "stack", "aria-busy": "true" }, h("p", { class: "loading" }, "Loading …"));
  /** @type {(string | undefined)[]} */
  let starts = [undefined];
  let loading = new AbortController();

  async function reload() {
    loading.abort();
    const { signal } = (loading = new AbortController());
    element.setAttribute("aria-busy", "true");
    try {
      const { rows, next } = await load(starts.at(-1), signal);
      if (signal.aborted) return;
      if (rows.length === 0 && starts.length > 1) {
        starts.pop();
        return reload();
      }
      refill(element, rows.length === 0 ? empty() : shown(rows), pager(next));
    } catch (error) {
      if (!signal.aborted) fill(element, problem(error), h("div", {}, h("button", { type: "button", onclick: reload }, "Try again")));
    }
    element.setAttribute("aria-busy", "false");
  }

  /** @param {Row[]} rows */
  function shown(rows) {
    const id = freshId();
    const head = h("tr", {}, columns.map(({ title, kind }) => h("th", { scope: "col", class: kind }, title)));
    const body = rows.map((row) =>
      h("tr", {}, columns.map(({ title, cell, isHead, kind }) => {
        const attributes = { "data-title": title, class: kind };
        const content = h("span", {}, cell(row));
        return isHead ? h("th", { scope: "row", ...attributes }, content) : h("td", attributes, content);
      })),
    );
    const table = h("table", { class: "cards", "aria-labelledby": id }, h("thead", {}, head), h("tbody", {}, body));
    return h("div", {}, h("span", { id, class: "hidden-label" }, caption), h("div", { class: "table-frame" }, table));
  }

  /** @param {string | undefined} next */
  function pager(next) {
    if (!next && starts.length === 1) return null;
    const back = () => {
      starts.pop();
      return reload();
    };
    const on = () => {
      starts.push(next);
      return reload();
    };
    return h(
      "nav",
      { class: "row", "aria-label": `Pages of ${caption}` },
      h("button", { type: "button", onclick: back, disabled: starts.length === 1 }, "Back"),
      h("span", { class: "muted" }, `Page ${starts.length}`),
      h("button", { type: "button", onclick: on, disabled: !next }, "Next"),
    );
  }

  function restart() {
    starts = [undefined];
    return reload();
  }

  void reload();
  return { element, reload, restart };
}
