// @ts-check
import { get, pageOf } from "../api.js";
import { curl } from "../curl.js";
import { badge, card, empty, fill, h } from "../dom.js";
import { problem } from "../notice.js";

/**
 * @typedef {{sequence: number, server?: string, reference?: string, operation?: string, detail: string}} Offence
 * @typedef {{check: string, meaning: string, outcome: "passed" | "failed" | "notExercised", passed: number, failed: number, offences: Offence[]}} Check
 * @typedef {{answer: string, operation: string, outcome: "noticed" | "unnoticed" | "unknown", given: number, used: number, usedBy: number[]}} Hostile
 * @typedef {{applicationId?: string, contractId?: string, requests: number, checks: Check[], hostileAnswers: Hostile[]}} Client
 */

const REQUEST = { method: /** @type {"GET"} */ ("GET"), path: "/client-report" };

/** @param {HTMLElement} content */
export async function show(content) {
  const report = h("div", { class: "stack", "aria-live": "polite" });
  const look = async () => {
    try {
      /** @type {{clients: Client[]}} */
      const { clients } = await get("/client-report");
      fill(report, clients.length > 0 ? clients.map(clientCard) : nothing());
    } catch (error) {
      fill(report, problem(error));
    }
  };
  const again = h("button", { type: "button", onclick: look }, "Look again");
  fill(content, h("div", { class: "spread" }, again, curl(REQUEST)), report);
  await look();
}

function nothing() {
  return empty(
    "No client has asked for anything yet",
    "Point your client at this sandbox, or ",
    h("a", { href: pageOf("start") }, "run the sample flow"),
    ": what it does well and badly is told here.",
  );
}

/** @param {Client} client */
function clientCard({ applicationId, contractId, requests, checks, hostileAnswers }) {
  const by = (/** @type {string} */ outcome) => checks.filter((check) => check.outcome === outcome);
  const [failed, passed, unseen] = [by("failed"), by("passed"), by("notExercised")];
  const name = contractId ? `${contractId}` : "Requests that name no contract";
  const counts = h(
    "div",
    { class: "row" },
    failed.length > 0 ? badge(`${failed.length} to mend`, "bad") : passed.length > 0 ? badge("Nothing to mend", "good") : null,
    badge(`${passed.length} done well`, passed.length > 0 ? "good" : ""),
    badge(`${unseen.length} not seen yet`),
    badge(`${requests} requests`),
  );
  return card(
    name,
    applicationId ? `Application ${applicationId}` : null,
    counts,
    failed.map(finding),
    hostileAnswers.length > 0 ? hostileTable(hostileAnswers) : null,
    passed.length > 0 ? folded("Done well", passed) : null,
    unseen.length > 0 ? folded("Not seen yet", unseen) : null,
  );
}

/** @param {number} sequence @param {string} [server] */
function requestLink(sequence, server) {
  return h("a", { href: pageOf(`traffic/${sequence}`, { server }) }, `request ${sequence}`);
}

/** @param {Check} check */
function finding({ check, meaning, failed, passed, offences }) {
  const offence = (/** @type {Offence} */ { sequence, server, operation, detail }) =>
    h("li", {}, requestLink(sequence, server), operation ? ` ${operation}: ` : ": ", detail);
  return h(
    "div",
    { class: "notice bad" },
    h("h3", {}, words(check)),
    h("p", {}, meaning),
    h("p", { class: "small muted" }, `${failed} times not as it should be, ${passed} times as it should.`),
    h("ul", {}, offences.map(offence)),
  );
}

/** @param {string} title @param {Check[]} checks */
function folded(title, checks) {
  const item = (/** @type {Check} */ { check, meaning, passed }) =>
    h("div", {}, h("dt", {}, words(check)), h("dd", {}, meaning, passed > 0 ? h("span", { class: "muted" }, ` (${passed} times)`) : null));
  return h("details", {}, h("summary", {}, `${title} (${checks.length})`), h("dl", { class: "facts" }, checks.map(item)));
}

/** @param {Hostile[]} answers */
function hostileTable(answers) {
  const outcome = { noticed: badge("noticed", "good"), unnoticed: badge("not noticed", "bad"), unknown: badge("not known") };
  const row = (/** @type {Hostile} */ it) =>
    h(
      "tr",
      {},
      h("th", { scope: "row", "data-title": "Hostile answer" }, h("span", {}, words(it.answer))),
      h("td", { "data-title": "Operation" }, h("span", {}, it.operation)),
      h("td", { "data-title": "Outcome" }, outcome[it.outcome].cloneNode(true)),
      h("td", { "data-title": "Given", class: "number" }, it.given),
      h("td", { "data-title": "Used by" }, h("span", {}, it.usedBy.map((sequence) => [requestLink(sequence), " "]))),
    );
  const head = ["Hostile answer", "Operation", "Outcome", "Given", "Used by"].map((title) => h("th", { scope: "col" }, title));
  return h("div", { class: "table-frame" }, h("table", { class: "cards", "aria-label": "Hostile answers" }, h("thead", {}, h("tr", {}, head)), h("tbody", {}, answers.map(row))));
}

/** @param {string} name such as `refreshOnce` */
function words(name) {
  const text = name.replaceAll(/([A-Z])/g, " $1").toLowerCase();
  return text.charAt(0).toUpperCase() + text.slice(1);
}
