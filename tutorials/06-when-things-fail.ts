/*
 * 6. When things fail: tools, limits, providers, and the stop button
 *
 * Failing is part of the interface. What a tool's failure does to a run, which limits end it and as what, what an
 * error tells you, and how a conversation goes on afterwards.
 *
 *   pnpm tutorial 06
 *
 * Expect: nine small disasters, each met and explained, and exit code 0.
 */
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import {
  Agent,
  CancelledError,
  ConfigurationError,
  ConnectionError,
  type LocusError,
  ModelError,
  TimeoutError,
  ToolError,
  tool,
} from "locus-sdk";
import { z } from "zod";

const model = process.env.LOCUS_MODEL || "oci:openai.gpt-oss-120b";
const order = z.object({ orderId: z.string() });

/** All errors of Locus are of one family, and say what to do. */
function explain(error: LocusError): void {
  console.log(`  ${error.name} (${error.code}): ${error.message}`);
  if (error.hint !== undefined) console.log(`  hint: ${error.hint}`);
  console.log(`  worth trying again: ${error.retryable}`);
}

// ── 1. A tool fails ──────────────────────────────────────────────────────────────────────────────────────────────

// The model reads the error's message and goes on: it may try something else, or tell the user. The run is fine.
console.log("1. a tool fails");
const trackOrder = tool({
  name: "track_order",
  description: "Tracks an order.",
  parameters: order,
  execute: ({ orderId }) => {
    throw new Error(`order ${orderId} is not in the system`);
  },
});
await using tracking = new Agent({ model, tools: [trackOrder] });
const tracked = await tracking.run("Track order A-1047.");
console.log(`  the model says: ${tracked.text}`);
console.log(`  success: ${tracked.success}`);

// ── 2. A tool that fails now and then ────────────────────────────────────────────────────────────────────────────

// `retry` tries again, with growing waits, before the model hears of it. `ctx.idempotencyKey` is the same for every
// try: hand it to services that can recognise a repeated request.
console.log("2. a tool fails twice, then works");
let tries = 0;
const cancelOrder = tool({
  name: "cancel_order",
  description: "Cancels an order.",
  parameters: order,
  retry: { attempts: 3, delayMs: 10 },
  execute: ({ orderId }) => {
    if (++tries < 3) throw new Error("the warehouse did not answer");
    return { orderId, status: "cancelled" };
  },
});
await using cancelling = new Agent({ model, tools: [cancelOrder] });
const cancelled = await cancelling.run("Cancel order A-1047.");
console.log(
  `  tries: ${tries}; the model saw ${cancelled.toolExecutions.length} call: ${JSON.stringify(cancelled.toolExecutions[0]?.result)}`,
);

// ── 3. A tool that hangs ─────────────────────────────────────────────────────────────────────────────────────────

// `timeoutMs` is a try's own time. The body's `signal` aborts then: pass it on to whatever you are waiting for.
console.log("3. a tool hangs");
const slowReport = tool({
  name: "sales_report",
  description: "Writes the sales report of a city.",
  parameters: z.object({ city: z.string() }),
  timeoutMs: 50,
  execute: (_, { signal }) => sleep(10_000, "written", { signal }),
});
await using reporting = new Agent({ model, tools: [slowReport] });
const reported = await reporting.run("Write the sales report of Oslo.");
console.log(`  ${reported.toolExecutions[0]?.error?.code}: ${reported.toolExecutions[0]?.error?.message}`);

// ── 4. A failure that must not be talked over ────────────────────────────────────────────────────────────────────

// `onError: "throw"` ends the run. The error carries the run so far, as `error.result`.
console.log("4. a failure that ends the run");
const chargeCard = tool({
  name: "charge_card",
  description: "Charges the card on file for an order.",
  parameters: order,
  onError: "throw",
  execute: () => {
    throw new Error("the payment service is down");
  },
});
await using charging = new Agent({ model, tools: [chargeCard] });
try {
  await charging.run("Charge the card for order A-1047.");
} catch (error) {
  if (!(error instanceof ToolError)) throw error;
  explain(error);
  console.log(`  so far: ${error.result?.iterations} model call, stopped by ${error.result?.stopReason}`);
}

