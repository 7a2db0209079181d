// OpenAI's Codex, by Responses.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PACKAGES, tried } from "./agents.mjs";
import { BASE_URL, SCHEMA } from "./cases.mjs";

const SETTINGS = (model) => `
model = "${model}"
model_provider = "gateway"
check_for_update_on_startup = false
[analytics]
enabled = false
[model_providers.gateway]
name = "gateway"
base_url = "${BASE_URL}"
wire_api = "responses"
env_key = "GATEWAY_KEY"
stream_max_retries = 1
`;

await tried({
  shell: "exec_command",
  shaped: {
    model: "words",
    options(home) {
      const file = join(home, "schema.json");
      writeFileSync(file, JSON.stringify(SCHEMA));
      return ["--output-schema", file];
    },
    answer(out) {
      const events = out.trim().split("\n").map((line) => JSON.parse(line));
      return JSON.parse(events.findLast(({ item }) => item?.type === "agent_message").item.text);
    },
  },
  ready(home, model, key) {
    const folder = join(home, ".codex");
    mkdirSync(folder);
    writeFileSync(join(folder, "config.toml"), SETTINGS(model));
    // A container has no user namespaces of its own, which the sandbox would need.
    const options = ["exec", "--json", "--skip-git-repo-check", "--sandbox", "danger-full-access"];
    return { command: [process.execPath, join(PACKAGES, "@openai/codex/bin/codex.js"), ...options], env: { GATEWAY_KEY: key } };
  },
});
