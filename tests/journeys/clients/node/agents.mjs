// Coding agents, each in a home and a folder of its own, as a person would start it from a shell.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { API_KEY, BUSY, CUT, run, SCHEMA, WAY, WORDS, WRONG } from "./cases.mjs";

const MOST_S = 60;
const SAYS = "The tide turns at 4:20.";

/** Where the agent's environment has its packages. */
export const PACKAGES = join(dirname(dirname(fileURLToPath(import.meta.url))), "node_modules");
/** Node, and what a shell needs: nothing of a person's. */
export const PATH = `${dirname(process.execPath)}:/usr/bin:/bin`;

/**
 * What an agent shows. `shell` is what its tool for commands is called; `ready(home, model, key)` writes its settings, and gives
 * { command, env }, to which the words it is to be told are added. An agent that failed has failed by its exit, or says so by `failed`.
 * `shaped` is of one that answers after a schema: what it is called with, which model does it, and where in what it wrote the answer is.
 */
export async function tried({ shell, ready, shaped, failed = ({ status }) => status !== 0 }) {
  const told = (model, { key = API_KEY, options = () => [] } = {}) => {
    const home = mkdtempSync(join(process.env.HOME, "agent-"));
    const work = join(home, "work");
    mkdirSync(work);
    writeFileSync(join(work, "notes.txt"), `${SAYS}\n`);
    const { command, env } = ready(home, model, key);
    command.push(...options(home));
    const [program, ...rest] = command;
    const clean = { PATH, HOME: home, LANG: "C.UTF-8", TERM: "dumb", NO_PROXY: "*", TMPDIR: home, ...env };
    const words = "What does notes.txt say?";
    const done = spawnSync(program, [...rest, words], { cwd: work, env: clean, encoding: "utf8", input: "", timeout: MOST_S * 1000 });
    const said = `${done.stdout}\n${done.stderr}`;
    assert.ok(!done.error, `${done.error}: ${said}`);
    const file = join(work, "read.txt");
    return { out: done.stdout, said: plainly(said), read: existsSync(file) ? readFileSync(file, "utf8").trim() : "", hasFailed: failed({ ...done, said }), status: done.status };
  };
  const served = (outcome) => {
    assert.ok(!outcome.hasFailed, `exit ${outcome.status}: ${outcome.said}`);
    return outcome;
  };
  const denied = (outcome) => {
    assert.ok(outcome.hasFailed, `no error: ${outcome.said}`);
    return outcome.said;
  };
  await run({
    task: () => {
      const { read, said } = served(told(`task-${shell}${WAY}`));
      const answer = said.slice(said.indexOf("[stand-in for task]"));
      return `${read} ${answer}`;
    },
    plain: () => served(told(WORDS)).said,
    stream: () => served(told(`words-streamed${WAY}`)).said,
    structured: () => {
      const { score, text } = shaped.answer(served(told(`${shaped.model}${WAY}`, { options: shaped.options })).out);
      return `${score} ${text}`;
    },
    refused: () => denied(told(WRONG)),
    key: () => denied(told(WORDS, { key: "not-a-key" })),
    retried: () => served(told(BUSY)).said,
    cut: () => denied(told(CUT)),
  });
}

/** What was written, as one reads it: no colours, and one space where there are several or a line ends. */
const plainly = (said) => said.replace(/\u001b\[[0-9;]*[A-Za-z]/g, "").replace(/\\n/g, " ").replace(/\s+/g, " ");
