// @ts-check
// Runs on every page. The content of a page is the module of its name in `pages/`, which exports
// `show(content)`: it fills the element that it is given.
import { base, send } from "./api.js";
import { fill } from "./dom.js";
import { offerSandboxes, showActive } from "./header.js";
import { problem } from "./notice.js";

/** @typedef {{show: (content: HTMLElement) => unknown}} PageModule */

async function showPage() {
  const content = document.getElementById("content");
  const page = document.documentElement.dataset.page;
  if (!content || !page) return;
  try {
    /** @type {PageModule} */
    const { show } = await import(`./pages/${page}.js`);
    await show(content);
  } catch (error) {
    fill(content, problem(error));
  }
}

document.getElementById("logout")?.addEventListener("click", async () => {
  try {
    await send("POST", "/ui/logout");
  } finally {
    location.assign(`${base}/login`);
  }
});
offerSandboxes();
showActive();
void showPage();
