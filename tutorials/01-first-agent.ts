/*
 * 1. A first agent: a model, a tool, an answer
 *
 * You define an agent once and run it as often as you like. It asks the model, runs the tools that the model calls,
 * hands it their results, and goes on until there is an answer. What comes back is more than the answer's text.
 *
 *   pnpm tutorial 01
 *
 * Expect: an answer that rests on what the tool returned, then a look at the result: why the run ended, which calls
 * were made, what it cost. With OCI configured a model answers; otherwise the offline emulator does, and says so.
 */
import { Agent, tool } from "locus-sdk";
import { z } from "zod";

// A tool is a name and a description for the model, a schema for the arguments, and a function. The arguments are
// checked before your function runs, and typed from the schema: `city` is a string here.
const getWeather = tool({
  name: "get_weather",
  description: "Current weather for a city.",
  parameters: z.object({ city: z.string().describe("The city's name.") }),
  execute: async ({ city }) => ({ city, condition: "light rain", temperatureC: 12 }),
});

// An agent is a definition. It holds nothing of a run, so one instance serves any number of them, also at once.
// `await using` closes what it has opened at the end of this file.
await using agent = new Agent({
  model: process.env.LOCUS_MODEL || "oci:openai.gpt-oss-120b",
  systemPrompt: "You are a friendly guide. Answer in one or two sentences.",
  tools: [getWeather],
});

// ── Ask ──────────────────────────────────────────────────────────────────────────────────────────────────────────

const result = await agent.run("Should I take an umbrella in Chicago?");
console.log("answer:     ", result.text);

// ── Look at what happened ────────────────────────────────────────────────────────────────────────────────────────

// `success` is false where a run ended at one of its limits. `stopReason` says how it ended.
console.log("success:    ", result.success, `(${result.stopReason})`);

// Every call the model made, with the arguments as your function received them.
for (const { name, arguments: args, result: returned } of result.toolExecutions) {
  console.log("tool call:  ", name, JSON.stringify(args), "→", JSON.stringify(returned));
}

// An iteration is one call of the model: the first asked for the tool, the second answered.
console.log("iterations: ", result.iterations);
console.log("tokens:     ", result.usage.inputTokens, "in,", result.usage.outputTokens, "out");
console.log("took:       ", result.durationMs, "ms");

// The conversation, message by message. The system prompt is the agent's and not part of it.
for (const message of result.messages) {
  const parts =
    typeof message.content === "string" ? [message.content] : message.content.map((part) => part.type);
  console.log("message:    ", message.role.padEnd(9), parts.join(", "));
}

// ── Several at once ──────────────────────────────────────────────────────────────────────────────────────────────

// Each of these runs is a conversation of its own.
const cities = ["Oslo", "Lima", "Tokyo"];
const answers = await Promise.all(cities.map((city) => agent.run(`What is the weather in ${city}?`)));
for (const [index, { text }] of answers.entries()) console.log(`${cities[index]}:`, text);
