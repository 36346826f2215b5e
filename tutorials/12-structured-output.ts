/*
 * 12. Structured output: answers as objects
 *
 * An agent with an `outputSchema` answers with an object that fits the schema, typed. What does not fit goes back to the
 * model; what never fits is not passed off as a success.
 *
 *   pnpm tutorial 12
 *
 * Expect: an object, one made with a tool's help, one that grows while it is written, one that needed a second try, one
 * that never came, and exit code 0.
 */
import { Agent, tool, type VerificationGate } from "locus-sdk";
import { ScriptedModel } from "locus-sdk/testing";
import { z } from "zod";

const model = process.env.LOCUS_MODEL || "oci:openai.gpt-oss-120b";

const report = z.object({
  city: z.string(),
  summary: z.string().describe("One sentence."),
  umbrella: z.boolean(),
  wind: z.enum(["calm", "breeze", "storm"]),
});

// ── 1. An object ─────────────────────────────────────────────────────────────────────────────────────────────────

// The provider binds the answer to the schema where it can. `output` has the schema's type; it is there if the run succeeded.
console.log("1. an object");
await using reporter = new Agent({ model, outputSchema: report });
const { output, success } = await reporter.run("Report the weather of Oslo.");
console.log(`  success: ${success}; ${output?.city}: wind ${output?.wind}, umbrella ${output?.umbrella}`);

// ── 2. With tools ────────────────────────────────────────────────────────────────────────────────────────────────

// Tools and schema go together: the model looks things up first, and answers in the end.
console.log("2. with tools");
const getWeather = tool({
  name: "get_weather",
  description: "Current weather of a city.",
  parameters: z.object({ city: z.string() }),
  execute: ({ city }) => ({ city, tempC: 4, rain: true }),
});
await using informed = new Agent({ model, tools: [getWeather], outputSchema: report });
const looked = await informed.run("What is the weather in Lima?");
console.log(
  `  called: ${looked.toolExecutions.map(({ name }) => name).join(", ")}; city: ${looked.output?.city}`,
);

// ── 3. While it is written ───────────────────────────────────────────────────────────────────────────────────────

// Partial objects for a page that fills in. They are not checked yet; the one on `result` is.
console.log("3. while it is written");
const stream = reporter.stream("Report the weather of Quito.");
let steps = 0;
let last = "";
for await (const partial of stream.partialOutputStream) {
  steps += 1;
  last = JSON.stringify(partial);
}
console.log(
  `  in several steps: ${steps > 3}; the last one is the output: ${last === JSON.stringify((await stream.result).output)}`,
);

// ── 4. A second try ──────────────────────────────────────────────────────────────────────────────────────────────

// Scripted models say what you tell them to: here one that forgets a member, and is told so.
console.log("4. a second try");
const forgetful = new ScriptedModel([
  'Sure! ```json\n{"verdict": "yes"}\n```',
  '{"verdict": "yes", "why": "It rains."}',
]);
const judge = new Agent({
  model: forgetful,
  outputSchema: z.object({ verdict: z.enum(["yes", "no"]), why: z.string() }),
});
judge.on("verification", ({ decision, detail }) =>
  console.log(`  ${decision}${detail === undefined ? "" : `: ${detail}`}`),
);
const judged = await judge.run("An umbrella?");
console.log(`  ${judged.output?.verdict}, because: ${judged.output?.why}`);

// ── 5. What never fits ───────────────────────────────────────────────────────────────────────────────────────────

// After its retries the run ends `output_invalid`: no output, no success, and the last words for you to look at.
console.log("5. what never fits");
const stubborn = new Agent({
  model: new ScriptedModel(["Who knows."], { repeat: true }),
  outputSchema: z.number().int(),
});
const failed = await stubborn.run("How many?");
console.log(
  `  success: ${failed.success}, ${failed.stopReason} (${failed.stopDetail}) after ${failed.iterations} answers`,
);

// ── 6. A gate of your own ────────────────────────────────────────────────────────────────────────────────────────

// A schema says what an answer looks like; a gate says when it is good enough. A text sends the answer back.
console.log("6. a gate");
const measured: VerificationGate = {
  name: "measured",
  verify: ({ state }) =>
    state.run.toolExecutions.some(({ name, isError }) => name === "get_weather" && !isError) ||
    "Look it up with get_weather first.",
};
const hasty = new ScriptedModel([
  "Sunny!",
  { toolCalls: [{ name: "get_weather", arguments: { city: "Oslo" } }] },
  "Rain, 4 °C.",
]);
const careful = new Agent({ model: hasty, tools: [getWeather], verify: [measured] });
console.log(`  ${(await careful.run("What is the weather in Oslo?")).text}`);
