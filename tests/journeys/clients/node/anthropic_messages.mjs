// The official client of Anthropic's for Node, by Messages.
import assert from "node:assert/strict";
import Anthropic from "@anthropic-ai/sdk";
import { all, API_KEY, ASK, atOnce, BASE_URL, BUSY, counted, CUT, PARAMETERS, run, SCHEMA, thrown, TOOLS, WORDS, WRONG } from "./cases.mjs";

const client = new Anthropic({ baseURL: BASE_URL, apiKey: API_KEY });
const messages = [{ role: "user", content: ASK }];
const max_tokens = 200;
const tools = [{ name: "weather", description: "The weather of a city.", input_schema: PARAMETERS }];
const said = async (model, from = client) => (await from.messages.create({ model, max_tokens, messages })).content[0].text;

await run({
  async plain() {
    const answer = await client.messages.create({ model: WORDS, max_tokens, messages });
    assert.equal(answer.stop_reason, "end_turn");
    return counted(answer.usage.output_tokens, answer.content[0].text);
  },
  async stream() {
    const stream = client.messages.stream({ model: WORDS, max_tokens, messages });
    const last = await stream.finalMessage();
    assert.equal(await stream.finalText(), last.content[0].text);
    return counted(last.usage.output_tokens, last.content[0].text);
  },
  async tools() {
    const first = await client.messages.stream({ model: TOOLS, max_tokens, messages, tools }).finalMessage();
    assert.equal(first.stop_reason, "tool_use");
    const call = first.content.find((block) => block.type === "tool_use");
    const result = { role: "user", content: [{ type: "tool_result", tool_use_id: call.id, content: "It rains." }] };
    const turns = [...messages, { role: "assistant", content: first.content }, result];
    const last = await client.messages.create({ model: TOOLS, max_tokens, messages: turns, tools });
    return `${call.name} ${call.input.city} ${last.content[0].text}`;
  },
  async structured() {
    const output_config = { format: { type: "json_schema", schema: SCHEMA } };
    const answer = await client.messages.create({ model: WORDS, max_tokens, messages, output_config });
    const { score, text } = JSON.parse(answer.content[0].text);
    return `${score} ${text}`;
  },
  refused: () => thrown(Anthropic.BadRequestError, () => said(WRONG)),
  key: () => thrown(Anthropic.AuthenticationError, () => said(WORDS, client.withOptions({ apiKey: "not-a-key" }))),
  async retried() {
    const answer = await said(BUSY);
    await thrown(Anthropic.InternalServerError, () => said(BUSY, client.withOptions({ maxRetries: 0 })));
    return answer;
  },
  cut: () => thrown(Anthropic.APIError, async () => all(await client.messages.create({ model: CUT, max_tokens, messages, stream: true }))),
  at_once: () => atOnce(() => said(WORDS)),
});