// ── 5. Limits ────────────────────────────────────────────────────────────────────────────────────────────────────

// A budget that runs out is not an error but a result: you have what there is, and `success` is false.
console.log("5. budgets run out");
const getStock = tool({
  name: "check_stock",
  description: "How many pieces of a product are in stock.",
  parameters: z.object({ product: z.string() }),
  execute: ({ product }) => ({ product, pieces: 12 }),
});
const question = 'Check the stock of the product "lamp".';
for (const limits of [{ maxIterations: 1 }, { tokenBudget: 10 }]) {
  await using limited = new Agent({ model, tools: [getStock], ...limits });
  const { success, stopReason, stopDetail, text } = await limited.run(question);
  console.log(
    `  ${JSON.stringify(limits)} → success: ${success}, ${stopReason}${stopDetail === undefined ? "" : ` (${stopDetail})`}`,
  );
  // At the limit of iterations the model is asked once more, without tools, for what it has got.
  if (text !== "") console.log(`  it still says: ${text}`);
}

// `timeoutMs` of a run, by contrast, is your patience: when it ends, `run()` throws.
const patient = tool({
  name: "sales_report",
  description: "Writes the sales report of a city.",
  parameters: z.object({ city: z.string() }),
  execute: (_, { signal }) => sleep(10_000, "written", { signal }),
});
await using working = new Agent({ model, tools: [patient] });
try {
  await working.run("Write the sales report of Lima.", { timeoutMs: 500 });
} catch (error) {
  if (!(error instanceof TimeoutError)) throw error;
  explain(error);
}

// ── 6. The stop button ───────────────────────────────────────────────────────────────────────────────────────────

// One AbortSignal reaches the model's socket and every tool. Here it is pulled the moment a tool starts.
console.log("6. stop");
const threadId = "report";
const stop = new AbortController();
working.on("tool_start", () => stop.abort(new Error("the user pressed stop")));
try {
  await working.run("Write the sales report of Lima.", { threadId, signal: stop.signal });
} catch (error) {
  if (!(error instanceof CancelledError)) throw error;
  explain(error);
}
// The call that was cut off is answered as cancelled, so the thread is whole and can go on.
const after = await working.run("What became of the report? Do not start it again.", { threadId });
console.log(`  the same thread, afterwards: ${after.text}`);

// ── 7. A slip of the pen ─────────────────────────────────────────────────────────────────────────────────────────

// What can be checked without the network is checked in the constructor, and the nearest right name is offered.
console.log("7. misspelled");
for (const misspelled of [{ model: "ocl:openai.gpt-oss-120b" }, { model, maxIteration: 5 }]) {
  try {
    new Agent(misspelled);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    console.log(`  ${error.message}`);
  }
}

// ── 8. A model that is not there ─────────────────────────────────────────────────────────────────────────────────

// What the provider says becomes an error of a known kind, with the id its support will ask you for.
console.log("8. no such model");
await using lost = new Agent({ model: `${model.slice(0, model.indexOf(":"))}:nobody.no-such-model` });
try {
  await lost.run("Hello?");
} catch (error) {
  if (!(error instanceof ModelError)) throw error;
  explain(error);
  console.log(
    `  status ${error.status}, request id: ${error.requestId === undefined ? "none" : "yes, for support"}`,
  );
}

// ── 9. Nobody there ──────────────────────────────────────────────────────────────────────────────────────────────

// Refused, reset, unresolvable: all of that is a ConnectionError, and worth a retry; how many there are is the model's
// `maxRetries`. Here a server of some other kind of model has just gone away.
const server = createServer().listen(0, "127.0.0.1");
await once(server, "listening");
const address = server.address();
const port = typeof address === "object" ? address?.port : undefined;
await new Promise((resolve) => server.close(resolve));
console.log("9. no connection");
await using alone = new Agent({
  model: "openai:any-model",
  modelOptions: { baseURL: `http://127.0.0.1:${port}/v1`, maxRetries: 0 },
});
try {
  await alone.run("Hello?");
} catch (error) {
  if (!(error instanceof ConnectionError)) throw error;
  explain(error);
}
console.log("all of it met, none of it fatal");
