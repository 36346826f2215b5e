/*
 * 7. Checkpoints: a store that lasts, what it does for you, and what it costs
 *
 * Tutorial 4 kept threads in files and showed what a thread is. This one puts them into SQLite and looks at what a store
 * does beside keeping them: long threads, lists, one writer at a time, encryption, forgetting.
 *
 *   pnpm tutorial 07
 *
 * Expect: each step of a run stored before the next; a thread of 80 events that is loaded from a handful; threads found by whose
 * they are; a second run that is refused, then waits; a key that is changed; and threads that are gone.
 */
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, type AgentResult, CheckpointError, ThreadBusyError, tool } from "locus-sdk";
import { SqliteCheckpointer } from "locus-sdk/checkpointers/sqlite";
import { z } from "zod";

const model = process.env.LOCUS_MODEL || "oci:openai.gpt-oss-120b";
const directory = await mkdtemp(join(tmpdir(), "locus-checkpoints-"));
const path = join(directory, "threads.db");

// ── 1. What is stored, and when ──────────────────────────────────────────────────────────────────────────────────

// A store is an object with six methods. Here is one between the agent and the file, to watch what comes by.
console.log("1. a run, as its store sees it");
class WatchedCheckpointer extends SqliteCheckpointer {
  override async append(...args: Parameters<SqliteCheckpointer["append"]>): Promise<void> {
    const [, version, events] = args;
    await super.append(...args);
    console.log(`  at version ${version}: ${events.map(({ type }) => type).join(", ")}`);
  }
}
const bookHotel = tool({
  name: "book_hotel",
  description: "Books a hotel room in a city.",
  parameters: z.object({ city: z.string() }),
  execute: ({ city }) => {
    // By now the intent to do this is on the disk: should the process die here, `resume` knows (tutorial 10).
    console.log("  the tool runs");
    return { city, booking: "B-101" };
  },
});
{
  await using watched = new WatchedCheckpointer({ path });
  await using agent = new Agent({ model, tools: [bookHotel], checkpointer: watched });
  await agent.run("Please book a hotel in Oslo.", { threadId: "hotel" });
}

// ── 2. Long threads ──────────────────────────────────────────────────────────────────────────────────────────────

// A thread is its events, and its state is their fold. So that a long one need not be folded from its beginning, a store
// keeps a snapshot now and then, and hands it out with the events that came after.
console.log("2. a long thread");
await using checkpointer = new SqliteCheckpointer({ path, snapshotEvery: 25 });
await using agent = new Agent({ model, checkpointer, systemPrompt: "Answer in one sentence." });
await agent.run("My name is Ada.", { threadId: "long", metadata: { tenant: "acme", plan: "gold" } });
for (let sum = 1; sum <= 25; sum++) await agent.run(`What is ${sum} + ${sum}?`, { threadId: "long" });
await agent.run("Thank you!", { threadId: "long" });
const stored = await checkpointer.read("long");
console.log(
  `  ${stored?.version} events; loading it takes a snapshot at ${stored?.snapshot?.version} and ${stored?.events.length} events`,
);
console.log(`  and it knows: ${(await agent.run("What is my name?", { threadId: "long" })).text}`);

// The snapshot is a help and not the truth: the events are all there, for audits, and for time travel (tutorial 9).
let seen = 0;
for await (const _ of checkpointer.events("long")) seen += 1;
console.log(`  events that an audit reads: ${seen}`);

// ── 3. Finding threads ───────────────────────────────────────────────────────────────────────────────────────────

// Whatever a run is given as `metadata` stays with its thread, and threads can be found by it.
console.log("3. whose threads are these?");
for (const [threadId, tenant] of [
  ["trip/1", "acme"],
  ["trip/2", "globex"],
  ["trip/3", "acme"],
] as const) {
  await agent.run("Hello!", { threadId, metadata: { tenant } });
}
for (const query of [{ metadata: { tenant: "acme" } }, { prefix: "trip/", limit: 2 }]) {
  const found: string[] = [];
  for await (const { threadId } of checkpointer.list(query)) found.push(threadId);
  console.log(`  ${JSON.stringify(query)} → ${found.join(", ")}`);
}
// The next page begins after the last id of the one before, whatever was deleted in between.
for await (const { threadId } of checkpointer.list({ prefix: "trip/", after: "trip/2" })) {
  console.log(`  the next page → ${threadId}`);
}

