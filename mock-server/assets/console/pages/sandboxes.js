// @ts-check
import { get, isHost, pageOf, sandbox } from "../api.js";
import { button, changed, curl, form } from "../curl.js";
import { badge, card, empty, field, fill, h } from "../dom.js";
import { pagedTable } from "../table.js";

/** @typedef {{sandbox: string, partner?: string, applications: string[], now: number}} Sandbox */

/** How many are on a page. */
const LIMIT = 50;

/** @param {HTMLElement} content */
export function show(content) {
  const problems = h("div");
  const list = pagedTable({
    caption: "Sandboxes",
    columns: [
      { title: "Sandbox", isHead: true, cell: (/** @type {Sandbox} */ it) => [h("a", { href: pageOf("start", { sandbox: it.sandbox }) }, it.sandbox), it.sandbox === sandbox ? [" ", badge("this one", "accent")] : null] },
      ...(isHost ? [{ title: "Owner", cell: (/** @type {Sandbox} */ it) => it.partner ?? h("span", { class: "muted" }, "host") }] : []),
      { title: "Applications", cell: (it) => (it.applications.length > 0 ? it.applications.join(", ") : h("span", { class: "muted" }, "none")) },
      { title: "Its time", kind: "nowrap", cell: (it) => new Date(it.now).toISOString().replace("T", " ").slice(0, 16) },
      { title: "Actions", cell: actions },
    ],
    load: async (after, signal) => {
      const { sandboxes, next } = await get("/sandboxes", { sandbox: null, after, limit: LIMIT }, signal);
      return { rows: sandboxes, next };
    },
    empty: () => empty("No sandboxes", "Make one above."),
  });

  /** @param {Sandbox} it */
  function actions(it) {
    const remove = button({
      label: "Remove",
      name: `Remove ${it.sandbox}`,
      kind: "small danger",
      request: { method: "DELETE", path: "/sandboxes", query: { sandbox: it.sandbox } },
      confirm: { question: `Remove the sandbox ${it.sandbox}?`, consequence: "Its users, tokens and files are gone, and its clients are refused from now on." },
      done: "The sandbox is gone",
      then: list.reload,
      problems,
    });
    const open = h("a", { class: "button small", href: pageOf("start", { sandbox: it.sandbox }), "aria-label": `Switch to ${it.sandbox}` }, "Switch");
    return h("span", { class: "row" }, it.sandbox === sandbox ? null : open, it.sandbox === "default0" ? null : remove);
  }

  const all = { method: /** @type {"GET"} */ ("GET"), path: "/sandboxes", query: { sandbox: null } };
  fill(content, makeCard(list.restart), h("section", { class: "stack", "aria-label": "Sandboxes" }, problems, list.element, curl(all)));
}

/** @param {() => unknown} refresh */
function makeCard(refresh) {
  const made = h("div", { role: "status" });
  const lifetimes = [["code", "Codes"], ["session", "Read sessions"], ["access_token", "Access tokens"], ["refresh_token", "Refresh tokens"]];
  const inputs = lifetimes.map(([name, label]) => ({ name, label, input: h("input", { placeholder: "as the server", autocomplete: "off" }) }));
  const request = () => {
    const set = inputs.filter(({ input }) => input.value.trim()).map(({ name, input }) => [name, input.value.trim()]);
    return { method: /** @type {"POST"} */ ("POST"), path: "/sandboxes", query: { sandbox: null }, body: set.length > 0 ? { lifetimes: Object.fromEntries(set) } : {} };
  };
  const then = (/** @type {{sandbox: string}} */ answer) => {
    const link = h("a", { href: pageOf("start", { sandbox: answer.sandbox }) }, `Switch to ${answer.sandbox}`);
    fill(made, h("div", { class: "notice good" }, h("p", {}, `The sandbox ${answer.sandbox} is there. `, link)));
    changed();
    return refresh();
  };
  const options = h("details", {}, h("summary", {}, "Other lifetimes than the server's"), h("div", { class: "fields" }, inputs.map(({ label, input }) => field(label, input, "Such as 10m or 1d"))));
  return card("Make a sandbox", "For a test, a demo or a colleague.", form({ label: "Make a sandbox", request, then }, options), made);
}
