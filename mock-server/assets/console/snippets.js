// @ts-check
// The first steps of clients, with everything filled in but the key, which is a file beside the program.

/** @typedef {{api: string, onboard: string, cloud: string}} Urls */
/** @typedef {{applicationId: string, contractId: string}} Contract */

/** @param {string} text */
const quoted = (text) => JSON.stringify(text);

/** @param {Contract} contract @param {Urls} urls */
export function rust({ applicationId, contractId }, urls) {
  return `use digime::{AuthorizeOptions, Client, Contract, PrivateKey};

let key = PrivateKey::from_pem(std::fs::read_to_string(${quoted(`${contractId}.pem`)})?)?;
let client = Client::builder(${quoted(applicationId)})
    .api_url(${quoted(urls.api)})
    .onboard_url(${quoted(urls.onboard)})
    .cloud_url(${quoted(urls.cloud)})
    .build()?;
let contract = Contract::new(${quoted(contractId)}, key)?;
let authorization = client
    .authorize_url(&contract, AuthorizeOptions::new("http://localhost:3000/return"))
    .await?;
println!("{}", authorization.url);`;
}

/** @param {Contract} contract @param {Urls} urls */
export function node({ applicationId, contractId }, urls) {
  return `import { readFileSync } from "node:fs";
import { init } from "@worlddataexchange/digime-sdk-nodejs";

const sdk = init({
  applicationId: ${quoted(applicationId)},
  baseUrl: ${quoted(urls.api)},
  onboardUrl: ${quoted(urls.onboard)},
  cloudBaseUrl: ${quoted(urls.cloud)},
});
const contractDetails = {
  contractId: ${quoted(contractId)},
  privateKey: readFileSync(${quoted(`${contractId}.pem`)}, "utf8"),
};
const { url, codeVerifier, session } = await sdk.getAuthorizeUrl({
  callback: "http://localhost:3000/return",
  contractDetails,
  serviceId: 16,
  state: "my-state",
});
console.log(url);`;
}

/** @param {Contract} contract @param {Urls} urls */
export function curl({ applicationId, contractId }, urls) {
  return `b64() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
verifier=$(openssl rand -hex 32)
head=$(printf '{"alg":"PS512","typ":"JWT"}' | b64)
claims=$(printf '{"client_id":"%s","nonce":"%s","timestamp":%s000,"redirect_uri":"http://localhost:3000/return","response_type":"code","response_mode":"query","state":"my-state","code_challenge":"%s","code_challenge_method":"S256"}' \\
  '${applicationId}_${contractId}' "$(openssl rand -hex 16)" "$(date +%s)" \\
  "$(printf %s "$verifier" | openssl dgst -sha256 -binary | b64)" | b64)
signature=$(printf %s "$head.$claims" | openssl dgst -sha512 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:64 -sign '${contractId}.pem' -binary | b64)
curl -X POST -H "Authorization: Bearer $head.$claims.$signature" '${urls.api}oauth/authorize'`;
}
