// The official client of OpenAI's for Node, by chat.
import assert from "node:assert/strict";
import OpenAI from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
import { z } from "zod";
import { all, API_KEY, ASK, atOnce, BASE_URL, BUSY, counted, CUT, PARAMETERS, run, thrown, TOOLS, WORDS, WRONG } from "./cases.mjs";

const client = new OpenAI({ baseURL: BASE_URL, apiKey: API_KEY });
const messages = [{ role: "user", content: ASK }];
const weather = { type: "function", function: { name: "weather", description: "The weather of a city.", parameters: PARAMETERS } };
const Answer = z.object({ score: z.number().int(), text: z.string() });
const said = async (model, from = client) => (await from.chat.completions.create({ model, messages })).choices[0].message.content;

await run({
  async plain() {
    const answer = await client.chat.completions.create({ model: WORDS, messages });
    assert.equal(answer.choices[0].finish_reason, "stop");
    return counted(answer.usage.completion_tokens, answer.choices[0].message.content);
  },
  async stream() {
    const chunks = await all(
      await client.chat.completions.create({ model: WORDS, messages, stream: true, stream_options: { include_usage: true } }),
    );
    return counted(chunks.at(-1).usage.completion_tokens, chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join(""));
  },
  async tools() {
    const asked = [];
    const look = ({ city }) => {
      asked.push(city);
      return "It rains.";
    };
    const tool = { type: "function", function: { ...weather.function, function: look, parse: JSON.parse } };
    const runner = client.chat.completions.runTools({ model: TOOLS, messages, stream: true, tools: [tool] });
    const last = await runner.finalContent();
    return `weather ${asked} ${last}`;
  },
  async structured() {
    const response_format = zodResponseFormat(Answer, "answer");
    const { score, text } = (await client.chat.completions.parse({ model: WORDS, messages, response_format })).choices[0].message.parsed;
    return `${score} ${text}`;
  },
  refused: () => thrown(OpenAI.BadRequestError, () => said(WRONG)),
  key: () => thrown(OpenAI.AuthenticationError, () => said(WORDS, client.withOptions({ apiKey: "not-a-key" }))),
  async retried() {
    const answer = await said(BUSY);
    await thrown(OpenAI.InternalServerError, () => said(BUSY, client.withOptions({ maxRetries: 0 })));
    return answer;
  },
  cut: () => thrown(OpenAI.APIError, async () => all(await client.chat.completions.create({ model: CUT, messages, stream: true }))),
  at_once: () => atOnce(() => said(WORDS)),
  async embeddings() {
    const vector = (await client.embeddings.create({ model: WORDS, input: "a text" })).data[0].embedding;
    return `${vector.length} ${vector[0]}`;
  },
});
