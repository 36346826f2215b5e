/*
 * 29. Model providers: one agent on OCI, OpenAI, Anthropic and Ollama
 *
 * An agent names its model in a string. Tools, threads, limits, hooks and errors are the same whatever the string says, and
 * a thread that one model began another one can go on with.
 *
 *   pnpm tutorial 29
 *
 * Expect: four answers to one question, each by way of the same tool; a conversation in which every answer is another
 * model's; and what each model says it can do. Providers with a key in the environment answer themselves; for the others
 * a stand-in on this machine does, by rules. Without one, as in `node tutorials/29-model-providers.ts`, they are left out.
 */
import { Agent, type AgentOptions, getModel, MemoryCheckpointer, tool } from "locus-sdk";
import { hasOciConfiguration } from "locus-sdk/oci";
import { z } from "zod";

// ── The models ───────────────────────────────────────────────────────────────────────────────────────────────────

// Claude's address is an option and no variable. Where there is a stand-in, this is the way to it; elsewhere it is empty.
const standIn = process.env.TUTORIAL_ANTHROPIC_URL;
const claude = standIn === undefined ? {} : { modelOptions: { baseURL: standIn } };

interface Choice {
  readonly model: string;
  /** Whether there is a way to it. */
  readonly isThere: boolean;
  readonly wants: string;
  readonly options?: Pick<AgentOptions, "modelOptions">;
}

const { OPENAI_API_KEY, OPENAI_BASE_URL, ANTHROPIC_API_KEY, OLLAMA_HOST } = process.env;
const choices: readonly Choice[] = [
  { model: "oci:openai.gpt-oss-120b", isThere: hasOciConfiguration().configured, wants: "OCI up" },
  {
    model: "openai:gpt-5-mini",
    isThere: Boolean(OPENAI_API_KEY || OPENAI_BASE_URL),
    wants: "OPENAI_API_KEY",
  },
  {
    model: "anthropic:claude-haiku-4-5",
    isThere: Boolean(ANTHROPIC_API_KEY || standIn),
    wants: "ANTHROPIC_API_KEY",
    options: claude,
  },
  { model: "ollama:qwen3:8b", isThere: Boolean(OLLAMA_HOST), wants: "OLLAMA_HOST" },
];
const models = choices.filter(({ isThere }) => isThere);
for (const { model, wants } of choices.filter(({ isThere }) => !isThere)) {
  console.log(`left out: ${model} (set ${wants})`);
}

// ── 1. The same agent ────────────────────────────────────────────────────────────────────────────────────────────

const getWeather = tool({
  name: "get_weather",
  description: "Current weather for a city.",
  parameters: z.object({ city: z.string() }),
  execute: async ({ city }) => `light rain in ${city}, 12 °C`,
});

const checkpointer = new MemoryCheckpointer();
// Everything an agent is, but for its model.
const guide = {
  systemPrompt: "You are a friendly guide. Answer in one sentence.",
  tools: [getWeather],
  checkpointer,
} satisfies Partial<AgentOptions>;

console.log("1. the same question");
for (const { model, options } of models) {
  await using agent = new Agent({ ...guide, ...options, model });
  const { text, toolExecutions, usage } = await agent.run("What is the weather in Oslo?");
  const calls = toolExecutions.map(({ name, arguments: args }) => `${name} ${JSON.stringify(args)}`);
  console.log(
    `  ${model}: ${text}\n    ${calls.join(", ")}; ${usage.totalTokens > 0 ? "tokens counted" : ""}`,
  );
}

// ── 2. In the midst of a thread ──────────────────────────────────────────────────────────────────────────────────

// The thread is nobody's: texts, calls and results as they were. Each provider writes them in its own words, and leaves
// out what only another model could read, such as its thoughts.
console.log("2. one thread, every answer another model's");
const first = models[0];
if (first !== undefined) {
  await using agent = new Agent({ ...guide, ...first.options, model: first.model });
  const { text } = await agent.run("My name is Ada. What is the weather in Lima?", { threadId: "trip" });
  console.log(`  ${first.model}: ${text}`);
}
for (const { model, options } of models.slice(1)) {
  await using agent = new Agent({ ...guide, ...options, model });
  const { text, messages } = await agent.run("What is my name?", { threadId: "trip" });
  console.log(`  ${model}, after ${messages.length - 2} messages: ${text}`);
}

// ── 3. What they can do ──────────────────────────────────────────────────────────────────────────────────────────

// A feature that a model does not have is refused, or left out with a warning; it is never dropped without a word. What is
// known beforehand is in `capabilities`, and in the table of docs/models.md.
console.log("3. what they can do");
for (const { model, options } of models) {
  const made = await getModel(model, options?.modelOptions);
  const { capabilities } = made;
  const can = Object.entries(capabilities).flatMap(([name, value]) => (value === true ? name : []));
  console.log(`  ${model}: ${can.join(", ")}; answers bound by ${capabilities.structuredOutput}`);
  await made.close?.();
}
