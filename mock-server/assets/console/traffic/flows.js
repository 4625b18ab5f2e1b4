// @ts-check
// The flows of the sandbox; the one that went on last comes first.
import { get } from "../api.js";
import { curl } from "../curl.js";
import { badge, empty, fill, h } from "../dom.js";
import { follow, soon } from "../events.js";
import { pagedTable } from "../table.js";
import { timeOfDay } from "../time.js";
import { flowPage, shortId, userPage } from "./summary.js";

/** How many flows a page has. */
const PAGE = 25;

/**
 * @typedef {object} Flow
 * @property {string} flow
 * @property {string} first
 * @property {string} last
 * @property {number} requests
 * @property {number} refused
 * @property {string[]} users
 * @property {string[]} operations
 */

/** @param {HTMLElement} place */
export function showFlows(place) {
  const table = pagedTable({
    caption: "Flows, the one that went on last first",
    columns: [
      { title: "Flow", isHead: true, cell: (/** @type {Flow} */ { flow, operations }) => h("a", { href: flowPage(flow) }, operations.slice(0, 4).join(" → ") + (operations.length > 4 ? " → …" : "")) },
      { title: "Began", kind: "nowrap", cell: ({ first }) => h("time", { datetime: first, class: "mono" }, timeOfDay(first)) },
      { title: "Went on", kind: "nowrap", cell: ({ last }) => h("time", { datetime: last, class: "mono" }, timeOfDay(last)) },
      { title: "Requests", kind: "number", cell: ({ requests }) => requests },
      { title: "Refused", kind: "number", cell: ({ refused }) => (refused ? badge(String(refused), "warn") : 0) },
      { title: "User", kind: "nowrap", cell: ({ users }) => users.map((user) => h("a", { href: userPage(user), "aria-label": `User ${user}` }, shortId(user))) },
    ],
    load: async (after, signal) => {
      const offset = Number(after ?? 0);
      const { flows, total } = await get("/flows", { limit: PAGE, offset: offset || null }, signal);
      return { rows: flows, next: offset + PAGE < total ? String(offset + PAGE) : undefined };
    },
    empty: () => empty("No flows yet", "Requests that share a code, a session, a token or a user appear here as one."),
  });
  const reload = soon(table.reload, 1500);
  follow((name) => {
    if ((name === "request" || name === "cleared") && !table.element.contains(document.activeElement)) reload();
  });
  fill(place, table.element, curl({ method: "GET", path: "/flows", query: { limit: PAGE } }));
}
