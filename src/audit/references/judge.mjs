// What Google's csp_evaluator and MDN's HTTP Observatory say of header sets: an array of { name, headers } on standard
// input, an array of { name, csp_evaluator, observatory } on standard output; of each topic, whether they find fault.
// The argument is the folder that holds node_modules.

import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const folder = path.resolve(process.argv[2]);
const require = createRequire(path.join(folder, "package.json"));
const { CspEvaluator, STRICTCSP_CHECKS } = require("csp_evaluator/dist/evaluator.js");
const { CspParser } = require("csp_evaluator/dist/parser.js");
const { Severity, Type } = require("csp_evaluator/dist/finding.js");
const { checkHasConfiguredReporting } = require("csp_evaluator/dist/checks/security_checks.js");

const observatory = path.join(folder, "node_modules/@mdn/mdn-http-observatory");
// Its installation downloads the list of preloaded hosts, which no set here is about.
const preloaded = path.join(observatory, "conf/hsts-preload.json");
if (!fs.existsSync(preloaded)) fs.writeFileSync(preloaded, "{}");
const from = (file) => import(pathToFileURL(path.join(observatory, "src", file)));
const { Requests } = await from("types.js");
const { contentSecurityPolicyTest } = await from("analyzer/tests/csp.js");
const { cookiesTest } = await from("analyzer/tests/cookies.js");
const { crossOriginResourcePolicyTest } = await from("analyzer/tests/cross-origin-resource-policy.js");
const { referrerPolicyTest } = await from("analyzer/tests/referrer-policy.js");
const { strictTransportSecurityTest } = await from("analyzer/tests/strict-transport-security.js");
const { xContentTypeOptionsTest } = await from("analyzer/tests/x-content-type-options.js");
const { xFrameOptionsTest } = await from("analyzer/tests/x-frame-options.js");
const { CookieJar } = require("tough-cookie");

const TYPES = {
  inline: ["SCRIPT_UNSAFE_INLINE"],
  eval: ["SCRIPT_UNSAFE_EVAL"],
  wildcard: ["PLAIN_WILDCARD", "PLAIN_URL_SCHEMES"],
  "object-src": ["MISSING_DIRECTIVES"],
  "base-uri": ["MISSING_DIRECTIVES"],
  syntax: ["MISSING_SEMICOLON", "UNKNOWN_DIRECTIVE", "INVALID_KEYWORD"],
  nonce: ["NONCE_LENGTH", "NONCE_CHARSET"],
  http: ["SRC_HTTP"],
  bypass: ["SCRIPT_ALLOWLIST_BYPASS"],
  "strict-dynamic": ["STRICT_DYNAMIC_NOT_STANDALONE"],
  reporting: ["REPORTING_DESTINATION_MISSING"],
  "trusted-types": ["REQUIRE_TRUSTED_TYPES_FOR_SCRIPTS"],
};

function cspEvaluator(policies) {
  if (policies.length !== 1) return null;
  try {
    const csp = new CspParser(policies[0]).csp;
    const findings = [
      ...new CspEvaluator(csp).evaluate(),
      ...new CspEvaluator(csp).evaluate([...STRICTCSP_CHECKS, checkHasConfiguredReporting], []),
    ];
    const about = (finding, topic) =>
      TYPES[topic].includes(Type[finding.type]) &&
      (finding.type !== Type.MISSING_DIRECTIVES || finding.directive === topic) &&
      // It also says of 'self' and of every host that there might be a way around.
      (topic !== "bypass" || finding.severity === Severity.HIGH);
    return Object.fromEntries(
      Object.keys(TYPES).map((topic) => [topic, findings.some((finding) => about(finding, topic))]),
    );
  } catch (error) {
    return Object.fromEntries(Object.keys(TYPES).map((topic) => [topic, null]));
  }
}

function observe(headers) {
  const requests = new Requests("shop.example");
  const named = {};
  for (const [name, value] of headers) (named[name.toLowerCase()] ??= []).push(value);
  // Node joins repeated lines of all but Set-Cookie, so that is what the Observatory sees.
  const seen = Object.fromEntries(
    Object.entries(named).map(([name, values]) => [name, name === "set-cookie" ? values : values.join(", ")]),
  );
  const fields = { "content-type": "text/html", ...seen };
  Object.defineProperty(fields, "get", { value: (name) => fields[name.toLowerCase()] });
  const response = () => ({
    headers: fields,
    httpEquiv: new Map([["content-security-policy", []]]),
    status: 200,
    verified: true,
    data: "",
  });
  const jar = new CookieJar();
  for (const line of named["set-cookie"] ?? []) jar.setCookieSync(line, "https://shop.example/", { ignoreError: true });
  requests.session = { jar, url: new URL("https://shop.example/") };
  requests.responses.auto = response();
  requests.responses.https = response();
  requests.responses.http = response();
  const faults = {};
  const tests = {
    csp: contentSecurityPolicyTest,
    hsts: strictTransportSecurityTest,
    nosniff: xContentTypeOptionsTest,
    frame: xFrameOptionsTest,
    referrer: referrerPolicyTest,
    corp: crossOriginResourcePolicyTest,
    cookies: cookiesTest,
  };
  for (const [topic, test] of Object.entries(tests)) faults[topic] = !test(requests).pass;
  return faults;
}

const sets = JSON.parse(fs.readFileSync(0, "utf8"));
const judged = sets.map(({ name, headers }) => {
  const policies = headers.filter(([n]) => n.toLowerCase() === "content-security-policy").map(([, value]) => value);
  return { name, csp_evaluator: cspEvaluator(policies), observatory: observe(headers) };
});
process.stdout.write(JSON.stringify(judged));
