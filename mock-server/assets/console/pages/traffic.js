// @ts-check
import { base, pageOf } from "../api.js";
import { fill, h } from "../dom.js";

/** @param {HTMLElement} content */
export async function show(content) {
  const detail = decodeURIComponent(location.pathname.slice(`${base}/traffic`.length + 1));
  if (detail.startsWith("flow-")) {
    const { showFlow } = await import("../traffic/flow.js");
    return showFlow(content, detail.slice("flow-".length));
  }
  if (detail) {
    const { showRequest } = await import("../traffic/request.js");
    return showRequest(content, detail);
  }
  const isFlows = new URLSearchParams(location.search).get("view") === "flows";
  const place = h("div", { class: "stack" });
  const tab = (/** @type {string} */ title, /** @type {boolean} */ isCurrent, /** @type {string} */ href) =>
    h("a", { class: "tab", href, "aria-current": isCurrent ? "page" : null }, title);
  fill(content, h("nav", { class: "tabs", "aria-label": "Traffic" }, tab("Requests", !isFlows, pageOf("traffic")), tab("Flows", isFlows, pageOf("traffic", { view: "flows" }))), place);
  const { showFlows } = await import("../traffic/flows.js");
  const { showRequests } = await import("../traffic/list.js");
  return isFlows ? showFlows(place) : showRequests(place);
}
