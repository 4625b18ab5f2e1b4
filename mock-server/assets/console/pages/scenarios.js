// @ts-check
import { admin, get, runsScenarios } from "../api.js";
import { button, curl } from "../curl.js";
import { badge, card, empty, field, fill, h, refill } from "../dom.js";
import { problem } from "../notice.js";

/**
 * @typedef {{path: string, name: string, proves?: string, tags: string[]}} Scenario
 * @typedef {{path: string, name: string, outcome: "passed" | "failed" | "skipped" | "notRun", millis: number, why?: string}} Result
 * @typedef {{number: number, running: boolean, ended: number, all: number, failed: number, results: Result[], problem?: string}} Run
 */

/** How often a run that is under way is looked at, in milliseconds. */
const PAUSE = 500;
/** How many scenarios are listed at once. */
const LISTED = 50;

const OUTCOMES = /** @type {const} */ ({ passed: ["passed", "good"], failed: ["failed", "bad"], skipped: ["skipped", "warn"], notRun: ["not run", ""] });

/** @param {HTMLElement} content */
export async function show(content) {
  if (!runsScenarios) return fill(content, nothingRuns());
  try {
    const { scenarios, problems } = await get("/scenarios");
    fill(content, problems.length > 0 ? wrongFiles(problems) : runnable(scenarios));
  } catch (error) {
    fill(content, problem(error));
  }
}

function nothingRuns() {
  return empty(
    "This program runs no scenarios",
    "Scenarios belong to digime-scenarios. Its command ",
    h("code", {}, "digime-scenarios console"),
    " starts this server with them: the shipped ones, and those of a folder that you name.",
  );
}

/** @param {string[]} problems */
function wrongFiles(problems) {
  return h("div", { class: "notice bad", role: "alert" }, h("h2", {}, "Files are wrong, so that nothing runs"), problems.map((it) => h("pre", { class: "wrap", tabindex: "0", "aria-label": "What is wrong" }, it)));
}

/** @param {Scenario[]} scenarios */
function runnable(scenarios) {
  const state = h("div", { class: "stack" });
  const problems = h("div");
  const rows = h("tbody");
  const foot = h("div", { class: "row" });
  const search = h("input", { type: "search", placeholder: "Name, path or tag", spellcheck: "false", autocomplete: "off" });
  /** @type {Map<string, Result>} */
  const results = new Map();
  let listed = LISTED;
  let number = 0;
  let seen = 0;
  let looking = false;

  const fitting = () => {
    const words = search.value.toLowerCase().split(/\s+/);
    return scenarios.filter(({ path, name, tags }) => words.every((word) => `${path} ${name} ${tags.join(" ")}`.toLowerCase().includes(word)));
  };

  function list() {
    const found = fitting();
    refill(rows, found.slice(0, listed).map(row));
    const more = h("button", { type: "button", onclick: () => ((listed += LISTED), list()) }, "Show more");
    fill(foot, h("span", { class: "muted" }, `${Math.min(listed, found.length)} of ${found.length} scenarios`), found.length > listed ? more : null);
  }

  /** @param {string[]} paths @param {string} label @param {string} [kind] @param {string} [name] */
  const runButton = (paths, label, kind, name) =>
    button({ label, name, kind, problems, then: () => void look(), request: { method: "POST", path: "/scenarios/run", body: paths.length > 0 ? { scenarios: paths } : {} } });

  /** @param {Scenario} scenario */
  function row({ path, name, proves, tags }) {
    const result = results.get(path);
    return h("tr", {},
      h("th", { scope: "row", "data-title": "Scenario" }, h("span", {}, name, h("div", { class: "muted small" }, proves ?? path))),
      h("td", { "data-title": "Tags" }, h("span", {}, tags.join(", "))),
      h("td", { "data-title": "Last run", class: "nowrap" }, h("span", {}, result ? [outcome(result), ` ${result.millis} ms`] : null)),
      h("td", { "data-title": "Actions" }, h("span", {}, runButton([path], "Run", "small", `Run ${name}`))));
  }

  async function look() {
    if (looking) return;
    looking = true;
    try {
      for (;;) {
        const { run } = await get("/scenarios/run", { from: seen });
        if (!run) return;
        if (run.number !== number) {
          // Another run began: its results are read from the first one on.
          ({ number } = run);
          if (seen > 0) {
            seen = 0;
            continue;
          }
        }
        for (const result of run.results) results.set(result.path, result);
        seen += run.results.length;
        refill(state, runCard(run));
        list();
        if (!run.running && run.results.length === 0) return;
        await new Promise((done) => setTimeout(done, run.running ? PAUSE : 0));
      }
    } catch (error) {
      fill(state, problem(error));
    } finally {
      looking = false;
    }
  }

  /** @param {Run} run */
  function runCard(run) {
    const failed = [...results.values()].filter(({ outcome }) => outcome === "failed");
    const bar = h("progress", { max: run.all || 1, value: run.ended, "aria-label": "Scenarios that have ended" });
    const verdict = run.running ? badge("running", "accent") : run.problem ? badge("defective", "bad") : run.failed > 0 ? badge(`${run.failed} failed`, "bad") : run.ended < run.all ? badge("ended early", "warn") : badge("passed", "good");
    const stop = button({ label: "End the run", request: { method: "DELETE", path: "/scenarios/run" }, then: () => void look(), problems });
    const report = h("a", { class: "button", href: `${admin}/scenarios/report`, target: "_blank", rel: "noopener" }, "Whole report, with diagrams");
    return card(`Run ${run.number}`, null,
      h("div", { class: "spread", role: "status" }, h("span", { class: "row" }, verdict, `${run.ended} of ${run.all} scenarios have ended`), run.running ? stop : run.problem ? null : report),
      bar,
      run.problem ? h("pre", { class: "wrap", tabindex: "0", "aria-label": "What went wrong" }, run.problem) : null,
      failed.map(failure));
  }

  search.addEventListener("input", () => {
    listed = LISTED;
    list();
  });
  list();
  void look();
  const heads = ["Scenario", "Tags", "Last run", "Actions"].map((title) => h("th", { scope: "col" }, title));
  const table = h("table", { class: "cards", "aria-label": "Scenarios" }, h("thead", {}, h("tr", {}, heads)), rows);
  const controls = h("div", { class: "spread" }, h("div", {}, field("Search", search)), h("span", { class: "row" }, runButton([], "Run all", "primary")));
  const all = { method: /** @type {"GET"} */ ("GET"), path: "/scenarios", query: { sandbox: null } };
  return h("div", { class: "stack" }, state, problems, controls, h("div", { class: "table-frame", tabindex: "0", role: "group", "aria-label": "Scenarios" }, table), foot, curl(all));
}

/** @param {Result} result */
function outcome({ outcome }) {
  const [text, kind] = OUTCOMES[outcome];
  return badge(text, kind);
}

/** @param {Result} result */
function failure({ name, path, why }) {
  return h("details", { class: "notice bad" }, h("summary", {}, name), h("p", { class: "small muted" }, path), why ? h("pre", { class: "diff wrap", tabindex: "0", "aria-label": `Why ${name} failed` }, why.split("\n").map(line)) : null);
}

/** @param {string} text */
function line(text) {
  const kind = /^\s*\+/.test(text) ? "added" : /^\s*-(?!-)/.test(text) ? "removed" : null;
  return [kind ? h("span", { class: kind }, text) : text, "\n"];
}
