// @ts-check
import { base, get } from "../api.js";
import { curl } from "../curl.js";
import { empty, field, fill, h } from "../dom.js";
import { pagedTable } from "../table.js";
import { userPage } from "../traffic/summary.js";

/** @typedef {{user: string, accounts: {source: string, id: string}[], consents: string[], pushed: number}} UserSummary */

/** How many are on a page. */
const LIMIT = 50;
/** How long nobody types before a search begins, in milliseconds. */
const PAUSE = 250;

/** @param {HTMLElement} content */
export async function show(content) {
  const id = decodeURIComponent(location.pathname.slice(`${base}/users`.length + 1));
  if (id) {
    const { showUser } = await import("../users/user.js");
    return showUser(content, id);
  }
  const search = h("input", { type: "search", placeholder: "Id, source, contract …", spellcheck: "false", autocomplete: "off" });
  const list = pagedTable({
    caption: "Users",
    columns: [
      { title: "User", isHead: true, cell: (/** @type {UserSummary} */ it) => h("a", { href: userPage(it.user) }, h("code", {}, it.user)) },
      { title: "Accounts", kind: "number", cell: (it) => it.accounts.length },
      { title: "Contracts", kind: "number", cell: (it) => it.consents.length },
      { title: "Files pushed", kind: "number", cell: (it) => it.pushed },
    ],
    load: async (after, signal) => {
      const { users, next } = await get("/users", { search: search.value.trim(), after, limit: LIMIT }, signal);
      return { rows: users, next };
    },
    empty: () => empty("No users", search.value.trim() ? "Nobody is like that." : "A user appears here when somebody consents. The start page has a button that runs a whole flow."),
  });
  let waiting = 0;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(list.restart, PAUSE);
  });
  const request = () => ({ method: /** @type {const} */ ("GET"), path: "/users", query: { search: search.value.trim(), limit: LIMIT } });
  fill(content, field("Search", search), h("section", { class: "stack", "aria-label": "Users" }, list.element, curl(request)));
}
