// @ts-check
// What happens in the sandbox, while it happens. All tabs of a browser share one stream: a worker holds it, or, in
// browsers without shared workers, one of the tabs. A page that nobody looks at leaves it.
import { pathOf } from "./api.js";

/** @typedef {(name: string, data: any) => void} Listener */

const NAMES = ["ready", "request", "forgotten", "cleared", "clock", "faults"];

/** @type {Set<Listener>} */
const listeners = new Set();
let begun = false;

/**
 * Tells of every event: `request`, `forgotten`, `cleared`, `clock`, `faults`; `open` and `broken` say whether the
 * stream is there. After `open`, something may have happened that nobody told: whoever has a list loads it again.
 *
 * @param {Listener} listener
 */
export function follow(listener) {
  listeners.add(listener);
  if (begun) return;
  begun = true;
  const url = pathOf("/events");
  if ("SharedWorker" in window) byWorker(url);
  else if ("locks" in navigator && "BroadcastChannel" in window) byLeader(url);
  else alone(url, tell);
}

/**
 * @param {string} name
 * @param {string} text
 */
function tell(name, text) {
  const data = text ? JSON.parse(text) : {};
  for (const listener of listeners) listener(name, data);
}

/** @param {string} url */
function byWorker(url) {
  const worker = new SharedWorker(new URL("./events-worker.js", import.meta.url), { type: "module", name: "events" });
  worker.port.onmessage = ({ data }) => tell(data.name, data.data);
  worker.port.start();
  whileVisible(
    () => worker.port.postMessage({ follow: url }),
    () => worker.port.postMessage({}),
  );
}

/**
 * The tab that has the lock holds the stream for all of them.
 *
 * @param {string} url
 */
function byLeader(url) {
  const channel = new BroadcastChannel(`events ${url}`);
  channel.onmessage = ({ data }) => tell(data.name, data.data);
  void navigator.locks.request(`events ${url}`, () => {
    alone(url, (name, data) => {
      tell(name, data);
      channel.postMessage({ name, data });
    });
    return new Promise(() => {});
  });
}

/**
 * @param {string} url
 * @param {(name: string, data: string) => void} told
 */
function alone(url, told) {
  const source = new EventSource(url);
  source.onopen = () => told("open", "");
  source.onerror = () => told("broken", "");
  for (const name of NAMES) {
    source.addEventListener(name, (/** @type {MessageEvent<string>} */ event) => told(name, event.data));
  }
}

/**
 * @param {() => void} join
 * @param {() => void} leave
 */
function whileVisible(join, leave) {
  const look = () => (document.hidden ? leave() : join());
  document.addEventListener("visibilitychange", look);
  addEventListener("pagehide", leave);
  addEventListener("pageshow", ({ persisted }) => persisted && look());
  look();
}

/**
 * Does something soon, once for all that happens until then.
 *
 * @param {() => unknown} work
 * @param {number} pause in milliseconds
 */
export function soon(work, pause) {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      void work();
    }, pause);
  };
}
