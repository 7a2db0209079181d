// opencode, with the provider of the AI SDK's that speaks the row's API.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { PACKAGES, tried } from "./agents.mjs";
import { API, BASE_URL } from "./cases.mjs";

const NPM = { chat: "@ai-sdk/openai-compatible", responses: "@ai-sdk/openai", messages: "@ai-sdk/anthropic" }[API];
const ROOT = API === "messages" ? `${BASE_URL}/v1` : BASE_URL;

await tried({
  shell: "bash",
  ready(home, model, key) {
    const provider = { npm: NPM, options: { baseURL: ROOT, apiKey: key }, models: { [model]: {} } };
    const name = `gateway/${model}`;
    const settings = { autoupdate: false, share: "disabled", enabled_providers: ["gateway"], model: name, small_model: name, provider: { gateway: provider } };
    writeFileSync(join(home, "work", "opencode.json"), JSON.stringify(settings));
    const env = { OPENCODE_DISABLE_AUTOUPDATE: "1", OPENCODE_DISABLE_MODELS_FETCH: "1", OPENCODE_DISABLE_LSP_DOWNLOAD: "1" };
    return { command: [join(PACKAGES, "opencode-linux-x64/bin/opencode"), "run", "--format=json"], env };
  },
});
