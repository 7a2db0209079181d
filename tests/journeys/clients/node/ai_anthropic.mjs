// The AI SDK with its provider for Anthropic.
import { createAnthropic } from "@ai-sdk/anthropic";
import { tried } from "./ai_sdk.mjs";
import { BASE_URL } from "./cases.mjs";

// For a model that it does not know, the provider would ask for a call of a tool instead of a schema.
const providerOptions = { anthropic: { structuredOutputMode: "outputFormat" } };
await tried((apiKey) => createAnthropic({ baseURL: `${BASE_URL}/v1`, apiKey }), { providerOptions });
