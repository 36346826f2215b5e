/*
 * 31. Testing agents: calls recorded once, and replayed for ever after
 *
 * A test that asks a model is slow, costs money and fails by chance. A cassette is a file with what the model answered the
 * first time: from then on it answers the same, without network and without credentials.
 *
 *   pnpm tutorial 31
 *
 * Expect: an agent's run recorded; the same run from the file, and as a stream; a question that was never recorded, and how
 * it differs from the one that was; a failure replayed; secrets that are not in the file; and recordings left over.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, type ChatModel, getModel, RateLimitError, tool } from "locus-sdk";
import { ReplayMismatchError, recordModel, replayModel, ScriptedModel } from "locus-sdk/testing";
import { z } from "zod";

const directory = await mkdtemp(join(tmpdir(), "locus-cassettes-"));
const file = join(directory, "weather.jsonl");

let measured = 0;
const getWeather = tool({
  name: "get_weather",
  description: "Current weather of a city.",
  parameters: z.object({ city: z.string() }),
  execute: ({ city }) => {
    measured += 1;
    return { city, condition: "light rain", celsius: 9 };
  },
});
// What you test is your agent: its prompt, its tools, what it makes of answers. The model is handed in.
const weatherAgent = (model: ChatModel): Agent =>
  new Agent({ model, systemPrompt: "You tell the weather, briefly.", tools: [getWeather] });
const question = "What is the weather in Oslo?";

// ── 1. Recording ─────────────────────────────────────────────────────────────────────────────────────────────────

// Everything goes through as it is, and each call is a line of the file. Closing it closes the model behind it.
const recording = recordModel(await getModel(process.env.LOCUS_MODEL || "oci:openai.gpt-oss-120b"), file);
const live = await weatherAgent(recording).run(question);
await recording.close?.();
const lines = (await readFile(file, "utf8")).trimEnd().split("\n");
console.log(`1. recorded: ${live.text}`);
console.log(`  lines: a header and ${lines.length - 1} calls; the tool ran: ${measured} time`);

// ── 2. Replaying ─────────────────────────────────────────────────────────────────────────────────────────────────

// The model is not asked, your tools really run: a test sees what your code does with what the model said.
const model = replayModel(file);
const again = await weatherAgent(model).run(question);
model.assertDone();
console.log(
  `2. replayed as ${model.provider}:${model.modelId}, the same answer: ${again.text === live.text}`,
);
console.log(`  calls left: ${model.unused.length}; the tool ran: ${measured} times`);
let streamed = "";
for await (const text of weatherAgent(replayModel(file)).stream(question).textStream) streamed += text;
console.log(`  as a stream, the same: ${streamed === live.text}`);

// ── 3. Something else was asked ──────────────────────────────────────────────────────────────────────────────────

// A changed prompt, tool or setting is a changed request, and the model might have answered it otherwise. The error shows
// the difference. Meant? Record again.
console.log("3. another question");
await weatherAgent(replayModel(file))
  .run("What is the weather in Lima?")
  .catch((error: unknown) => {
    if (!(error instanceof ReplayMismatchError)) throw error;
    for (const { path, recorded, received } of error.differences)
      console.log(`  ${error.code}: ${path}: ${JSON.stringify(recorded)} → ${JSON.stringify(received)}`);
  });

// ── 4. Failures and secrets ──────────────────────────────────────────────────────────────────────────────────────

// Failures are recorded like answers, and are of the same class again: a test of your error handling needs no bad day of
// the provider's. Secrets are taken out before anything is written; the request that has them finds its recording all the same.
console.log("4. a failure, and a secret");
const busy = join(directory, "busy.jsonl");
const failing = recordModel(
  new ScriptedModel([
    { error: new RateLimitError("too many requests", { status: 429, retryAfterMs: 2000 }) },
  ]),
  busy,
);
const secret = "My password=correct-horse-battery.";
await new Agent({ model: failing }).run(secret).catch(() => undefined);
await new Agent({ model: replayModel(busy) }).run(secret).catch((error: unknown) => {
  if (!(error instanceof RateLimitError)) throw error;
  console.log(`  ${error.name}, status ${error.status}, again in ${error.retryAfterMs} ms`);
});
console.log(`  the secret is in the file: ${(await readFile(busy, "utf8")).includes("correct-horse")}`);

// ── 5. What was not asked ────────────────────────────────────────────────────────────────────────────────────────

// An agent that stopped asking is a change as well.
console.log("5. left over");
const unread = replayModel(file);
try {
  unread.assertDone();
} catch (error) {
  if (!(error instanceof ReplayMismatchError)) throw error;
  console.log(`  ${error.message.split("\n", 1)[0]}`);
}

// In tests, `useCassette()` does all of it: see 31-testing-agents.test.ts, which is run with the tutorials' own tests.
await rm(directory, { recursive: true });
