// @ts-check
// Calls of the documented administration, as the page's sandbox.

const page = document.documentElement.dataset;

/** Where the console's pages begin, such as `/__admin/ui`. */
export const base = page.base ?? "/__admin/ui";
/** Where administration begins. */
export const admin = base.slice(0, -"/ui".length);
/** Where the server is reached, for commands that people copy. */
export const serverUrl = page.url ?? "";
/** The sandbox of this page. */
export const sandbox = page.sandbox ?? "";
/** Whether it is the one that is meant when none is named. */
export const isDefaultSandbox = page.default !== undefined;
/** Whether the host looks, who may do everything. */
export const isHost = page.role === "host";
/** Whether the program runs scenarios. */
export const runsScenarios = page.scenarios !== undefined;
/** Whether the browser logged in, so that programs need a token. */
export const isLoggedIn = page.csrf !== undefined;

/** @typedef {Record<string, string | number | boolean | null | undefined>} Query */

/** An answer that is no success. */
export class ApiError extends Error {
  /**
   * @param {number} status 0 if no answer came
   * @param {string} code
   * @param {string} message
   * @param {string | undefined} reference
   * @param {number} retryAfter seconds, 0 if the server did not say
   */
  constructor(status, code, message, reference, retryAfter) {
    super(message);
    this.status = status;
    this.code = code;
    this.reference = reference;
    this.retryAfter = retryAfter;
  }

  /** What somebody can do about it. */
  get advice() {
    if (this.status === 0) return "Look whether the server still runs, then try again.";
    if (this.status === 403) return "Log in again, or ask the host of the server.";
    if (this.status === 404) return "Somebody may have removed it: load the page again.";
    if (this.status === 409) return "Load the page again, and look what is there now.";
    if (this.status === 429) return `Wait ${this.retryAfter || "some"} seconds, then try again.`;
    if (this.status >= 500) return "The log of the server says more.";
    return "";
  }
}

/**
 * The path of an operation of administration with its parameters, for this page's sandbox. A `sandbox` of `null`
 * names none.
 *
 * @param {string} path such as `/clock`
 * @param {Query} [query]
 */
export function pathOf(path, query = {}) {
  const parameters = new URLSearchParams();
  const named = { ...(isDefaultSandbox ? {} : { sandbox }), ...query };
  for (const [name, value] of Object.entries(named)) {
    if (value !== null && value !== undefined && value !== "") parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return `${admin}${path}${text ? `?${text}` : ""}`;
}

/**
 * The address of a page of the console, for this page's sandbox or another.
 *
 * @param {string} page such as `traffic/5`
 * @param {Query} [query]
 */
export function pageOf(page, query = {}) {
  return pathOf(`/ui/${page}`, query);
}

/**
 * @typedef {object} Options
 * @property {Query} [query]
 * @property {unknown} [body] sent as JSON
 * @property {AbortSignal} [signal]
 */

/**
 * Calls an operation; gives the JSON of its answer.
 *
 * @param {"GET" | "POST" | "PATCH" | "PUT" | "DELETE"} method
 * @param {string} path such as `/clock`
 * @param {Options} [options]
 * @returns {Promise<any>}
 */
export async function call(method, path, options = {}) {
  const response = await send(method, path, options);
  const text = await response.text();
  return text ? JSON.parse(text) : null;
}

/**
 * Reads something.
 *
 * @param {string} path
 * @param {Query} [query]
 * @param {AbortSignal} [signal]
 */
export function get(path, query, signal) {
  return call("GET", path, { query, signal });
}

/**
 * Calls an operation; gives its answer if it is a success.
 *
 * @param {string} method
 * @param {string} path
 * @param {Options} [options]
 */
export async function send(method, path, { query, body, signal } = {}) {
  /** @type {Record<string, string>} */
  const headers = { accept: "application/json" };
  if (page.csrf && method !== "GET") headers["x-csrf-token"] = page.csrf;
  if (body !== undefined) headers["content-type"] = "application/json";
  let response;
  try {
    const sent = body === undefined ? undefined : JSON.stringify(body);
    response = await fetch(pathOf(path, query), { method, headers, body: sent, signal, cache: "no-store" });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, "NoAnswer", "The server does not answer.", undefined, 0);
  }
  if (response.ok) return response;
  throw await refusal(response);
}

/** @param {Response} response */
async function refusal(response) {
  const retryAfter = Number(response.headers.get("retry-after")) || 0;
  try {
    const { error } = await response.json();
    return new ApiError(response.status, error.code, error.message, error.reference, retryAfter);
  } catch {
    return new ApiError(response.status, "Unreadable", `The server answered ${response.status}.`, undefined, retryAfter);
  }
}
