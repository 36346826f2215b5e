/*
 * 30. Failover and budgets: another model where one fails, and an end to what is spent
 *
 * Models around models: one that tries again, one that asks another model, one that keeps to a budget. What calls cost,
 * by whose prices, and what happens when the money is gone.
 *
 *   pnpm tutorial 30
 *
 * Expect: an answer of the second model while the first one is down; what a run cost and what of that is not known; a run
 * that ends at its limit; a call that is refused because the hour's budget is used up. It is all played on this machine.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  Agent,
  BudgetExceededError,
  budget,
  costLimit,
  getModel,
  type PriceTable,
  tool,
  withFailover,
  withLimits,
  withRetry,
} from "locus-sdk";
import { startOciEmulator } from "locus-sdk/emulator";
import { z } from "zod";

// An emulator of our own: what happens here, a service should not do for you.
await using emulator = await startOciEmulator();
const directory = await mkdtemp(join(tmpdir(), "locus-budgets-"));
await using cleanup = new AsyncDisposableStack();
cleanup.defer(() => rm(directory, { recursive: true }));
const { configFile, compartmentId } = await emulator.writeTestConfig(directory);
// `maxRetries: 0`: the model leaves trying again to what is put around it.
const way = { configFile, compartmentId, endpoint: emulator.url, maxRetries: 0 };

// ── 1. Another model ─────────────────────────────────────────────────────────────────────────────────────────────

// The first model is asked twice, and then the second one; the first one rests for a while. Nothing that may have been
// paid for is sent again.
console.log("1. the first model is down");
const large = await getModel("oci:openai.gpt-oss-120b", way);
const small = await getModel("oci:meta.llama-3.3-70b-instruct", way);
const either = withFailover([withRetry(large, { maxRetries: 1, baseMs: 10 }), small], { downMs: 60_000 });

emulator.fault({ path: /chat\/completions$/, error: "ServiceUnavailable", times: 2 });
await using reporter = new Agent({ model: either });
for await (const event of reporter.stream("What is my name? My name is Ada.")) {
  if (event.type === "retry") console.log(`  ${event.what}`);
  if (event.type === "model_complete") console.log(`  answered by ${event.modelId}`);
}

// ── 2. What it cost ──────────────────────────────────────────────────────────────────────────────────────────────

// OCI's prices are not among the built-in ones. An unknown price is unknown, not zero: `usd` is absent, and `unpriced`
// says whose it is. The rows are yours: of the price list, or of your contract.
console.log("2. what it cost");
const { cost } = await reporter.run("What is 17 * 23?");
console.log(`  without a price: ${cost.usd}; unpriced: ${cost.unpriced.join(", ")}`);

const row = { provider: "oci", asOf: "2026-11-01", source: "a price made up for this tutorial" };
const prices: PriceTable = [
  { ...row, models: ["openai.gpt-oss-120b"], input: 150, output: 600 },
  { ...row, models: ["meta.*"], input: 70, output: 70 },
];
await using accountant = new Agent({ model: either, prices });
const priced = await accountant.run("What is 17 * 23?");
console.log(`  with one: ${priced.cost.usd !== undefined}, unpriced: ${priced.cost.unpriced.length}`);

// ── 3. A run that may cost so much ───────────────────────────────────────────────────────────────────────────────

// Asked before each call of the model: a result, not an error, with what there is. It could be `costBudgetUsd` as well.
console.log("3. a limit for one run");
const look = tool({
  name: "check_stock",
  description: "How many pieces of a product are in stock.",
  parameters: z.object({ product: z.string() }),
  execute: ({ product }) => ({ product, pieces: 12 }),
});
await using frugal = new Agent({ model: small, tools: [look], prices, termination: costLimit(0.000_1) });
const ended = await frugal.run('Check the stock of the product "lamp".');
console.log(`  ${ended.stopReason} after ${ended.iterations} call, success: ${ended.success}`);
console.log(`  ${ended.stopDetail?.replace(/\$0\.[0-9]+ of/, "… of")}`);

// ── 4. A budget for all runs ─────────────────────────────────────────────────────────────────────────────────────

// Shared by the models around which it is put, over all their calls. Once it is used up, nothing is sent.
console.log("4. an hour's budget");
const hourly = budget({ maxTokens: 25, perMs: 3_600_000 });
await using spender = new Agent({ model: withLimits(either, { budget: hourly }) });
const asked = emulator.requests.length;
for (let run = 1; run <= 5; run++) {
  try {
    await spender.run("What is 17 * 23?");
    console.log(`  run ${run}: answered; ${hourly.used.tokens} of ${hourly.maxTokens} tokens used`);
  } catch (error) {
    if (!(error instanceof BudgetExceededError)) throw error;
    console.log(`  run ${run}: ${error.code}; it renews: ${error.renewsAt !== undefined}`);
    break;
  }
}
console.log(
  `  used: ${hourly.used.calls} calls, and as many were sent: ${emulator.requests.length - asked === hourly.used.calls}`,
);
