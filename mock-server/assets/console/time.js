// @ts-check

/**
 * The time of day of a moment, as the server writes it.
 *
 * @param {string} time RFC 3339
 */
export function timeOfDay(time) {
  const [seconds, fraction = ""] = time.slice(11, 23).replace("Z", "").split(".");
  return `${seconds}.${fraction.padEnd(3, "0")}`;
}

/**
 * @param {number} millis since 1970
 */
export function day(millis) {
  return new Date(millis).toISOString().replace("T", " ").slice(0, 19);
}

/**
 * A length of time in its two largest units.
 *
 * @param {number} millis
 */
export function span(millis) {
  const seconds = Math.floor(Math.abs(millis) / 1000);
  const parts = /** @type {const} */ ([["d", 86400, 1e9], ["h", 3600, 24], ["min", 60, 60], ["s", 1, 60]])
    .map(([unit, size, most]) => ({ unit, count: Math.floor(seconds / size) % most }));
  const first = parts.findIndex(({ count }) => count > 0);
  if (first < 0) return "0 s";
  return parts.slice(first, first + 2).filter(({ count }, at) => at === 0 || count > 0).map(({ count, unit }) => `${count} ${unit}`).join(" ");
}

/**
 * @param {number} bytes
 */
export function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KiB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
