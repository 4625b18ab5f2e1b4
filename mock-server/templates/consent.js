// @ts-check
// What the pages do besides what they do without: the drawer for developers is remembered, lists are filtered
// in place, and a decision is sent once.

/** The drawer is as it was on the last page. */
function rememberDrawer() {
  const drawer = document.querySelector("details.drawer");
  if (!(drawer instanceof HTMLDetailsElement)) return;
  const key = "digime-mock-drawer";
  try {
    drawer.open = localStorage.getItem(key) === "open";
    drawer.addEventListener("toggle", () => localStorage.setItem(key, drawer.open ? "open" : "closed"));
  } catch {
    // A browser that keeps nothing shows the drawer closed.
  }
}

/** @param {string} text */
function plain(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

/** Lists of sources follow the fields of their filter while somebody types. */
function filterInPlace() {
  const form = document.querySelector("form.picker");
  if (!(form instanceof HTMLFormElement)) return;
  const rows = [...form.querySelectorAll(".source")].filter((row) => row instanceof HTMLElement);
  const empty = form.querySelector(".empty");
  /** @param {string} name */
  const value = (name) => {
    const field = form.elements.namedItem(name);
    return field instanceof HTMLInputElement || field instanceof HTMLSelectElement ? field.value : "";
  };
  const apply = () => {
    const words = plain(value("mock_search")).split(/\s+/).filter(Boolean);
    const [country, category] = [value("mock_country"), value("mock_category")];
    let shown = 0;
    for (const row of rows) {
      const { words: text = "", countries = "", category: own = "" } = row.dataset;
      const fits = words.every((word) => plain(text).includes(word)) &&
        (!country || !countries || countries.split(" ").includes(country)) && (!category || own === category);
      row.hidden = !fits;
      const radio = row.querySelector("input");
      if (radio) {
        radio.disabled = !fits;
        if (!fits) radio.checked = false;
      }
      if (fits) shown += 1;
    }
    if (empty instanceof HTMLElement) empty.hidden = shown > 0;
  };
  for (const name of ["mock_search", "mock_country", "mock_category"]) {
    const field = form.elements.namedItem(name);
    if (field instanceof HTMLElement) field.addEventListener("input", apply);
  }
  const search = form.elements.namedItem("mock_search");
  if (search instanceof HTMLElement) {
    search.addEventListener("keydown", (event) => {
      if (event.key === "Enter") event.preventDefault();
    });
  }
  const submit = form.querySelector(".filter");
  if (submit instanceof HTMLElement) submit.hidden = true;
  apply();
}

/** A decision is sent once: of a second click, while the app takes its time, the code is used up. */
function decideOnce() {
  const patience = 30_000;
  for (const form of document.querySelectorAll('form[method="post"]')) {
    let sent = -patience;
    form.addEventListener("submit", (event) => {
      if (event.timeStamp - sent < patience) event.preventDefault();
      else sent = event.timeStamp;
    });
    // The page is shown again, by the way back.
    addEventListener("pageshow", () => (sent = -patience));
  }
}

rememberDrawer();
filterInPlace();
decideOnce();
