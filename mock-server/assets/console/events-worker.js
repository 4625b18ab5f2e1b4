// @ts-check
// Shared by all tabs of a browser: browsers open six connections to a server, and a stream takes one for itself.

/** The events that a stream has. */
const NAMES = ["ready", "request", "forgotten", "cleared", "clock", "faults"];
/** What whoever joins late is told at once. */
const KEPT = ["clock", "faults"];
/** How long to wait after the server refused a stream, in milliseconds. */
const PAUSE = 5000;

/**
 * @typedef {object} Stream
 * @property {EventSource | undefined} source
 * @property {string} last the id of the last event
 * @property {Set<MessagePort>} ports
 * @property {boolean} isOpen
 * @property {Map<string, string>} kept
 */

/** @type {Map<string, Stream>} */
const streams = new Map();

/**
 * @param {Stream} stream
 * @param {string} name
 * @param {string} data
 */
function tell(stream, name, data) {
  if (KEPT.includes(name)) stream.kept.set(name, data);
  for (const port of stream.ports) port.postMessage({ name, data });
}

/**
 * @param {string} url
 * @param {Stream} stream
 */
function open(url, stream) {
  const after = stream.last ? `${url.includes("?") ? "&" : "?"}after=${encodeURIComponent(stream.last)}` : "";
  const source = new EventSource(url + after);
  stream.source = source;
  source.onopen = () => {
    stream.isOpen = true;
    tell(stream, "open", "");
  };
  source.onerror = () => {
    stream.isOpen = false;
    tell(stream, "broken", "");
    // It tries again by itself, unless the server refused it.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => streams.get(url) === stream && open(url, stream), PAUSE);
  };
  for (const name of NAMES) {
    source.addEventListener(name, (/** @type {MessageEvent<string>} */ event) => {
      stream.last = event.lastEventId;
      tell(stream, name, event.data);
    });
  }
}

/**
 * @param {string} url
 * @param {MessagePort} port
 */
function join(url, port) {
  let stream = streams.get(url);
  if (!stream) {
    stream = { source: undefined, last: "", ports: new Set(), isOpen: false, kept: new Map() };
    streams.set(url, stream);
    open(url, stream);
  }
  stream.ports.add(port);
  if (stream.isOpen) port.postMessage({ name: "open", data: "" });
  for (const [name, data] of stream.kept) port.postMessage({ name, data });
}

/** @param {MessagePort} port */
function leave(port) {
  for (const [url, stream] of streams) {
    if (!stream.ports.delete(port) || stream.ports.size > 0) continue;
    stream.source?.close();
    streams.delete(url);
  }
}

const scope = /** @type {any} */ (self);
scope.onconnect = (/** @type {MessageEvent} */ { ports: [port] }) => {
  port.onmessage = ({ data }) => {
    leave(port);
    if (data.follow) join(data.follow, port);
  };
};
