// @ts-check
// The header of every page: which sandbox, and what is changed in it.
import { get, pageOf, sandbox } from "./api.js";
import { button } from "./curl.js";
import { badge, fill, h, refill } from "./dom.js";
import { problem } from "./notice.js";

/** How often a page that somebody looks at asks what is changed, in milliseconds. */
const INTERVAL = 10_000;
/** How many sandboxes the menu offers. */
const OFFERED = 50;

/** Shows what is changed in the sandbox, now and whenever it changes. */
export function showActive() {
  const place = document.getElementById("active");
  if (!place) return;
  let shown = "";
  const look = async () => {
    try {
      const [clock, { faults }] = await Promise.all([get("/clock"), get("/faults")]);
      const seen = JSON.stringify([clock.offset, faults]);
      // Somebody may have the focus on a button of it.
      if (seen !== shown) refill(place, clockBadge(clock), faults.map(faultBadge));
      shown = seen;
    } catch {
      shown = "";
      fill(place, badge("The server does not answer", "bad"));
    }
  };
  void look();
  document.addEventListener("digime:changed", look);
  document.addEventListener("visibilitychange", () => document.hidden || look());
  setInterval(() => document.hidden || look(), INTERVAL);
}

/** @param {{offset: string}} clock */
function clockBadge({ offset }) {
  if (/^0/.test(offset)) return null;
  return h("a", { class: "badge accent", href: pageOf("time") }, `Clock + ${offset}`);
}

/**
 * @typedef {object} Fault
 * @property {string} id
 * @property {string} operation
 * @property {number} [times]
 * @property {string} [file]
 * @property {number} [status]
 * @property {{code: string, message: string}} [error]
 * @property {Record<string, string>} [headers]
 * @property {string} [delay]
 * @property {boolean} corrupt
 * @property {boolean} truncate
 * @property {boolean} disconnect
 * @property {string} [hostile]
 * @property {number} struck
 */

/**
 * What a fault does, in words.
 *
 * @param {Fault} fault
 */
export function effects(fault) {
  return [
    fault.hostile,
    fault.status && `status ${fault.status}`,
    fault.error && `error ${fault.error.code}`,
    fault.delay && `delay ${fault.delay}`,
    fault.corrupt && "corrupt",
    fault.truncate && "truncate",
    fault.disconnect && "disconnect",
    Object.keys(fault.headers ?? {}).length > 0 && "headers",
  ].filter(Boolean).join(", ");
}

/**
 * Whether it will strike again.
 *
 * @param {Fault} fault
 */
export function isSpent(fault) {
  return fault.times !== undefined && fault.struck >= fault.times;
}

/** @param {Fault} fault */
function faultBadge(fault) {
  if (isSpent(fault)) return null;
  const text = `${fault.operation}: ${effects(fault)}`;
  const end = button({
    label: "×",
    name: `End the fault ${text}`,
    request: { method: "DELETE", path: "/faults", query: { fault: fault.id } },
    done: "The fault has ended",
    problems: h("span"),
  });
  return h("span", { class: "badge warn" }, text, end);
}

/** Lets people go to another sandbox, on the same page. */
export function offerSandboxes() {
  const menu = document.getElementById("switcher");
  const panel = document.getElementById("switcher-panel");
  if (!(menu instanceof HTMLDetailsElement) || !panel) return;
  const page = document.documentElement.dataset.page ?? "start";
  menu.addEventListener("toggle", async () => {
    if (!menu.open) return;
    fill(panel, h("p", { class: "muted" }, "Loading …"));
    try {
      const { sandboxes, next } = await get("/sandboxes", { sandbox: null, limit: OFFERED });
      const link = (/** @type {{sandbox: string, partner?: string}} */ { sandbox: id, partner }) => {
        const attributes = { href: pageOf(page, { sandbox: id }), "aria-current": id === sandbox ? "true" : null };
        return h("a", attributes, id, partner ? h("span", { class: "muted" }, ` · ${partner}`) : null);
      };
      const rest = next ? `All sandboxes (more than ${OFFERED})` : "All sandboxes";
      fill(panel, sandboxes.map(link), h("hr"), h("a", { href: pageOf("sandboxes") }, rest));
    } catch (error) {
      fill(panel, problem(error));
    }
  });
  closeWhenLeft();
}

/** Menus close by Escape, and when somebody goes on elsewhere. */
function closeWhenLeft() {
  /** @type {NodeListOf<HTMLDetailsElement>} */
  const menus = document.querySelectorAll("details.menu");
  document.addEventListener("keydown", ({ key }) => {
    for (const menu of menus) {
      if (key === "Escape" && menu.open) {
        menu.open = false;
        menu.querySelector("summary")?.focus();
      }
    }
  });
  const leave = (/** @type {Event} */ { target }) => {
    for (const menu of menus) if (target instanceof Node && !menu.contains(target)) menu.open = false;
  };
  document.addEventListener("click", leave);
  document.addEventListener("focusin", leave);
}
