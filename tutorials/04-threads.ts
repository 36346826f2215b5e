/*
 * 4. Threads: conversations that are kept, resumed, forked
 *
 * A thread is the record of a conversation: its durable events, in order. Whatever else you want of it, its messages,
 * its state at any time, another way it could have gone, comes from those.
 *
 *   pnpm tutorial 04
 *
 * Expect: an agent that remembers a name; another one that knows it from a file; the thread as events, and folded back
 * to an earlier state; a fork of it; and a run that goes on where a killed process left it.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  Agent,
  type DurableEvent,
  emptyState,
  FileCheckpointer,
  fold,
  ThreadBusyError,
  tool,
} from "locus-sdk";
import { z } from "zod";

const model = process.env.LOCUS_MODEL || "oci:openai.gpt-oss-120b";
const systemPrompt = "You are a travel companion. Keep answers short.";

// ── In memory ────────────────────────────────────────────────────────────────────────────────────────────────────

// The same `threadId`, the same conversation. Without a store the agent itself remembers the last 1,000 threads.
await using agent = new Agent({ model, systemPrompt });
await agent.run("My name is Ada.", { threadId: "ada" });
console.log("ada: ", (await agent.run("What is my name?", { threadId: "ada" })).text);
// Another id knows nothing of it: one agent serves any number of users.
console.log("bob: ", (await agent.run("What is my name?", { threadId: "bob" })).text);

// ── In files ─────────────────────────────────────────────────────────────────────────────────────────────────────

// A checkpointer keeps threads: here as one file each, to which events are appended and which is never rewritten.
const directory = await mkdtemp(join(tmpdir(), "locus-threads-"));
const checkpointer = new FileCheckpointer({ directory });
await using first = new Agent({ model, systemPrompt, checkpointer });
await first.run("My name is Ada and my favourite city is Oslo.", { threadId: "trip" });

// This could be tomorrow, in another process: nothing is shared with the agent above but the directory.
await using second = new Agent({ model, systemPrompt, checkpointer: new FileCheckpointer({ directory }) });
const known = await second.run("What is my favourite city?", { threadId: "trip" });
console.log("kept:", known.text);

for await (const { threadId, version, agent: name } of checkpointer.list()) {
  console.log(`stored: thread "${threadId}", ${version} events, last run by "${name}"`);
}

// ── What a thread is ─────────────────────────────────────────────────────────────────────────────────────────────

const events: DurableEvent[] = [];
for await (const event of checkpointer.events("trip")) events.push(event);
for (const { sequence, type } of events) console.log(`  ${sequence} ${type}`);

// State is events, folded, and nothing besides: the first run's events are the state after the first run.
const firstRun = events.filter(({ runId }) => runId === events[0]?.runId);
const then = fold(emptyState("trip"), firstRun);
const now = fold(emptyState("trip"), events);
console.log(`messages after the first run: ${then.messages.length}, now: ${now.messages.length}`);

// ── Another way it could have gone ───────────────────────────────────────────────────────────────────────────────

// A fork begins with the events up to a point and goes its own way; the original stays as it was.
await checkpointer.fork("trip", then.version, "trip-to-lima");
await first.run("My favourite city is Lima now.", { threadId: "trip-to-lima" });
for (const threadId of ["trip-to-lima", "trip"]) {
  const { text } = await first.run("What is my favourite city?", { threadId });
  console.log(`${threadId}: ${text}`);
}

// ── One run at a time ────────────────────────────────────────────────────────────────────────────────────────────

// Two answers at once would tangle a conversation: the second is refused, or waits with `onBusy: "queue"`.
const both = await Promise.allSettled([
  first.run("Hello!", { threadId: "trip" }),
  first.run("Hello again!", { threadId: "trip" }),
]);
for (const outcome of both) {
  if (outcome.status === "fulfilled") console.log("one run:   answered");
  else if (outcome.reason instanceof ThreadBusyError) console.log("the other:", outcome.reason.message);
}

// ── After a crash ────────────────────────────────────────────────────────────────────────────────────────────────

// Nothing happens before what led to it is stored. So a process that is killed leaves a thread that ends somewhere in
// the middle, and going on is the same as starting: fold the events, do what is next.
let reports = 0;
const writeReport = tool({
  name: "write_report",
  description: "Writes the travel report of a city.",
  parameters: z.object({ city: z.string() }),
  execute: ({ city }) => ({ city, report: `number ${++reports}` }),
});
await using writer = new Agent({ model, tools: [writeReport], checkpointer });
await writer.run("Write the travel report of Oslo.", { threadId: "report" });

// Cut off after its second event, a copy is just what a process leaves that was killed after the model had asked for
// the tool and before the tool was called.
await checkpointer.fork("report", 2, "killed");
const before = reports;
const resumed = await writer.resume("killed");
console.log(`after the crash: ${resumed.text}`);
console.log(`${resumed.stopReason}; reports written by the resumed run: ${reports - before}`);

await rm(directory, { recursive: true });
