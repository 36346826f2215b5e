/*
 * 9. Time travel: what happened, what was known then, and what would have happened
 *
 * A thread is its events, numbered. So every version of it is still there: to be read, to be copied, to be gone on from
 * with another model or another prompt. The thread itself is never changed by any of that.
 *
 *   pnpm tutorial 09
 *
 * Expect: a support case as a list of versions; what the agent knew in the middle of it; a copy that goes another way;
 * the last run again under another prompt; and a run that goes on behind a tool's result without paying for it again.
 */
import { Agent, InterruptError, MemoryCheckpointer, tool } from "locus-sdk";
import { z } from "zod";

const model = process.env.LOCUS_MODEL || "oci:openai.gpt-oss-120b";

let lookedUp = 0;
const trackOrder = tool({
  name: "track_order",
  description: "Where an order is.",
  parameters: z.object({ orderId: z.string() }),
  execute: ({ orderId }) => {
    lookedUp += 1;
    return { orderId, status: "stuck in customs" };
  },
});
const checkpointer = new MemoryCheckpointer();
await using agent = new Agent({
  model,
  tools: [trackOrder],
  checkpointer,
  systemPrompt: "You are a support agent. Be friendly.",
});
await agent.run("My name is Ada. Track order A-1047, please.", { threadId: "case" });
await agent.run("What is my name?", { threadId: "case" });

// ── 1. What happened ─────────────────────────────────────────────────────────────────────────────────────────────

// One line a version: which part of the loop made it, and what it says. Awaited it is a list; `for await` reads a long
// thread piece by piece. On a command line: `locus threads show case`.
console.log("1. history");
for (const { version, node, summary } of await agent.history("case")) {
  console.log(`  ${String(version).padStart(2)} ${node.padEnd(9)} ${summary.slice(0, 60)}`);
}

// ── 2. What was known then ───────────────────────────────────────────────────────────────────────────────────────

// The state at a version is the fold of the events up to it: messages, calls under way, tokens spent. At version 3 the
// tool had been called, and its result was not there yet.
console.log("2. the state at version 3");
const then = await agent.state("case", { at: 3 });
const now = await agent.state("case");
const waiting = then?.run.pending.map(({ call }) => call.name) ?? [];
console.log(`  messages: ${then?.messages.length}, calls without a result: ${waiting.join(", ")}`);
console.log(`  now: ${now?.messages.length} messages, version ${now?.version}`);

// ── 3. Another way it could have gone ────────────────────────────────────────────────────────────────────────────

// A fork is a copy up to a version. It has an id of its own, and neither knows of the other from then on.
console.log("3. a fork");
const copy = await agent.fork("case", { at: 6, newThreadId: "case-of-bob" });
await agent.run("My name is Bob, by the way.", { threadId: copy });
for (const threadId of [copy, "case"]) {
  console.log(`  ${threadId}: ${(await agent.run("What is my name?", { threadId })).text}`);
}

// ── 4. The same run, something changed ───────────────────────────────────────────────────────────────────────────

// Would another prompt have been better? Another model? `replay` forks to where a run began, and runs it again with what
// you change. Thus a conversation from production becomes an experiment, and production does not notice.
console.log("4. replays of the last run");
const before = (await agent.state("case"))?.version;
const otherModel = model.startsWith("oci:") ? "oci:meta.llama-3.3-70b-instruct" : model;
for (const change of [
  { systemPrompt: "You are a support agent. Answer with one word." },
  { model: otherModel },
]) {
  const { text, threadId } = await agent.replay("case", change);
  console.log(`  ${JSON.stringify(change)} → ${text} (on a copy: ${threadId !== "case"})`);
}
console.log(`  the thread itself is where it was: ${(await agent.state("case"))?.version === before}`);

// ── 5. From the middle ───────────────────────────────────────────────────────────────────────────────────────────

// A version in the middle of a run will do as well. At version 4 the tool's result was there: it stays, and only what
// came after it happens again. Where calls had not been made yet, they are made now, under keys of their own: a replay
// is a new intent, and a tool with effects has them again.
console.log("5. from behind the tool's result");
const calls = lookedUp;
const replayed = await agent.replay("case", { at: 4 });
console.log(`  ${replayed.text}`);
console.log(`  the tool ran again: ${lookedUp > calls}`);
const fromBefore = await agent.replay("case", { at: 2 });
console.log(
  `  from before the call, it ran: ${lookedUp - calls} time, ${fromBefore.toolExecutions[0]?.source}`,
);

// Between two runs there is nothing to go on with.
try {
  await agent.replay("case", { at: 6 });
} catch (error) {
  if (!(error instanceof InterruptError)) throw error;
  console.log(`  at version 6: ${error.message}`);
}
