// @ts-check
import { get, pageOf } from "../api.js";
import { applicationsOf } from "../applications.js";
import { codeBlock, copyButton, downloadButton } from "../copy.js";
import { button, curl, form } from "../curl.js";
import { card, empty, field, fill, h } from "../dom.js";
import { problem } from "../notice.js";

/**
 * @typedef {{users: number, bytes: number, requestsPerSecond: number, sandboxes: number}} Quotas
 * @typedef {{partnerId: string, name: string, sandbox: string, quotas: Quotas, usage?: {users: number, bytes: number}, token?: string}} Partner
 * @typedef {import("../applications.js").Contract} Contract
 */

/** @type {[keyof Quotas, string][]} */
const QUOTAS = [["users", "Users"], ["bytes", "Bytes"], ["requestsPerSecond", "Requests a second"], ["sandboxes", "Further sandboxes"]];
const ALL = { method: /** @type {"GET"} */ ("GET"), path: "/partners", query: { sandbox: null } };

/** @param {HTMLElement} content */
export async function show(content) {
  const list = h("div", { class: "stack" });
  const secrets = h("div", { class: "stack", role: "status" });
  const look = async () => {
    try {
      /** @type {{partners: Partner[]}} */
      const { partners } = await get(ALL.path, ALL.query);
      fill(list, partners.length > 0 ? partners.map((partner) => partnerCard(partner, look, secrets)) : empty("You host no partners yet", "A partner gets a token, a sandbox that lasts, and quotas. Make one above."));
    } catch (error) {
      fill(list, problem(error));
    }
  };
  fill(content, makeCard(look, secrets), secrets, list, curl(ALL));
  await look();
}

/** @param {Partial<Quotas>} [present] */
function quotaFields(present) {
  const inputs = QUOTAS.map(([name, label]) => ({ name, label, input: h("input", { type: "number", min: name === "requestsPerSecond" ? 1 : 0, value: present?.[name], placeholder: "as the server" }) }));
  const read = () => Object.fromEntries(inputs.filter(({ input }) => input.value !== "").map(({ name, input }) => [name, Number(input.value)]));
  return { element: h("div", { class: "fields" }, inputs.map(({ label, input }) => field(label, input))), read };
}

/** @param {() => unknown} refresh @param {HTMLElement} secrets */
function makeCard(refresh, secrets) {
  const id = h("input", { placeholder: "wonder", autocomplete: "off", spellcheck: "false" });
  const name = h("input", { placeholder: "Wonder & Co", autocomplete: "off" });
  const quotas = quotaFields();
  const request = () => ({
    method: /** @type {"POST"} */ ("POST"),
    path: "/partners",
    query: { sandbox: null },
    body: { ...(id.value && { partnerId: id.value }), ...(name.value && { name: name.value }), quotas: quotas.read() },
  });
  const then = (/** @type {Partner & {application: {contracts: Contract[]}}} */ made) => {
    fill(secrets, shownOnce(made, made.application.contracts));
    secrets.scrollIntoView({ block: "nearest" });
    return refresh();
  };
  return card(
    "Make a partner",
    "It gets a token, a sandbox with an application, a contract of each kind and new keys.",
    form({ label: "Make the partner", request, then }, h("div", { class: "fields" }, field("Id", id, "Empty: one is made"), field("Name", name)), h("details", {}, h("summary", {}, "Quotas"), quotas.element)),
  );
}

/** @param {Partner} partner @param {Contract[]} contracts */
function shownOnce({ name, token }, contracts) {
  const key = (/** @type {Contract} */ { contractId, kind, privateKey }) =>
    privateKey &&
    h("div", {}, h("dt", {}, kind), h("dd", {}, h("code", {}, contractId)), h("dd", { class: "row" }, copyButton(privateKey, `the key of ${contractId}`), downloadButton(`${contractId}.pem`, privateKey)));
  return h(
    "div",
    { class: "notice warn" },
    h("h3", {}, `For ${name}: shown this once`),
    h("p", {}, "Hand it over safely. When you leave this page it is gone, and only another token or key helps."),
    token ? codeBlock("Token", token) : null,
    contracts.length > 0 ? h("dl", { class: "facts" }, contracts.map(key)) : null,
  );
}

/** @param {Partner} partner @param {() => unknown} refresh @param {HTMLElement} secrets */
function partnerCard(partner, refresh, secrets) {
  const { partnerId: id, name, sandbox, quotas } = partner;
  const path = `/partners/${encodeURIComponent(id)}`;
  const query = { sandbox: null };
  const problems = h("div");
  const used = h("div", { class: "stack" });
  const details = h("details", {}, h("summary", {}, "Use, applications and quotas"), used);
  details.addEventListener("toggle", async () => {
    if (!details.open) return;
    fill(used, h("p", { class: "loading" }, "Loading …"));
    try {
      const { usage } = await get(path, query);
      const showKeys = (/** @type {Contract[]} */ contracts) => fill(secrets, shownOnce({ ...partner, token: undefined }, contracts));
      fill(used, usageFacts(usage, quotas), applicationsOf(sandbox, showKeys), change());
    } catch (error) {
      fill(used, problem(error));
    }
  });
  const change = () => {
    const fields = quotaFields(quotas);
    const request = () => ({ method: /** @type {"PATCH"} */ ("PATCH"), path, query, body: { quotas: fields.read() } });
    return form({ label: "Change the quotas", kind: "", request, done: "The quotas have changed", then: refresh }, fields.element);
  };
  const renew = button({
    label: "New token",
    name: `New token for ${name}`,
    request: { method: "POST", path: `${path}/token`, query },
    confirm: { question: `Give ${name} a new token?`, consequence: "The present token is refused from now on, and browsers that logged in with it are logged out." },
    then: (answer) => fill(secrets, shownOnce({ ...partner, ...answer }, [])),
    problems,
  });
  const remove = button({
    label: "Remove",
    name: `Remove ${name}`,
    kind: "danger",
    request: { method: "DELETE", path, query },
    confirm: { question: `Remove ${name}?`, consequence: "Its token ends, and all of its sandboxes with their users and files are gone." },
    done: "The partner is gone",
    then: refresh,
    problems,
  });
  const open = h("a", { class: "button", href: pageOf("start", { sandbox }) }, "Open its sandbox");
  return card(name, id === name ? null : id, h("div", { class: "row" }, open, renew, remove), problems, details);
}

/** @param {{users: number, bytes: number}} usage @param {Quotas} quotas */
function usageFacts(usage, quotas) {
  const of = (/** @type {number} */ now, /** @type {number} */ most) => `${now.toLocaleString("en")} of ${most.toLocaleString("en")}`;
  return h("dl", { class: "facts" }, h("div", {}, h("dt", {}, "Users"), h("dd", {}, of(usage.users, quotas.users))), h("div", {}, h("dt", {}, "Bytes"), h("dd", {}, of(usage.bytes, quotas.bytes))));
}
