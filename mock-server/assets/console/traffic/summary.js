// @ts-check
import { pageOf } from "../api.js";
import { badge, h } from "../dom.js";
import { timeOfDay } from "../time.js";

/**
 * A request in short.
 *
 * @typedef {object} Summary
 * @property {number} sequence
 * @property {string} [server]
 * @property {string} time
 * @property {string} [operation]
 * @property {string} method
 * @property {string} path
 * @property {number} status
 * @property {string} [code]
 * @property {boolean} fault
 * @property {string} [user]
 * @property {string[]} links
 * @property {number} millis
 */

/**
 * What tells a request from all others: its number, after its server if there are several.
 *
 * @param {{server?: string, sequence: number}} request
 */
export const keyOf = ({ server, sequence }) => (server ? `${server}.${sequence}` : String(sequence));

/** @param {string} key */
export const requestPage = (key) => pageOf(`traffic/${encodeURIComponent(key)}`);

/** @param {string} flow */
export const flowPage = (flow) => pageOf(`traffic/flow-${encodeURIComponent(flow)}`);

/** @param {string} user */
export const userPage = (user) => pageOf(`users/${encodeURIComponent(user)}`);

/**
 * @param {number} status
 * @param {string} [code]
 */
export function statusBadge(status, code) {
  const kind = status >= 500 ? "bad" : status >= 400 ? "warn" : status >= 300 ? "accent" : "good";
  return badge(code ? `${status} ${code}` : String(status), kind);
}

/**
 * The first and last characters of an id, all of it for whoever asks.
 *
 * @param {string} id
 */
export function shortId(id) {
  return h("span", { class: "mono", title: id }, id.length > 14 ? `…${id.slice(-8)}` : id);
}

/** @type {{title: string, kind?: string, cell: (request: Summary) => import("../dom.js").Child}[]} */
export const COLUMNS = [
  { title: "No.", kind: "number", cell: ({ sequence }) => sequence },
  { title: "Time", kind: "nowrap", cell: ({ time }) => h("time", { datetime: time, class: "mono" }, timeOfDay(time)) },
  { title: "Request", kind: "nowrap", cell: (request) => h("a", { href: requestPage(keyOf(request)) }, request.operation ?? "nothing there") },
  { title: "Path", kind: "path", cell: ({ method, path }) => h("code", { title: path }, `${method} ${path}`) },
  { title: "Answer", kind: "nowrap", cell: ({ status, code, fault }) => [statusBadge(status, code), fault ? badge("fault", "warn") : null] },
  { title: "User", kind: "nowrap", cell: ({ user }) => (user ? h("a", { href: userPage(user) }, shortId(user)) : null) },
  { title: "Took", kind: "number nowrap", cell: ({ millis, server }) => `${millis} ms${server ? ` · ${server}` : ""}` },
];

/**
 * A request as a row of a table.
 *
 * @param {Summary} request
 */
export function rowOf(request) {
  const cells = COLUMNS.map(({ title, kind, cell }) => h("td", { "data-title": title, class: kind }, h("span", {}, cell(request))));
  return h("tr", { "data-key": keyOf(request), class: request.status >= 400 ? "refused" : null }, cells);
}

/**
 * A table of requests.
 *
 * @param {string} caption
 * @param {HTMLTableSectionElement} body
 */
export function tableOf(caption, body) {
  const head = h("tr", {}, COLUMNS.map(({ title, kind }) => h("th", { scope: "col", class: kind }, title)));
  const table = h("table", { class: "cards requests", "aria-label": caption }, h("thead", {}, head), body);
  return h("div", { class: "table-frame", tabindex: "0", role: "group", "aria-label": caption }, table);
}
