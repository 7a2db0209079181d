// Anthropic's Claude Code, by Messages.
import { join } from "node:path";
import { PACKAGES, tried } from "./agents.mjs";
import { BASE_URL, SCHEMA } from "./cases.mjs";

await tried({
  shell: "Bash",
  // Its schema is the parameters of a tool of its own, by which the model is to answer.
  shaped: {
    model: "task-StructuredOutput",
    options: () => ["--output-format=json", "--json-schema", JSON.stringify(SCHEMA)],
    answer: (out) => JSON.parse(out).structured_output,
  },
  ready: (home, model, key) => ({
    command: [join(PACKAGES, "@anthropic-ai/claude-code-linux-x64/claude"), "--allowedTools=Bash", "-p"],
    env: {
      ANTHROPIC_BASE_URL: BASE_URL,
      ANTHROPIC_API_KEY: key,
      ANTHROPIC_MODEL: model,
      ANTHROPIC_DEFAULT_HAIKU_MODEL: model,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      DISABLE_AUTOUPDATER: "1",
    },
  }),
});
