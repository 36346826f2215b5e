/*
 * 20. Checkpoint backends: one agent, one thread, every store
 *
 * What a thread is does not depend on where it is kept. The same agent runs on each store that needs no server, and on
 * PostgreSQL and Redis where there is one; and at the end a thread moves from a file on your laptop into all of them.
 *
 *   pnpm tutorial 20
 *   LOCUS_TEST_POSTGRES_URL=postgres://… LOCUS_TEST_REDIS_URL=redis://… pnpm tutorial 20
 *
 * Expect: the same lines for memory, files, SQLite and HTTP, and for PostgreSQL and Redis if they are named; and one
 * thread that folds to the same state wherever it went.
 */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import {
  Agent,
  CheckpointConflictError,
  type Checkpointer,
  type DurableEvent,
  FileCheckpointer,
  MemoryCheckpointer,
  tool,
} from "locus-sdk";
import { checkpointerHandler, HttpCheckpointer, nodeListener } from "locus-sdk/checkpointers/http";
import { SqliteCheckpointer } from "locus-sdk/checkpointers/sqlite";
import { z } from "zod";

const model = process.env.LOCUS_MODEL || "oci:openai.gpt-oss-120b";
const directory = await mkdtemp(join(tmpdir(), "locus-backends-"));

// ── The stores ───────────────────────────────────────────────────────────────────────────────────────────────────

// Threads behind another service: any store, served over HTTP. It decides who may; here, whoever has the token.
const token = "Bearer a-secret-of-yours";
const served = new SqliteCheckpointer({ path: join(directory, "served.db") });
const service = createServer(
  nodeListener(
    checkpointerHandler(served, {
      authorize: (request) => request.headers.get("authorization") === token,
    }),
  ),
).listen(0, "127.0.0.1");
await once(service, "listening");
const address = service.address();
const port = typeof address === "object" ? address?.port : 0;

// Each is imported by itself, and its driver is loaded when it is first used: who keeps threads in SQLite installs no pg.
const { LOCUS_TEST_POSTGRES_URL: postgres, LOCUS_TEST_REDIS_URL: redis } = process.env;
// What lies under this name on your server is this tutorial's.
const scope = "locus_tutorial";
const stores: Readonly<Record<string, () => Promise<Checkpointer> | Checkpointer>> = {
  memory: () => new MemoryCheckpointer(),
  files: () => new FileCheckpointer({ directory: join(directory, "threads") }),
  sqlite: () => new SqliteCheckpointer({ path: join(directory, "threads.db") }),
  http: () => new HttpCheckpointer({ url: `http://127.0.0.1:${port}`, headers: { authorization: token } }),
  ...(postgres && {
    postgres: async () => {
      const { PostgresCheckpointer } = await import("locus-sdk/checkpointers/postgres");
      return new PostgresCheckpointer({ connectionString: postgres, schema: scope });
    },
  }),
  ...(redis && {
    redis: async () => {
      const { RedisCheckpointer } = await import("locus-sdk/checkpointers/redis");
      return new RedisCheckpointer({ url: redis, prefix: `${scope}:` });
    },
  }),
};
// Three more want a cloud or a cluster, and take their address the same way: `OciObjectStorageCheckpointer`,
// `OracleCheckpointer` and `OpenSearchCheckpointer`; see docs/checkpointers.md.

// ── One agent on each ────────────────────────────────────────────────────────────────────────────────────────────

const bookHotel = tool({
  name: "book_hotel",
  description: "Books a hotel room in a city.",
  parameters: z.object({ city: z.string() }),
  idempotent: { scope: "thread" },
  needsApproval: true,
  execute: ({ city }) => ({ city, booking: "B-101" }),
});

async function eventsOf(checkpointer: Checkpointer, threadId: string): Promise<readonly DurableEvent[]> {
  const events: DurableEvent[] = [];
  for await (const event of checkpointer.events(threadId)) events.push(event);
  return events;
}

async function tour(checkpointer: Checkpointer): Promise<void> {
  const agent = new Agent({ model, tools: [bookHotel], checkpointer });
  const threadId = "user:42/trip";
  const metadata = { tenant: "acme" };

  // A question is on record; the answer goes to whoever has the store.
  const { interrupts } = await agent.run("Please book a hotel in Oslo.", { threadId, metadata });
  const answers = Object.fromEntries(interrupts.map(({ interruptId }) => [interruptId, { approved: true }]));
  const { toolExecutions } = await agent.resume(threadId, answers);
  console.log(`  approved: ${JSON.stringify(toolExecutions[0]?.result)}`);

  // Two writers, one version: one of them wins, on every store. All the rest is built on that.
  const [first] = await eventsOf(checkpointer, threadId);
  const beginning = first === undefined ? [] : [{ ...first, threadId: "race" }];
  const writers = await Promise.allSettled([1, 2].map(() => checkpointer.append("race", 0, beginning)));
  const lost = writers.find((writer) => writer.status === "rejected");
  console.log(`  two writers: ${writers.filter(({ status }) => status === "fulfilled").length} wins`);
  if (lost?.reason instanceof CheckpointConflictError) console.log(`  the other: ${lost.reason.message}`);

  // Found by whose it is, copied, and removed.
  const found: string[] = [];
  for await (const thread of checkpointer.list({ metadata }))
    found.push(`${thread.threadId} (${thread.version})`);
  console.log(`  listed: ${found.join(", ")}`);
  await agent.fork(threadId, { at: 2, newThreadId: "copy" });
  console.log(
    `  forked, deleted: ${await checkpointer.delete("copy")}, ${await checkpointer.delete("race")}`,
  );
}

async function empty(store: Checkpointer): Promise<void> {
  for await (const { threadId } of store.list()) await store.delete(threadId);
}

const opened: Record<string, Checkpointer> = {};
for (const [name, open] of Object.entries(stores)) {
  console.log(name);
  const store = await open();
  opened[name] = store;
  await empty(store);
  await tour(store);
}
for (const [name, url] of Object.entries({ POSTGRES: postgres, REDIS: redis })) {
  if (!url) console.log(`${name.toLowerCase()}: not here; LOCUS_TEST_${name}_URL would name one`);
}

// ── Moving ───────────────────────────────────────────────────────────────────────────────────────────────────────

// A thread is its events, so moving one is reading them here and appending them there, from version 0: if the thread is
// there already, that is a conflict and not a mixture. (`locus threads export` and `import` do the same.)
const { files, ...others } = opened;
if (files === undefined) throw new Error("there is no file store");
const threadId = "minutes";
const writer = new Agent({ model, checkpointer: files });
await writer.run("My name is Ada.", { threadId });
await writer.run("What is 17 * 23?", { threadId });
const here = await writer.state(threadId);

console.log("moved from files");
for (const [name, store] of Object.entries(others)) {
  await store.append(threadId, 0, await eventsOf(files, threadId));
  const agent = new Agent({ model, checkpointer: store });
  const same = isDeepStrictEqual(await agent.state(threadId), here);
  const { text } = await agent.run("What is my name?", { threadId });
  console.log(`  ${name}: the same state: ${same}; ${text}`);
}

for (const store of Object.values(opened)) {
  await empty(store);
  await store.close?.();
}
service.close();
await served.close();
await rm(directory, { recursive: true });
