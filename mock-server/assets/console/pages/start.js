// @ts-check
import { get, pageOf } from "../api.js";
import { codeBlock, copyButton, downloadButton } from "../copy.js";
import { changed, curl } from "../curl.js";
import { badge, card, empty, field, fill, h } from "../dom.js";
import { canSign, runFlow } from "../flow.js";
import { problem } from "../notice.js";
import * as snippets from "../snippets.js";

/** @typedef {{applicationId: string, contractId: string, contractAlias: string, kind: string, privateKey?: string, privateKeyPkcs8?: string, redirectUris: string[]}} Contract */
/** @typedef {{urls: import("../snippets.js").Urls, contracts: Contract[], applications: {applicationId: string, name: string, contracts: Contract[]}[]}} Credentials */

const CREDENTIALS = { method: /** @type {"GET"} */ ("GET"), path: "/credentials" };

/** @param {HTMLElement} content */
export async function show(content) {
  /** @type {Credentials} */
  const { urls, contracts, applications } = await get(CREDENTIALS.path);
  const shown = applications.length > 0 ? applications.map(application) : empty("No applications", "POST /__admin/applications makes one.");
  fill(content, h("div", { class: "columns" }, baseUrls(urls), sampleFlow(contracts)), shown, contracts.length > 0 ? tryIt(contracts, urls) : null);
}

/** @param {import("../snippets.js").Urls} urls */
function baseUrls(urls) {
  const row = (/** @type {string} */ name, /** @type {string} */ url) =>
    h("div", {}, h("dt", {}, h("code", {}, name)), h("dd", {}, h("code", {}, url)), h("dd", {}, copyButton(url, name)));
  const rows = [row("baseUrl", urls.api), row("onboardUrl", urls.onboard), row("cloudBaseUrl", urls.cloud)];
  return card("Base URLs", "The three settings that a client changes; nothing else.", h("dl", { class: "facts" }, rows), curl(CREDENTIALS));
}

/** @param {Contract[]} contracts */
function sampleFlow(contracts) {
  const contract = contracts.find(({ kind, privateKey }) => kind === "read" && privateKey);
  const steps = h("ol");
  const result = h("div", { role: "status" });
  const run = async () => {
    start.disabled = true;
    fill(steps);
    fill(result);
    try {
      const { contracts: keyed } = await get("/credentials", { keyFormat: "pkcs8" });
      const signer = keyed.find((/** @type {Contract} */ it) => it.contractId === contract?.contractId);
      const read = await runFlow(signer, (step) => steps.append(h("li", {}, step)));
      fill(result, h("div", { class: "notice good" }, h("p", {}, `Done. ${read}`), h("p", {}, h("a", { href: pageOf("traffic") }, "See the traffic"), " · ", h("a", { href: pageOf("client-report") }, "See the client report"))));
      changed();
    } catch (error) {
      fill(result, error instanceof Error && error.constructor === Error ? h("div", { class: "notice bad", role: "alert" }, h("p", {}, `The flow stopped: ${error.message}`)) : problem(error));
    } finally {
      start.disabled = false;
    }
  };
  const start = h("button", { type: "button", class: "primary", onclick: run }, "Run a sample flow");
  const missing = !contract
    ? "The server has no private key of a contract that reads: its owner has it. Use the snippets below."
    : canSign
      ? ""
      : "This browser signs only on pages by https or from this machine. Use the snippets below.";
  const body = missing ? h("p", { class: "muted" }, missing) : h("div", { class: "stack" }, h("div", {}, start), steps, result);
  return card("See traffic at once", "A user with sample data approves, and files are read. Your browser is the client: its requests are real.", body);
}

/** @param {{applicationId: string, name: string, contracts: Contract[]}} application */
function application({ applicationId, name, contracts }) {
  const row = (/** @type {Contract} */ { contractId, contractAlias, kind, privateKey }) =>
    h(
      "tr",
      {},
      h("th", { scope: "row", "data-title": "Contract" }, h("span", {}, h("code", {}, contractId), contractAlias !== contractId ? h("span", { class: "muted small" }, " or ", h("code", {}, contractAlias)) : null)),
      h("td", { "data-title": "Kind" }, badge(kind)),
      h("td", { "data-title": "Private key" }, h("span", { class: "row" }, privateKey ? [copyButton(privateKey, `the key of ${contractId}`), downloadButton(`${contractId}.pem`, privateKey)] : h("span", { class: "muted" }, "shown once, when it was made"))),
    );
  const head = ["Contract", "Kind", "Private key"].map((title) => h("th", { scope: "col" }, title));
  return card(
    name,
    null,
    h("div", { class: "row" }, h("span", { class: "muted" }, "Application id"), h("code", {}, applicationId), copyButton(applicationId, "the application id")),
    contracts.length > 0
      ? h("div", { class: "table-frame" }, h("table", { class: "cards", "aria-label": `Contracts of ${name}` }, h("thead", {}, h("tr", {}, head)), h("tbody", {}, contracts.map(row))))
      : empty("No contracts"),
  );
}

/** @param {Contract[]} contracts @param {import("../snippets.js").Urls} urls */
function tryIt(contracts, urls) {
  const contract = h("select", {}, contracts.map(({ contractId, kind }, at) => h("option", { value: at }, `${contractId} (${kind})`)));
  const language = h("select", {}, [["node", "Node SDK"], ["rust", "Rust SDK"], ["curl", "curl and openssl"]].map(([value, label]) => h("option", { value }, label)));
  const code = h("div");
  const adapt = () => {
    const write = { node: snippets.node, rust: snippets.rust, curl: snippets.curl }[/** @type {"node" | "rust" | "curl"} */ (language.value)];
    fill(code, codeBlock("Starts an authorization", write(contracts[Number(contract.value)], urls)));
  };
  contract.addEventListener("change", adapt);
  language.addEventListener("change", adapt);
  adapt();
  return card("Try it", "With everything filled in. The key is read from the file that you download above.", h("div", { class: "fields" }, field("Contract", contract), field("Client", language)), code);
}