// ── 4. One writer at a time ──────────────────────────────────────────────────────────────────────────────────────

// A run has its thread by a lease. Another process that wants the same thread is told so, or waits; and when a process
// dies, its lease runs out by itself. A second checkpointer on the same file is what another process would have.
console.log("4. two processes, one thread");
await using elsewhere = new SqliteCheckpointer({ path });
await using hasty = new Agent({ model, checkpointer: elsewhere });
await using patient = new Agent({ model, checkpointer: elsewhere, onBusy: "queue" });
let waiting: Promise<AgentResult> | undefined;
for await (const event of agent.stream("My favourite city is Oslo.", { threadId: "trip/1" })) {
  if (event.type !== "run_start") continue;
  await hasty.run("Hello?", { threadId: "trip/1" }).catch((error: unknown) => {
    if (!(error instanceof ThreadBusyError)) throw error;
    console.log(`  the hasty one: ${error.message}`);
  });
  waiting = patient.run("What is my favourite city?", { threadId: "trip/1" });
}
// Its turn came when the first run was over, so it knows what was said in it.
console.log(`  the patient one: ${(await waiting)?.text}`);

// ── 5. Encryption ────────────────────────────────────────────────────────────────────────────────────────────────

// Keys are 32 bytes, from your vault; here they are made up. Encryption can be turned on for a store that has threads:
// what is there stays readable, and `vacuum({ rekey: true })` encrypts it.
console.log("5. encryption, and a key that is changed");
const keys = { "2026-10": randomBytes(32), "2026-11": randomBytes(32) };
// A database keeps recent writes in a log beside its file.
const canBeRead = async (): Promise<boolean> => {
  const files = await Promise.all(
    [path, `${path}-wal`].map((file) => readFile(file, "latin1").catch(() => "")),
  );
  return files.some((bytes) => bytes.includes("My favourite city is Oslo"));
};
console.log(`  in plain text; somebody with the file can read it: ${await canBeRead()}`);
{
  await using sealed = new SqliteCheckpointer({ path, encryption: { keys, current: "2026-10" } });
  const { rekeyed } = await sealed.vacuum({ rekey: true });
  console.log(
    `  encrypted: ${rekeyed} events and snapshots; somebody with the file can read it: ${await canBeRead()}`,
  );
}
{
  // Some weeks later the newer key is the current one; the old one stays until everything was encrypted anew.
  await using rotating = new SqliteCheckpointer({ path, encryption: { keys, current: "2026-11" } });
  await rotating.vacuum({ rekey: true });
}
await using sealed = new SqliteCheckpointer({
  path,
  encryption: { keys: { "2026-11": keys["2026-11"] }, current: "2026-11" },
});
await using reader = new Agent({ model, checkpointer: sealed });
console.log(`  with the new key alone: ${(await reader.run("What is my name?", { threadId: "long" })).text}`);
// Without it a thread is an error. It is never taken for one that does not exist.
await checkpointer.read("long").catch((error: unknown) => {
  if (!(error instanceof CheckpointError)) throw error;
  console.log(`  without any key: ${error.code}`);
});

// ── 6. Forgetting ────────────────────────────────────────────────────────────────────────────────────────────────

// With `ttlMs` a thread is gone so long after its last event. `vacuum` then gives back the room: run it from a job.
console.log("6. forgetting");
console.log(
  `  deleted by hand: ${await sealed.delete("trip/2")}; once more: ${await sealed.delete("trip/2")}`,
);
await using forgetful = new SqliteCheckpointer({ path, ttlMs: 1 });
console.log(`  a thread that outlived its time is there: ${(await forgetful.read("hotel")) !== undefined}`);
console.log(`  cleared away: ${(await forgetful.vacuum()).deletedThreads} threads`);

await rm(directory, { recursive: true });
