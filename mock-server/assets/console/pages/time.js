// @ts-check
// The clock of the sandbox, and what goes wrong on purpose.
import { get } from "../api.js";
import { button, changed, curl, form } from "../curl.js";
import { badge, card, empty, field, fill, h } from "../dom.js";
import { effects, isSpent } from "../header.js";
import { problem } from "../notice.js";

/** @typedef {{operation: string, method: string, path: string, summary: string, hasFile: boolean, hostile: string[]}} Operation */

/** @param {HTMLElement} content */
export async function show(content) {
  const clock = h("div", { class: "stack" });
  const faults = h("div", { class: "stack" });
  const { operations } = await get("/operations");
  const lifetimes = h("div", { class: "stack" });
  fill(
    content,
    card("Clock", "Every lifetime of this sandbox goes by it. It never goes back, except by a reset.", clock, lifetimes, byHand()),
    card("Active faults", "What goes wrong for clients of this sandbox until it is ended.", faults),
    card("Add a fault", "It meets the next requests of an operation.", faultForm(operations)),
    resetCard(),
  );
  const look = async () => {
    try {
      const [now, active] = await Promise.all([get("/clock"), get("/faults")]);
      fill(clock, reading(now));
      fill(faults, faultList(active.faults));
    } catch (error) {
      fill(clock, problem(error));
    }
  };
  document.addEventListener("digime:changed", look);
  await look();
  fill(lifetimes, jumps(await get("/clock")));
}

/** @param {{nowMillis: number, offset: string}} clock */
function reading({ nowMillis, offset }) {
  const shown = new Date(nowMillis).toISOString().replace("T", " ").slice(0, 19);
  const isMoved = !/^0/.test(offset);
  return h(
    "div",
    { class: "row" },
    h("strong", { class: "mono clock-now" }, `${shown} UTC`),
    isMoved ? badge(`${offset} ahead of real time`, "accent") : badge("Real time", "good"),
  );
}

/** @param {string} by */
const moving = (by) => ({ method: /** @type {"POST"} */ ("POST"), path: "/clock", body: { advance: by } });

/** @param {{lifetimes: Record<string, string>}} clock */
function jumps({ lifetimes }) {
  const plain = [["1h", "1 hour"], ["1d", "1 day"], ["7d", "7 days"]];
  const beyond = [
    ["code", "codes"],
    ["session", "read sessions"],
    ["accessToken", "access tokens"],
    ["refreshToken", "refresh tokens"],
  ];
  const problems = h("div");
  const jump = (/** @type {string} */ by, /** @type {string} */ label) =>
    button({ label, request: moving(by), done: `The clock moved by ${by}`, problems });
  return [
    h("div", { class: "row", role: "group", "aria-label": "Move the clock" }, plain.map(([by, label]) => jump(by, `+ ${label}`))),
    h("h3", {}, "Beyond a lifetime"),
    h(
      "div",
      { class: "row", role: "group", "aria-label": "Move the clock beyond a lifetime" },
      beyond.map(([name, what]) => jump(`${lifetimes[name]} 1s`, `Past ${what} (${lifetimes[name]})`)),
    ),
    problems,
    curl(moving("1h")),
  ];
}

function byHand() {
  const input = h("input", { placeholder: "1h 30m", required: true, autocomplete: "off" });
  const action = { label: "Move", kind: "", request: () => moving(input.value), done: "The clock moved" };
  return h("details", {}, h("summary", {}, "Move by another time"), form(action, field("Time", input, "Such as 90s, 1h 30m or 2d")));
}

/** @param {import("../header.js").Fault[]} faults */
function faultList(faults) {
  if (faults.length === 0) return empty("Nothing goes wrong on purpose", "Add a fault below, and see what your client makes of it.");
  const problems = h("div");
  const row = (/** @type {import("../header.js").Fault} */ fault) => {
    const request = { method: /** @type {"DELETE"} */ ("DELETE"), path: "/faults", query: { fault: fault.id } };
    const left = fault.times === undefined ? "always" : `${Math.max(0, fault.times - fault.struck)} of ${fault.times} left`;
    return h(
      "tr",
      {},
      h("th", { scope: "row", "data-title": "Operation" }, h("span", {}, fault.operation, fault.file ? h("span", { class: "muted" }, ` ${fault.file}`) : null)),
      h("td", { "data-title": "Effect" }, h("span", {}, effects(fault))),
      h("td", { "data-title": "Strikes" }, h("span", {}, left, isSpent(fault) ? badge("spent") : null)),
      h("td", { "data-title": "Struck", class: "number" }, fault.struck),
      h("td", { "data-title": "" }, button({ label: "End", name: `End ${fault.operation}: ${effects(fault)}`, kind: "small", request, done: "The fault has ended", problems })),
    );
  };
  const head = ["Operation", "Effect", "Strikes", "Struck", ""].map((title) => h("th", { scope: "col" }, title || h("span", { class: "hidden-label" }, "Action")));
  const all = { method: /** @type {"DELETE"} */ ("DELETE"), path: "/faults" };
  return [
    h("div", { class: "table-frame" }, h("table", { class: "cards", "aria-label": "Active faults" }, h("thead", {}, h("tr", {}, head)), h("tbody", {}, faults.map(row)))),
    problems,
    h("div", { class: "row" }, button({ label: "End all", request: all, done: "All faults have ended", problems })),
    curl(all),
  ];
}

