// promptfoo: evaluations, by the API of the row.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { PACKAGES, PATH } from "./agents.mjs";
import { allAlike, API, API_KEY, AT_ONCE, BASE_URL, BUSY, counted, CUT, run, SCHEMA, WORDS, WRONG } from "./cases.mjs";

const PROVIDER = { chat: "openai:chat", responses: "openai:responses", messages: "anthropic:messages" }[API];
const BASE = { apiBaseUrl: BASE_URL, ...(API === "messages" ? { max_tokens: 200 } : {}) };
const SHAPED =
  API === "messages"
    ? { output_format: { type: "json_schema", schema: SCHEMA } }
    : { response_format: { type: "json_schema", json_schema: { name: "answer", strict: true, schema: SCHEMA } } };
const QUIET = ["TELEMETRY", "UPDATE", "REMOTE_GENERATION", "SHARING"].map((what) => [`PROMPTFOO_DISABLE_${what}`, "1"]);

/** What an evaluation of so many questions found, each in a row. */
function evaluated(model, { key = API_KEY, rows = 1, config = {} } = {}) {
  const home = mkdtempSync(join(process.env.HOME, "evaluation-"));
  const [settings, out] = [join(home, "promptfooconfig.json"), join(home, "out.json")];
  const tests = Array.from({ length: rows }, (_, number) => ({ vars: { number } }));
  const providers = [{ id: `${PROVIDER}:${model}`, config: { ...BASE, apiKey: key, ...config } }];
  writeFileSync(settings, JSON.stringify({ prompts: ["Say {{number}}."], providers, tests }));
  const options = ["eval", "-c", settings, "-o", out, "--no-cache", "--no-progress-bar", "-j", `${AT_ONCE}`];
  const env = { PATH, HOME: home, LANG: "C.UTF-8", NO_PROXY: "*", PROMPTFOO_RETRY_5XX: "1", ...Object.fromEntries(QUIET) };
  const entry = join(dirname(PACKAGES), "node_modules/promptfoo/dist/src/entrypoint.js");
  const done = spawnSync(process.execPath, [entry, ...options], { cwd: home, env, encoding: "utf8", input: "", timeout: 90_000 });
  assert.ok(!done.error, `${done.error}: ${done.stdout}${done.stderr}`);
  return JSON.parse(readFileSync(out, "utf8")).results.results;
}

const said = (row) => {
  assert.ok(!row.error, row.error);
  return row.response.output;
};
const denied = ([row]) => {
  assert.ok(row.error, `no error, but ${JSON.stringify(row.response)}`);
  return row.error;
};

function answered(config) {
  const [row] = evaluated(WORDS, { config });
  return counted(row.response.tokenUsage.completion, said(row));
}

await run({
  plain: () => answered({}),
  stream: () => answered({ stream: true }),
  structured() {
    const shaped = said(evaluated(WORDS, { config: SHAPED })[0]);
    const { score, text } = typeof shaped === "string" ? JSON.parse(shaped) : shaped;
    return `${score} ${text}`;
  },
  refused: () => denied(evaluated(WRONG)),
  key: () => denied(evaluated(WORDS, { key: "not-a-key" })),
  retried: () => said(evaluated(BUSY)[0]),
  cut: () => denied(evaluated(CUT, { config: { stream: true } })),
  at_once: () => allAlike(evaluated(WORDS, { rows: AT_ONCE }).map(said)),
});
