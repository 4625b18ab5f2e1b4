// @ts-check
// The applications of a sandbox: contracts and keys are made, changed and removed while it runs.
import { get } from "./api.js";
import { button, form } from "./curl.js";
import { field, fill, h } from "./dom.js";
import { problem } from "./notice.js";

/**
 * @typedef {{contractId: string, kind: string, privateKey?: string}} Contract
 * @typedef {{applicationId: string, name: string, contracts: Contract[]}} Application
 */

const KINDS = [["read", "Read"], ["write", "Write"], ["readRaw", "Read raw files"], ["oneOff", "Read once"]];

/**
 * What a sandbox has, to be changed.
 *
 * @param {string} sandbox
 * @param {(contracts: Contract[]) => void} showKeys is given keys that are shown once
 */
export function applicationsOf(sandbox, showKeys) {
  const element = h("div", { class: "stack" });
  const query = { sandbox };

  async function look() {
    try {
      /** @type {{applications: Application[]}} */
      const { applications } = await get("/applications", query);
      fill(element, applications.map(shown), make());
    } catch (error) {
      fill(element, problem(error));
    }
  }

  /** @param {Application} application */
  function shown({ applicationId, name, contracts }) {
    const problems = h("div");
    const path = `/applications/${encodeURIComponent(applicationId)}`;
    const row = (/** @type {Contract} */ { contractId, kind }) => {
      const contract = `${path}/contracts/${encodeURIComponent(contractId)}`;
      const rotate = button({
        label: "New key",
        name: `New key for ${contractId}`,
        kind: "small",
        request: { method: "POST", path: `${contract}/rotate`, query, body: {} },
        confirm: { question: `Make a new key for ${contractId}?`, consequence: "The present key is good for a day more on the clock of the sandbox." },
        then: (answer) => showKeys([answer]),
        problems,
      });
      const remove = button({
        label: "Remove",
        name: `Remove ${contractId}`,
        kind: "small danger",
        request: { method: "DELETE", path: contract, query },
        confirm: { question: `Remove the contract ${contractId}?`, consequence: "Its clients are refused from now on." },
        done: "The contract is gone",
        then: look,
        problems,
      });
      return h("div", {}, h("dt", {}, kind), h("dd", {}, h("code", {}, contractId)), h("dd", { class: "row" }, rotate, remove));
    };
    const kind = h("select", {}, KINDS.map(([value, label]) => h("option", { value }, label)));
    const add = form(
      {
        label: "Add the contract",
        kind: "",
        request: () => ({ method: "POST", path: `${path}/contracts`, query, body: { kind: kind.value } }),
        then: (answer) => (showKeys([answer]), look()),
      },
      field("Kind", kind),
    );
    const remove = button({
      label: "Remove the application",
      name: `Remove the application ${name}`,
      kind: "danger",
      request: { method: "DELETE", path, query },
      confirm: { question: `Remove ${name}?`, consequence: "Its contracts end, and their clients are refused from now on." },
      done: "The application is gone",
      then: look,
      problems,
    });
    const more = h("details", {}, h("summary", {}, `Add a contract to ${name}, or remove it`), h("div", { class: "stack" }, add, h("div", {}, remove)));
    return h("div", { class: "stack" }, h("h3", {}, name), h("dl", { class: "facts" }, contracts.map(row)), problems, more);
  }

  function make() {
    const name = h("input", { placeholder: "Wonder", autocomplete: "off", required: true });
    const kinds = KINDS.map(([value]) => ({ kind: value }));
    return h("details", {}, h("summary", {}, "Make an application"), form(
      {
        label: "Make the application",
        kind: "",
        request: () => ({ method: "POST", path: "/applications", query, body: { name: name.value, contracts: kinds } }),
        then: (/** @type {Application} */ answer) => (showKeys(answer.contracts), look()),
      },
      field("Name", name, "With a contract of each kind and new keys, which are shown once"),
    ));
  }

  void look();
  return element;
}
