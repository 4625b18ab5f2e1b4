// @ts-check
// One flow: its diagram, which grows while it goes on, and its requests.
import { get, pageOf } from "../api.js";
import { copyButton } from "../copy.js";
import { curl } from "../curl.js";
import { card, fill, h, refill } from "../dom.js";
import { follow, soon } from "../events.js";
import { problem } from "../notice.js";
import { requestPage, rowOf, tableOf, userPage } from "./summary.js";

/**
 * @param {HTMLElement} content
 * @param {string} id
 */
export async function showFlow(content, id) {
  const body = h("tbody");
  const drawing = h("figure", { class: "sequence", tabindex: "0", "aria-label": "Sequence diagram" });
  const users = h("div", { class: "row" });
  const earlier = h("p", { class: "muted" });
  const note = h("div");
  const command = h("pre", { class: "wrap", tabindex: "0", "aria-label": "Command" });
  /** @type {Set<string>} */
  const links = new Set([id]);

  async function load() {
    try {
      const flow = await get(`/flows/${encodeURIComponent(id)}`);
      for (const { links: some } of flow.requests) for (const link of some) links.add(link);
      refill(body, flow.requests.map(rowOf));
      const missing = flow.notDrawn ? h("figcaption", { class: "muted" }, `${flow.notDrawn} further arrows have no place here; the requests below tell them.`) : null;
      refill(drawing, drawn(flow.diagram), missing);
      refill(users, flow.users.map((/** @type {string} */ user) => h("a", { class: "button", href: userPage(user) }, "The user ", h("code", {}, user))));
      fill(earlier, flow.earlier ? `${flow.earlier} earlier requests are left out.` : "");
      fill(command, h("code", {}, flow.record));
      fill(note);
    } catch (error) {
      fill(note, problem(error));
    }
  }

  const reload = soon(load, 300);
  follow((name, data) => {
    if (name === "open") reload();
    if (name === "request" && data.links.some((/** @type {string} */ link) => links.has(link))) reload();
  });
  fill(
    content,
    h("div", { class: "row" }, h("a", { href: pageOf("traffic", { view: "flows" }) }, "All flows"), users),
    note,
    card("What went over the wire", "Requests that share a code, a session, a token or a user. The diagram grows while the flow goes on.", drawing),
    card("Requests", null, earlier, tableOf("Requests of the flow, oldest first", body), curl({ method: "GET", path: `/flows/${id}` })),
    card("Save as a scenario", "The scenario runner writes what this sandbox saw as a scenario, and runs it once to show that it passes.",
      command, h("div", {}, copyButton(() => command.textContent ?? "", "the command"))),
  );
  await load();
}

/**
 * The server's drawing. It is read as a drawing, and only what drawings of this server consist of is taken.
 *
 * @param {string} text
 */
function drawn(text) {
  const namespaced = text.replace("<svg ", `<svg xmlns="${"http" + ":" + "//www.w3.org/2000/svg"}" `);
  const root = new DOMParser().parseFromString(namespaced, "image/svg+xml").documentElement;
  // A picture hides what is in it, and its links are meant to be followed.
  root.setAttribute("role", "group");
  const known = ["svg", "g", "a", "rect", "text", "line", "polygon", "title"];
  for (const element of [root, ...root.querySelectorAll("*")]) {
    if (!known.includes(element.tagName)) throw new Error(`the drawing has ${element.tagName}`);
  }
  for (const anchor of root.querySelectorAll("a")) {
    anchor.setAttribute("href", requestPage((anchor.getAttribute("href") ?? "").slice(1)));
  }
  return document.importNode(root, true);
}
