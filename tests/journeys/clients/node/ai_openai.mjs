// The AI SDK with its provider for OpenAI, by chat or by Responses.
import { createOpenAI } from "@ai-sdk/openai";
import { tried } from "./ai_sdk.mjs";
import { API, API_KEY, BASE_URL } from "./cases.mjs";

const provider = (apiKey) => createOpenAI({ baseURL: BASE_URL, apiKey });
await tried((apiKey) => provider(apiKey)[API], { embeds: provider(API_KEY).embedding });
