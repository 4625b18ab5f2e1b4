// @ts-check
// One user: what they have, and what can be done to it.
import { get, pageOf } from "../api.js";
import { button, curl } from "../curl.js";
import { badge, card, empty, fill, h } from "../dom.js";
import { day, size, span } from "../time.js";
import { shortId } from "../traffic/summary.js";
import { filesCard } from "./files.js";

/** How often countdowns are drawn anew, in milliseconds. */
const TICK = 1000;

/**
 * @param {HTMLElement} content
 * @param {string} id
 */
export async function showUser(content, id) {
  const path = `/users/${encodeURIComponent(id)}`;
  const problems = h("div");
  const reload = () => showUser(content, id);
  const user = await get(path);
  const loaded = Date.now();
  const now = () => user.now + (Date.now() - loaded);
  /** @type {(() => void)[]} */
  const countdowns = [];

  /** @param {{expires: number, life: string}} it */
  function end(it) {
    const left = h("span");
    const draw = () => {
      const rest = it.expires - now();
      left.textContent = rest > 0 ? `in ${span(rest)}` : `${span(rest)} ago`;
    };
    draw();
    countdowns.push(draw);
    const kind = it.life === "alive" ? "good" : it.life === "expired" ? "bad" : "warn";
    return [badge(it.life, kind), " ", left, " ", h("span", { class: "muted small" }, day(it.expires))];
  }

  /**
   * @param {string} label
   * @param {string} name
   * @param {import("../curl.js").Request["method"]} method
   * @param {string} below
   * @param {unknown} [body]
   */
  const act = (label, name, method, below, body) =>
    button({ label, name, kind: "small", request: { method, path: `${path}${below}`, body }, done: `${label}: done`, then: reload, problems });

  const tokens = user.tokens.map((/** @type {any} */ it) => [
    it.role, shortId(it.fingerprint), h("code", {}, it.clientId), end(it),
    h("span", { class: "row" },
      it.life === "alive" ? act("Expire", `Expire ${it.role} token ${it.fingerprint}`, "POST", `/tokens/${it.fingerprint}/expire`) : null,
      act("Revoke", `Revoke ${it.role} token ${it.fingerprint}`, "DELETE", `/tokens/${it.fingerprint}`),
      h("a", { href: pageOf("traffic", { link: it.fingerprint }), "aria-label": `Traffic of the token ${it.fingerprint}` }, "Traffic")),
  ]);
  const sessions = user.sessions.map((/** @type {any} */ it) => [
    shortId(it.fingerprint), h("code", {}, it.clientId), end(it), it.started ? day(it.started) : "not yet",
    act("End", `End session ${it.fingerprint}`, "DELETE", `/sessions/${it.fingerprint}`),
  ]);
  const accounts = user.accounts.map((/** @type {any} */ it) => [
    it.source, h("code", {}, it.id), it.error ? badge(it.error.code, "bad") : badge("works", "good"),
    h("span", { class: "row" },
      act("Fail", `Fail ${it.id}`, "PATCH", `/accounts/${encodeURIComponent(it.id)}`, { source: "fails" }),
      act("Ask for login", `Ask for login at ${it.id}`, "PATCH", `/accounts/${encodeURIComponent(it.id)}`, { source: "asksForLogin" }),
      act("Recover", `Recover ${it.id}`, "PATCH", `/accounts/${encodeURIComponent(it.id)}`, { source: "works" })),
  ]);
  const codes = [...user.codes.map((/** @type {any} */ it) => ["code", shortId(it.fingerprint), h("code", {}, it.clientId), end(it)]),
    ...user.pages.map((/** @type {any} */ it) => [`page: ${it.purpose}`, shortId(it.fingerprint), h("code", {}, it.clientId), end(it)])];
  const kept = [...user.postboxes.map((/** @type {any} */ it) => ["postbox", h("code", {}, it.id), h("code", {}, it.clientId), ""]),
    ...user.waiting.map((/** @type {any} */ it) => ["waits in a postbox", h("code", {}, it.postbox), h("code", {}, it.clientId), size(it.size)]),
    ...user.storages.map((/** @type {any} */ it) => [`storage of ${it.files.length} files`, h("code", {}, it.id), h("code", {}, it.applicationId), size(it.used)])];

  const remove = button({
    label: "Delete the user", kind: "danger", problems,
    request: { method: "DELETE", path },
    confirm: { question: `Delete the user ${id}?`, consequence: "Their library, tokens, sessions and files are gone, and downloads end at once." },
    done: "The user is gone",
    then: () => location.assign(pageOf("users")),
  });
  fill(
    content,
    h("div", { class: "spread" }, h("div", { class: "row" }, h("a", { href: pageOf("users") }, "All users"), h("a", { href: pageOf("traffic", { user: id }) }, "Their requests")), remove),
    problems,
    card(`User ${id}`, `${user.pushed} files were pushed into their library.`, curl({ method: "GET", path })),
    section("Tokens", ["Kind", "Fingerprint", "Contract", "Ends", "Actions"], tokens),
    section("Sessions", ["Fingerprint", "Contract", "Ends", "Reads since", "Actions"], sessions),
    section("Accounts", ["Source", "Id", "Syncs", "In the syncs that follow"], accounts),
    section("Consents", ["Contract", "Consent"], user.consents.map((/** @type {any} */ it) => [h("code", {}, it.clientId), h("code", {}, it.consentId)])),
    section("Codes and pages", ["What", "Fingerprint", "Contract", "Ends"], codes),
    section("Postboxes and storages", ["What", "Id", "Whose", "Size"], kept),
    filesCard(path),
  );
  const ticking = setInterval(() => {
    if (!content.isConnected || countdowns.length === 0) return clearInterval(ticking);
    countdowns.forEach((draw) => draw());
  }, TICK);
}

/**
 * @param {string} title
 * @param {string[]} heads
 * @param {import("../dom.js").Child[][]} rows
 */
function section(title, heads, rows) {
  if (rows.length === 0) return card(title, null, empty("None"));
  const head = h("tr", {}, heads.map((text) => h("th", { scope: "col" }, text)));
  const body = rows.map((cells) => h("tr", {}, cells.map((cell, at) => h("td", { "data-title": heads[at] }, h("span", {}, cell)))));
  const table = h("table", { class: "cards", "aria-label": title }, h("thead", {}, head), h("tbody", {}, body));
  return card(title, null, h("div", { class: "table-frame", tabindex: "0", role: "group", "aria-label": title }, table));
}
