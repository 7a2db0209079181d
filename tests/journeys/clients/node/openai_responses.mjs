// The official client of OpenAI's for Node, by Responses.
import assert from "node:assert/strict";
import OpenAI from "openai";
import { zodTextFormat } from "openai/helpers/zod";
import { z } from "zod";
import { all, API_KEY, ASK, atOnce, BASE_URL, BUSY, counted, CUT, PARAMETERS, run, thrown, TOOLS, WORDS, WRONG } from "./cases.mjs";

const client = new OpenAI({ baseURL: BASE_URL, apiKey: API_KEY });
const tools = [{ type: "function", name: "weather", description: "The weather of a city.", parameters: PARAMETERS, strict: true }];
const Answer = z.object({ score: z.number().int(), text: z.string() });
const said = async (model, from = client) => (await from.responses.create({ model, input: ASK })).output_text;

await run({
  async plain() {
    const answer = await client.responses.create({ model: WORDS, input: ASK });
    assert.equal(answer.status, "completed");
    return counted(answer.usage.output_tokens, answer.output_text);
  },
  async stream() {
    const stream = client.responses.stream({ model: WORDS, input: ASK });
    const events = await all(stream);
    const deltas = events.filter((event) => event.type === "response.output_text.delta").map((event) => event.delta);
    const last = await stream.finalResponse();
    assert.equal(deltas.join(""), last.output_text);
    assert.deepEqual(events.map((event) => event.sequence_number), [...events.keys()]);
    return counted(last.usage.output_tokens, last.output_text);
  },
  async tools() {
    const stream = client.responses.stream({ model: TOOLS, input: ASK, tools });
    const first = await stream.finalResponse();
    const call = first.output.find((item) => item.type === "function_call");
    const result = { type: "function_call_output", call_id: call.call_id, output: "It rains." };
    const last = await client.responses.create({ model: TOOLS, input: [{ role: "user", content: ASK }, ...first.output, result], tools });
    return `${call.name} ${JSON.parse(call.arguments).city} ${last.output_text}`;
  },
  async structured() {
    const answer = await client.responses.parse({ model: WORDS, input: ASK, text: { format: zodTextFormat(Answer, "answer") } });
    return `${answer.output_parsed.score} ${answer.output_parsed.text}`;
  },
  refused: () => thrown(OpenAI.BadRequestError, () => said(WRONG)),
  key: () => thrown(OpenAI.AuthenticationError, () => said(WORDS, client.withOptions({ apiKey: "not-a-key" }))),
  async retried() {
    const answer = await said(BUSY);
    await thrown(OpenAI.InternalServerError, () => said(BUSY, client.withOptions({ maxRetries: 0 })));
    return answer;
  },
  cut: () => thrown(OpenAI.APIError, () => client.responses.stream({ model: CUT, input: ASK }).finalResponse()),
  at_once: () => atOnce(() => said(WORDS)),
});
