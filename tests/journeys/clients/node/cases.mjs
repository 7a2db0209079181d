// What the scripts of this folder share. It runs in each client's own environment: nothing but Node's own modules.
//
// A script has a function for each case of its row; `run` calls them and tells of each in a line, with what the function returned or threw.
import assert from "node:assert/strict";

export const { BASE_URL, API_KEY, API, WAY } = process.env;
/** Models: one that answers, one that calls a tool first, one that refuses, one that is busy at first, one whose streams break off. */
export const [WORDS, TOOLS, WRONG, BUSY, CUT] = ["words", "tools", "wrong", "busy", "cut"].map((name) => name + WAY);
export const AT_ONCE = 20;
export const ASK = "Say something.";
export const SCHEMA = {
  type: "object",
  properties: { score: { type: "integer" }, text: { type: "string" } },
  required: ["score", "text"],
  additionalProperties: false,
};
export const PARAMETERS = { type: "object", properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false };

/** Every case that this row has. */
export async function run(cases) {
  for (const name of process.env.CASES.split(" ")) {
    const { ok, said } = await outcome(cases[name]);
    console.log(JSON.stringify({ case: name, ok, said }));
  }
}

async function outcome(shows) {
  try {
    return { ok: true, said: await shows() };
  } catch (error) {
    return { ok: false, said: `${error.stack ?? error} ${error.cause ?? ""}`.slice(-3000) };
  }
}

/** What the error says that `does` must end in. */
export async function thrown(kind, does) {
  let said;
  try {
    said = await does();
  } catch (error) {
    assert.ok(error instanceof kind, `${kind.name} was due: ${error.stack}`);
    return `${error.name}: ${error.message}`;
  }
  throw new assert.AssertionError({ message: `no error, but ${JSON.stringify(said)}` });
}

/** How many there are, and what they all say. */
export function allAlike(said) {
  assert.equal(new Set(said).size, 1, said.join("\n"));
  return `${said.length} ${said[0]}`;
}

/** The words, after a look at the numbers: the stand-in counts words as tokens. */
export function counted(usageOut, said) {
  assert.equal(usageOut, said.split(" ").length, said);
  return said;
}

/** What `asks` gives, so many times at once. */
export const atOnce = async (asks) => allAlike(await Promise.all(Array.from({ length: AT_ONCE }, asks)));

/** All that an asynchronous iterable yields. */
export async function all(stream) {
  const found = [];
  for await (const one of stream) found.push(one);
  return found;
}