/** What a fault can do; each but the first needs no more than its name. */
const KINDS = [
  ["status", "Answer with an error status"],
  ["delay", "Answer late"],
  ["corrupt", "Corrupt the first byte of the body"],
  ["truncate", "End the body half way"],
  ["disconnect", "Hang up half way"],
];

/** @param {Operation[]} operations */
function faultForm(operations) {
  const operation = h("select", {}, operations.map(({ operation, method, path }) => h("option", { value: operation }, `${operation} · ${method} ${path}`)));
  operation.value = "readFileList";
  const kind = h("select");
  const status = h("input", { type: "number", min: 200, max: 599, value: 503 });
  const delay = h("input", { value: "2s", autocomplete: "off" });
  const retryAfter = h("input", { type: "number", min: 0, placeholder: "none" });
  const times = h("input", { type: "number", min: 1, placeholder: "always", value: 1 });
  const file = h("input", { placeholder: "any", autocomplete: "off" });
  const fields = {
    status: field("Status", status),
    retryAfter: field("Retry-After", retryAfter, "Seconds; for 429 and 503"),
    delay: field("Delay", delay, "Such as 500ms or 2s"),
    file: field("File", file, "Only files of this name; * is any text"),
  };
  const chosen = () => operations.find(({ operation: name }) => name === operation.value);
  const offer = () => {
    const before = kind.value;
    const plain = KINDS.map(([value, label]) => h("option", { value }, label));
    const hostile = (chosen()?.hostile ?? []).map((name) => h("option", { value: `hostile:${name}` }, words(name)));
    fill(kind, plain, hostile.length > 0 ? h("optgroup", { label: "Hostile answers" }, hostile) : null);
    if ([...kind.options].some(({ value }) => value === before)) kind.value = before;
    adapt();
  };
  const adapt = () => {
    fields.status.hidden = fields.retryAfter.hidden = kind.value !== "status";
    fields.delay.hidden = kind.value !== "delay";
    fields.file.hidden = !chosen()?.hasFile;
  };
  operation.addEventListener("change", offer);
  kind.addEventListener("change", adapt);
  const request = () => {
    /** @type {Record<string, unknown>} */
    const body = { route: operation.value };
    if (times.value) body.times = Number(times.value);
    if (!fields.file.hidden && file.value) body.file = file.value;
    if (kind.value === "status") body.status = Number(status.value);
    if (kind.value === "status" && retryAfter.value) body.headers = { "Retry-After": retryAfter.value };
    if (kind.value === "delay") body.delay = delay.value;
    if (["corrupt", "truncate", "disconnect"].includes(kind.value)) body[kind.value] = true;
    if (kind.value.startsWith("hostile:")) body.hostile = kind.value.slice("hostile:".length);
    return { method: /** @type {"POST"} */ ("POST"), path: "/faults", body };
  };
  offer();
  return form(
    { label: "Add the fault", request, done: "The fault is active" },
    h("div", { class: "fields" }, field("Operation", operation), field("What goes wrong", kind), field("How often", times, "Empty: always")),
    h("div", { class: "fields" }, Object.values(fields)),
  );
}

/** @param {string} name such as `unknownKid` */
function words(name) {
  return name.replaceAll(/([A-Z])/g, " $1").toLowerCase();
}

function resetCard() {
  const request = { method: /** @type {"POST"} */ ("POST"), path: "/reset" };
  const confirm = { question: "Reset this sandbox?", consequence: "All users, tokens, faults, the journal and the client report are forgotten, and the clock shows real time again." };
  return card(
    "Reset",
    "Begin again: the applications stay, everything else is forgotten.",
    button({ label: "Reset the sandbox", kind: "danger", request, confirm, done: "The sandbox is empty", then: changed }),
    curl(request),
  );
}
