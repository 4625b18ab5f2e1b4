// @ts-check
// The files of a user, as they are before anybody encrypts them.
import { get, pathOf, send } from "../api.js";
import { curl } from "../curl.js";
import { card, empty, fill, h } from "../dom.js";
import { jsonTree } from "../json.js";
import { problem } from "../notice.js";
import { size } from "../time.js";

/** Larger files are only downloaded, in bytes. */
const LARGEST_SHOWN = 2 * 1024 * 1024;

/** What browsers show as pictures, and what runs no scripts. */
const PICTURES = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/** @typedef {{name: string, account?: string, mediaType: string, size: number}} UserFile */

/** @param {string} path of the user */
export function filesCard(path) {
  /** @param {UserFile} file */
  const fileOf = (file) => `${path}/files/${encodeURIComponent(file.name)}`;
  const place = h("div", { class: "stack" }, h("p", { class: "loading" }, "Loading …"));
  const view = h("div", { class: "stack", "aria-live": "polite" });
  void load();
  return card("Files", "What sessions read, and what was pushed.", place, view, curl({ method: "GET", path: `${path}/files` }));

  async function load() {
    try {
      /** @type {{files: UserFile[]}} */
      const { files } = await get(`${path}/files`);
      fill(place, files.length === 0 ? empty("No files") : table(files));
    } catch (error) {
      fill(place, problem(error));
    }
  }

  /** @param {UserFile[]} files */
  function table(files) {
    const heads = ["File", "Type", "Size", "Actions"];
    const rows = files.map((file) => {
      const look = h("button", { type: "button", class: "small", "aria-label": `Look at ${file.name}`, onclick: () => show(file) }, "Look");
      const download = h("a", { class: "button small", href: pathOf(fileOf(file)), download: file.name, "aria-label": `Download ${file.name}` }, "Download");
      const cells = [h("code", {}, file.name), file.mediaType, size(file.size), h("span", { class: "row" }, file.size <= LARGEST_SHOWN ? look : null, download)];
      return h("tr", {}, cells.map((cell, at) => h("td", { "data-title": heads[at] }, h("span", {}, cell))));
    });
    const head = h("tr", {}, heads.map((text) => h("th", { scope: "col" }, text)));
    return h("div", { class: "table-frame", tabindex: "0", role: "group", "aria-label": "Files" }, h("table", { class: "cards", "aria-label": "Files" }, h("thead", {}, head), h("tbody", {}, rows)));
  }

  /** @param {UserFile} file */
  async function show(file) {
    fill(view, h("p", { class: "loading" }, "Loading …"));
    try {
      const response = await send("GET", fileOf(file));
      fill(view, h("h3", {}, file.name), await shown(file, response));
    } catch (error) {
      fill(view, problem(error));
    }
  }

  /**
   * @param {UserFile} file
   * @param {Response} response
   */
  async function shown(file, response) {
    if (PICTURES.includes(file.mediaType)) {
      const url = URL.createObjectURL(await response.blob());
      const picture = h("img", { src: url, alt: file.name });
      picture.addEventListener("load", () => URL.revokeObjectURL(url));
      return picture;
    }
    const text = await response.text();
    try {
      return jsonTree(JSON.parse(text));
    } catch {
      if (!file.mediaType.startsWith("text/")) return h("p", { class: "muted" }, "Neither JSON nor text nor a picture: download it to see it.");
      return h("pre", { class: "wrap", tabindex: "0" }, text);
    }
  }
}
