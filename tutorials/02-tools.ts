/*
 * 2. Tools: arguments, progress, repeats, approval
 *
 * A tool is where an agent meets the rest of your program. This one plans a trip with four of them.
 *
 *   pnpm tutorial 02
 *
 * Expect: two tools called for one question; a default filled in that the model left out; a booking that is made once
 * although it was asked for twice; and a refund that waits for a person's yes.
 */
import { Agent, tool } from "locus-sdk";
import { z } from "zod";

// ── Arguments ────────────────────────────────────────────────────────────────────────────────────────────────────

// What the model leaves out is filled in from the schema, and what does not fit never reaches your function: the model
// is told what is wrong with it instead, and can do better in its next turn.
const getWeather = tool({
  name: "get_weather",
  description: "Weather forecast for a city.",
  parameters: z.object({
    city: z.string(),
    unit: z.enum(["celsius", "fahrenheit"]).default("celsius"),
  }),
  execute: ({ city, unit }) => ({ city, temperature: unit === "celsius" ? 21 : 70, unit }),
});

// The second parameter of `execute` is the call's context: a signal that aborts with the run, the run's metadata, a
// key that stays the same when the call is tried again, and `progress()` for whoever watches.
const convertCurrency = tool({
  name: "convert_currency",
  description: "Converts an amount of money from one currency to another.",
  parameters: z.object({ amount: z.number().positive(), fromCurrency: z.string(), toCurrency: z.string() }),
  execute: async ({ amount, toCurrency }, { progress, signal, metadata }) => {
    progress({ askingFor: "today's rate", customer: metadata.customer ?? "nobody" });
    signal.throwIfAborted();
    return { converted: Math.round(amount * 0.085 * 100) / 100, currency: toCurrency };
  },
});

// ── Effects ──────────────────────────────────────────────────────────────────────────────────────────────────────

// `idempotent`: the same call with the same arguments is answered from the first one. In the run by default; here in
// the whole conversation.
let bookings = 0;
const bookHotel = tool({
  name: "book_hotel",
  description: "Books a hotel room in a city.",
  parameters: z.object({ city: z.string() }),
  idempotent: { scope: "thread" },
  execute: ({ city }) => ({ city, booking: `B-${100 + ++bookings}` }),
});

// `needsApproval`: a person is asked before the function runs; always, or by a rule of yours.
const refundOrder = tool({
  name: "refund_order",
  description: "Refunds an order.",
  parameters: z.object({ orderId: z.string(), reason: z.string().optional() }),
  needsApproval: true,
  execute: ({ orderId }) => ({ orderId, status: "refunded" }),
});

await using agent = new Agent({
  model: process.env.LOCUS_MODEL || "oci:openai.gpt-oss-120b",
  systemPrompt: "You help with trips. Use the tools; keep answers short.",
  tools: [getWeather, convertCurrency, bookHotel, refundOrder],
});
agent.on("tool_progress", ({ name, progress }) => console.log(`  … ${name} ${JSON.stringify(progress)}`));

// ── One question, two tools ──────────────────────────────────────────────────────────────────────────────────────

const both = await agent.run("What is the weather in Oslo? Please convert 250 NOK into EUR as well.", {
  metadata: { customer: "Ada" },
});
console.log("answer:", both.text);
// Calls of one turn run at the same time, ten at most (`maxConcurrency`), and are reported in the model's order.
for (const { name, arguments: args } of both.toolExecutions)
  console.log("  called", name, JSON.stringify(args));

// ── Asked twice, done once ───────────────────────────────────────────────────────────────────────────────────────

const threadId = "trip";
const first = await agent.run("Please book a hotel in Oslo.", { threadId });
const again = await agent.run("I am not sure that worked. Book a hotel in Oslo.", { threadId });
for (const run of [first, again]) {
  for (const { name, result, cached } of run.toolExecutions) {
    console.log(name, JSON.stringify(result), cached ? "(answered from the first call)" : "");
  }
}
console.log("bookings made:", bookings);

// ── A person decides ─────────────────────────────────────────────────────────────────────────────────────────────

// The run ends here, `interrupted`, with its question on record. Nothing waits in memory: with a checkpointer that
// stores threads (tutorial 4), the answer may come tomorrow and in another process.
const asked = await agent.run("Please refund order A-1047.", { threadId: "refund" });
console.log("stopped:", asked.stopReason);

for (const { interruptId, question, name, arguments: args } of asked.interrupts) {
  console.log("question:", question, `${name} ${JSON.stringify(args)}`);
  // { approved: false, reason: "…" } would tell the model why not; `arguments` would replace what it asked for.
  const done = await agent.resume(asked.threadId, { [interruptId]: { approved: true } });
  console.log("after yes:", done.text);
}
