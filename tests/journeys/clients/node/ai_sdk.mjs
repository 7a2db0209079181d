// Vercel's AI SDK: what its providers show, each by its own script.
import { APICallError, embed, generateText, Output, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";
import { all, API_KEY, ASK, atOnce, BUSY, counted, CUT, run, thrown, TOOLS, WORDS, WRONG } from "./cases.mjs";

const Answer = z.object({ score: z.number().int(), text: z.string() });

/** `provider` makes, from a key, what turns the name of a model into a model. `embeds` makes one that embeds. */
export async function tried(provider, { embeds, providerOptions } = {}) {
  const model = provider(API_KEY);
  const said = async (name, more = {}) => (await generateText({ model: model(name), prompt: ASK, ...more })).text;
  await run({
    async plain() {
      const answer = await generateText({ model: model(WORDS), prompt: ASK });
      return counted(answer.usage.outputTokens, answer.text);
    },
    async stream() {
      const answer = streamText({ model: model(WORDS), prompt: ASK });
      const pieces = await all(answer.textStream);
      return counted((await answer.usage).outputTokens, pieces.join(""));
    },
    async tools() {
      const asked = [];
      const weather = tool({
        description: "The weather of a city.",
        inputSchema: z.object({ city: z.string() }),
        execute: async ({ city }) => {
          asked.push(city);
          return "It rains.";
        },
      });
      const answer = streamText({ model: model(TOOLS), prompt: ASK, tools: { weather }, stopWhen: stepCountIs(3) });
      const last = await answer.text;
      return `weather ${asked} ${last}`;
    },
    async structured() {
      const output = Output.object({ schema: Answer });
      const answer = await generateText({ model: model(WORDS), prompt: ASK, output, providerOptions });
      return `${answer.output.score} ${answer.output.text}`;
    },
    refused: () => thrown(APICallError, () => said(WRONG)),
    key: () => thrown(APICallError, () => said(WORDS, { model: provider("not-a-key")(WORDS) })),
    async retried() {
      const answer = await said(BUSY);
      await thrown(APICallError, () => said(BUSY, { maxRetries: 0 }));
      return answer;
    },
    async cut() {
      let error;
      const answer = streamText({ model: model(CUT), prompt: ASK, onError: (event) => (error = event.error) });
      await all(answer.textStream);
      return `${await reason(answer)} ${error?.message ?? JSON.stringify(error)}`;
    },
    at_once: () => atOnce(() => said(WORDS)),
    async embeddings() {
      const { embedding } = await embed({ model: embeds(WORDS), value: "a text" });
      return `${embedding.length} ${embedding[0]}`;
    },
  });
}

/** Why it ended, which is an error. */
async function reason(answer) {
  try {
    const why = await answer.finishReason;
    return why === "error" ? why : Promise.reject(new Error(`it ended as if all was well: ${why}`));
  } catch (error) {
    return error.message;
  }
}
