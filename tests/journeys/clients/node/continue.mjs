// Continue's command line.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { PACKAGES, tried } from "./agents.mjs";
import { API, BASE_URL } from "./cases.mjs";

const PROVIDER = API === "messages" ? "anthropic" : "openai";
const ROOT = API === "messages" ? `${BASE_URL}/v1` : BASE_URL;

await tried({
  shell: "Bash",
  ready(home, model, key) {
    const one = { name: model, provider: PROVIDER, model, apiBase: ROOT, apiKey: key, roles: ["chat"], capabilities: ["tool_use"] };
    const settings = join(home, "config.yaml");
    writeFileSync(settings, JSON.stringify({ name: "gateway", version: "0.0.1", schema: "v1", models: [one] }));
    return {
      command: [process.execPath, join(PACKAGES, "@continuedev/cli/dist/cn.js"), "--config", settings, "--allow", "Bash", "-p"],
      env: { CONTINUE_TELEMETRY_ENABLED: "0", CONTINUE_METRICS_ENABLED: "0", CONTINUE_GLOBAL_DIR: join(home, ".continue") },
    };
  },
});
