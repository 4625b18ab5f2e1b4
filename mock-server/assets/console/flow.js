// @ts-check
// A whole read flow as a client does it: the browser signs with the contract's key and sends real requests, which
// the traffic shows.
import { admin, call } from "./api.js";

/** Where the API begins. */
const API = `${admin.slice(0, -"/__admin".length)}/v1.7/`;
/** How often the list of files is asked for, and how long is waited in between, in milliseconds. */
const LOOKS = 30;
const PAUSE = 1000;

/** @typedef {{applicationId: string, contractId: string, privateKeyPkcs8: string, redirectUris: string[]}} Contract */

/** Whether the browser signs: pages that came by plain http from another machine cannot. */
export const canSign = window.isSecureContext && crypto.subtle !== undefined;

/** @param {Uint8Array} bytes */
function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** @param {unknown} value */
const encoded = (value) => base64url(new TextEncoder().encode(JSON.stringify(value)));

/** @param {string} token */
function payload(token) {
  const text = atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"));
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (c) => c.charCodeAt(0))));
}

/** @param {number} length */
function random(length) {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  return [...crypto.getRandomValues(new Uint8Array(length))].map((byte) => letters[byte % letters.length]).join("");
}

/** @param {string} pem */
async function keyOf(pem) {
  const der = Uint8Array.from(atob(pem.replaceAll(/-----[^-]+-----|\s/g, "")), (c) => c.charCodeAt(0));
  return crypto.subtle.importKey("pkcs8", der, { name: "RSA-PSS", hash: "SHA-512" }, false, ["sign"]);
}

/**
 * Runs the flow. `tell` hears of each step.
 *
 * @param {Contract} contract
 * @param {(step: string) => void} tell
 * @returns {Promise<string>} what was read
 */
export async function runFlow(contract, tell) {
  const key = await keyOf(contract.privateKeyPkcs8);
  const client = `${contract.applicationId}_${contract.contractId}`;

  /** @param {string} method @param {string} path @param {object} claims @param {string} [body] */
  async function ask(method, path, claims, body) {
    const all = { client_id: client, nonce: random(32), timestamp: Date.now(), ...claims };
    const unsigned = `${encoded({ alg: "PS512", typ: "JWT" })}.${encoded(all)}`;
    const signature = await crypto.subtle.sign({ name: "RSA-PSS", saltLength: 64 }, key, new TextEncoder().encode(unsigned));
    const headers = { authorization: `Bearer ${unsigned}.${base64url(new Uint8Array(signature))}`, "content-type": "application/json" };
    const response = await fetch(API + path, { method, headers, body, credentials: "omit" });
    if (response.ok) return response;
    const { error } = await response.json();
    throw new Error(`${path} answered ${response.status} ${error.code}: ${error.message}`);
  }

  tell("Asks for an authorization");
  const verifier = random(43);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  const started = await (await ask("POST", "oauth/authorize", {
    redirect_uri: callbackOf(contract),
    response_type: "code",
    response_mode: "query",
    state: random(16),
    code_challenge: base64url(new Uint8Array(digest)),
    code_challenge_method: "S256",
  })).json();
  const code = payload(started.token).preauthorization_code;

  tell("The user approves");
  const page = new URL(`${admin.slice(0, -"/__admin".length)}/apps/saas/authorize?code=${code}&service=16`, location.href);
  const { location: callback } = await call("POST", "/consent", { body: { url: page.href, decision: "approve" } });
  const given = new URL(callback).searchParams;
  const granted = given.get("code");
  if (!granted) throw new Error(`the callback has no code: ${given.get("errorCode") ?? "no reason given"}`);

  tell("Exchanges the code for tokens");
  const exchanged = await (await ask("POST", "oauth/token", { grant_type: "authorization_code", code: granted, code_verifier: verifier })).json();
  const access = { access_token: payload(exchanged.token).access_token.value };

  const session = started.session.key;
  for (let look = 0; look < LOOKS; look += 1) {
    tell("Asks for the list of files");
    const { status, fileList } = await (await ask("GET", `permission-access/query/${session}`, access)).json();
    const name = fileList?.[0]?.name;
    if (["completed", "partial"].includes(status.state) && name) {
      tell("Reads a file");
      const file = await (await ask("GET", `permission-access/query/${session}/${name}`, access)).arrayBuffer();
      return `${fileList.length} files are ready; the first, ${name}, has ${file.byteLength} encrypted bytes.`;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
  throw new Error("the files were not ready in time: move the clock");
}

/** @param {Contract} contract */
function callbackOf({ redirectUris }) {
  const plain = redirectUris.find((uri) => /^https?:/.test(uri) && !uri.includes("*"));
  return plain ?? "http://127.0.0.1:9000/callback";
}
