// @ts-check
// The requests of the sandbox, the newest first, as they come.
import { get } from "../api.js";
import { curl } from "../curl.js";
import { badge, empty, field, fill, h, refill } from "../dom.js";
import { follow, soon } from "../events.js";
import { problem } from "../notice.js";
import { keyOf, rowOf, tableOf } from "./summary.js";

/** How many requests are loaded at once. */
const PAGE = 100;
/** How many rows stay on the page while others come. */
const MOST = 500;

/** @param {HTMLElement} place */
export function showRequests(place) {
  const query = new URLSearchParams(location.search);
  const input = (/** @type {string} */ name, /** @type {string} */ placeholder) =>
    h("input", { type: "search", name, placeholder, value: query.get(name) ?? "", spellcheck: "false", autocomplete: "off" });
  const text = input("text", "Path, claim, error, header …");
  const operation = input("operation", "such as readFile");
  const user = input("user", "sub of their tokens");
  const link = input("link", "of a token, code or session");
  const status = h("select", { name: "status" },
    [["", "Any"], ["2xx", "2xx, succeeded"], ["3xx", "3xx, sent on"], ["4xx", "4xx, refused"], ["5xx", "5xx, failed"]].map(
      ([value, label]) => h("option", { value, selected: value === query.get("status") }, label),
    ));
  const body = h("tbody");
  const note = h("div", { "aria-live": "polite" });
  const foot = h("div", { class: "row" });
  const live = h("span", { role: "status" }, badge("Connecting …"));
  const pause = h("button", { type: "button", "aria-pressed": "false", onclick: () => setPaused(!paused) }, "Pause");
  const table = tableOf("Requests, newest first", body);
  let paused = false;
  let isWhole = false;
  let generation = 0;
  /** @type {string | undefined} */
  let next;

  const filter = () => ({ text: text.value.trim(), operation: operation.value.trim(), user: user.value.trim(), link: link.value.trim(), status: status.value });
  const isFiltered = () => Object.values(filter()).some(Boolean);
  const request = () => ({ method: /** @type {const} */ ("GET"), path: "/requests", query: { ...filter(), limit: PAGE } });

  async function load() {
    const mine = ++generation;
    try {
      const page = await get("/requests", { ...filter(), form: "short", limit: PAGE });
      if (mine !== generation) return;
      next = page.next;
      isWhole = false;
      refill(body, page.requests.reverse().map(rowOf));
      fill(note);
      settle();
    } catch (error) {
      if (mine === generation) fill(note, problem(error));
    }
  }

  async function older() {
    const page = await get("/requests", { ...filter(), form: "short", limit: PAGE, before: next });
    next = page.next;
    isWhole = true;
    body.append(...page.requests.reverse().map(rowOf));
    settle();
  }

  function settle() {
    const isEmpty = body.rows.length === 0;
    table.hidden = isEmpty;
    const none = isFiltered()
      ? empty("No request is like that", "Change the filter, or send one.")
      : empty("No requests yet", "What your client sends appears here at once. The start page has what it needs, and a button that runs a whole flow.");
    fill(foot, isEmpty ? none : null, next ? h("button", { type: "button", onclick: () => older().catch((error) => fill(note, problem(error))) }, "Load older requests") : null);
    foot.className = isEmpty ? "stack" : "row";
  }

  const reload = soon(load, 400);

  /** @param {import("./summary.js").Summary} request */
  function add(request) {
    if (isFiltered()) return reload();
    if (body.querySelector(`[data-key="${CSS.escape(keyOf(request))}"]`)) return;
    const row = rowOf(request);
    row.classList.add("new");
    body.prepend(row);
    while (!isWhole && body.rows.length > MOST) body.rows[MOST].remove();
    if (table.hidden) settle();
  }

  /** @param {boolean} value */
  function setPaused(value) {
    paused = value;
    pause.setAttribute("aria-pressed", String(paused));
    pause.textContent = paused ? "Go on" : "Pause";
    fill(live, paused ? badge("Paused", "warn") : badge("Live", "good"));
    if (!paused) void load();
  }

  follow((name, data) => {
    if (name === "broken") fill(live, badge("Connecting again …", "warn"));
    if (paused) return;
    if (name === "open") {
      fill(live, badge("Live", "good"));
      void load();
    } else if (name === "request") add(data);
    else if (name === "cleared") reload();
    else if (name === "forgotten") fill(note, h("p", { class: "muted" }, `Requests ${data.first} to ${data.last} are no longer in the journal.`));
  });

  const changed = soon(() => {
    const address = new URL(location.href);
    for (const [name, value] of Object.entries(filter())) value ? address.searchParams.set(name, value) : address.searchParams.delete(name);
    history.replaceState(null, "", address);
    void load();
  }, 300);
  const filters = h("form", { class: "fields", role: "search", "aria-label": "Filter requests", oninput: changed, onsubmit: (/** @type {Event} */ event) => event.preventDefault() },
    field("Text", text), field("Operation", operation), field("Answer", status), field("User", user), field("Fingerprint", link));
  fill(place, filters, h("div", { class: "spread" }, live, pause), note, table, foot, curl(request));
  void load();
}
