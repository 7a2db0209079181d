// The AI SDK with its provider for whatever speaks as OpenAI does.
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { tried } from "./ai_sdk.mjs";
import { API_KEY, BASE_URL } from "./cases.mjs";

const provider = (apiKey) =>
  createOpenAICompatible({ name: "gateway", baseURL: BASE_URL, apiKey, includeUsage: true, supportsStructuredOutputs: true });
await tried((apiKey) => provider(apiKey).chatModel, { embeds: provider(API_KEY).embeddingModel });
