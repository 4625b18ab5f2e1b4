// @ts-check
// One request: what it said, how it was judged, what was answered.
import { get, pageOf } from "../api.js";
import { curl } from "../curl.js";
import { badge, card, fill, h } from "../dom.js";
import { jsonTree } from "../json.js";
import { flowPage, keyOf, requestPage, shortId, statusBadge, userPage } from "./summary.js";

/** @typedef {[string, import("../dom.js").Child]} Fact */

/**
 * @param {HTMLElement} content
 * @param {string} key
 */
export async function showRequest(content, key) {
  const [server, number] = key.includes(".") ? key.split(".") : [undefined, key];
  const path = `/requests/${encodeURIComponent(number)}`;
  const entry = await get(path, { server });
  const title = entry.operation ?? "nothing there";
  const beside = (/** @type {number} */ by, /** @type {string} */ label) =>
    h("a", { class: "button", href: requestPage(keyOf({ server, sequence: entry.sequence + by })) }, label);
  /** @type {(Fact | null)[]} */
  const facts = [
    ["Request", h("code", {}, `${entry.method} ${entry.path}`)],
    ["Answer", [statusBadge(entry.status, entry.refusal?.code), entry.contentType ? ` ${entry.contentType}` : ""]],
    ["Came", h("time", { datetime: entry.time, class: "mono" }, entry.time)],
    ["Took", `${entry.millis} ms`],
    entry.user ? ["User", h("a", { href: userPage(entry.user) }, h("code", {}, entry.user))] : null,
    entry.server ? ["Server", h("code", {}, entry.server)] : null,
    entry.location ? ["Sent on to", h("code", {}, entry.location)] : null,
    entry.fault ? ["Fault", [badge("struck", "warn"), " ", h("code", {}, entry.fault)]] : null,
  ];
  fill(
    content,
    h("div", { class: "spread" },
      h("div", { class: "row" }, h("a", { href: pageOf("traffic") }, "All requests"), entry.links?.length ? h("a", { href: flowPage(entry.links[0]) }, "Its flow") : null),
      h("div", { class: "row" }, entry.sequence > 1 ? beside(-1, "Previous") : null, beside(1, "Next"))),
    card(`${entry.sequence}. ${title}`, null, factsOf(facts), entry.refusal ? refusal(entry.refusal) : null, curl({ method: "GET", path, query: { server } })),
    card("Checks", entry.checks.length ? "In the order in which they ran; the first that fails ends them." : "Nothing was checked.", checks(entry.checks)),
    entry.explainedClaims.length ? card("Claims of its JWT", "Secrets are shown by their fingerprints.", claims(entry.explainedClaims)) : null,
    h("div", { class: "columns" },
      card("Sent", null, h("h3", {}, "Headers"), factsOf(Object.entries(entry.headers).map(([name, value]) => [name, h("code", {}, String(value))])),
        entry.body === undefined ? null : [h("h3", {}, "Body"), jsonTree(entry.body)]),
      card("Answered", null, answer(entry))),
    entry.links?.length
      ? card("What it hangs together with", "Fingerprints of codes, sessions, tokens and users that it names or was answered with.",
        h("ul", { class: "plain" }, entry.links.map((/** @type {string} */ link) => h("li", { class: "row" }, shortId(link), h("a", { href: pageOf("traffic", { link }) }, "Requests with it")))))
      : null,
  );
}

/** @param {(Fact | null)[]} facts */
function factsOf(facts) {
  return h("dl", { class: "facts" }, facts.map((fact) => fact && h("div", {}, h("dt", {}, fact[0]), h("dd", {}, fact[1]))));
}

/** @param {{code: string, message: string, detail: string, reference: string}} refusal */
function refusal({ code, message, detail, reference }) {
  return h("div", { class: "notice bad" },
    h("p", {}, h("strong", {}, code), ` · ${message}`),
    h("p", {}, `Why: ${detail}`),
    h("p", { class: "small muted" }, "Reference: ", h("code", {}, reference)));
}

/** @param {{check: string, passed: boolean, detail: string}[]} checks */
function checks(checks) {
  return h("ol", { class: "checks" }, checks.map(({ check, passed, detail }) =>
    h("li", { class: passed ? "passed" : "failed" }, badge(passed ? "passed" : "failed", passed ? "good" : "bad"), h("span", {}, h("strong", {}, check), detail ? ` – ${detail}` : ""))));
}

/** @param {{name: string, value: unknown, meaning?: string}[]} claims */
function claims(claims) {
  const rows = claims.map(({ name, value, meaning }) =>
    h("tr", {},
      h("th", { scope: "row", "data-title": "Claim" }, h("span", {}, h("code", {}, name))),
      h("td", { "data-title": "Value" }, h("span", {}, typeof value === "object" && value ? jsonTree(value, 1) : h("code", {}, typeof value === "string" ? value : JSON.stringify(value)))),
      h("td", { "data-title": "Meaning" }, h("span", { class: meaning ? "" : "muted" }, meaning ?? "The platform does not know it."))));
  const head = h("tr", {}, ["Claim", "Value", "Meaning"].map((title) => h("th", { scope: "col" }, title)));
  return h("div", { class: "table-frame" }, h("table", { class: "cards", "aria-label": "Claims" }, h("thead", {}, head), h("tbody", {}, rows)));
}

/** @param {any} entry */
function answer(entry) {
  if (entry.answer !== undefined) return jsonTree(entry.answer);
  if (entry.answerLeftOut) return h("p", { class: "muted" }, `${entry.answerLeftOut} bytes of JSON, more than the journal keeps.`);
  if (entry.location) return h("p", {}, "The browser was sent on to ", h("code", {}, entry.location));
  return h("p", { class: "muted" }, entry.contentType ? `A body of ${entry.contentType}, which the journal does not keep.` : "No body.");
}
