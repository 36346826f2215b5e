/*
 * 10. Crash and resume: a worker is killed in the middle of a payment
 *
 * Processes die: by a deployment, by a memory limit, by somebody's foot on a cable. Here workers kill themselves with
 * SIGKILL, which nobody can catch, at the worst of moments: the bank has taken the money, and nobody has noted it yet.
 * Then a process that knows nothing but the thread's id goes on.
 *
 *   pnpm tutorial 10
 *
 * Expect: a run that died before its first answer and is finished by another process; and four payments that died
 * half-way, of tools that promise four different things. One of them is made twice.
 */
import { execFile } from "node:child_process";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Agent, tool } from "locus-sdk";
import { SqliteCheckpointer } from "locus-sdk/checkpointers/sqlite";
import { z } from "zod";

const model = process.env.LOCUS_MODEL || "oci:openai.gpt-oss-120b";
// This script is the worker as well: `node 10-crash-and-resume.ts <which run> <directory>`.
const [run, directory = await mkdtemp(join(tmpdir(), "locus-crash-"))] = process.argv.slice(2);
const isWorker = run !== undefined;
const dieIfWorker = (): void => {
  if (isWorker) process.kill(process.pid, "SIGKILL");
};

// ── The bank ─────────────────────────────────────────────────────────────────────────────────────────────────────

// A service elsewhere with books of its own, a line a charge. What becomes of our processes does not concern it.
const books = join(directory, "bank.txt");
const linesOf = (): readonly string[] =>
  existsSync(books) ? readFileSync(books, "utf8").trim().split("\n") : [];
const timesCharged = (orderId: string): number =>
  linesOf().filter((line) => line.startsWith(`${orderId} `)).length;

/** A good bank takes a key with a request, and knows a repeated request by it. */
function chargeAtBank(orderId: string, key = "no key"): string {
  if (key !== "no key" && linesOf().includes(`${orderId} ${key}`)) return "charged before, and not again";
  appendFileSync(books, `${orderId} ${key}\n`);
  return "charged";
}

// ── Four promises ────────────────────────────────────────────────────────────────────────────────────────────────

// What these four tools do is the same. What they declare decides what becomes of a call that had begun when its process
// died, and whose outcome nobody knows.
const promises = {
  // Nothing. The call is made again: at least once.
  plain: {},
  // One effect for one intent. The call is not made again, the model is told why: at most once.
  idempotent: { idempotent: true },
  // The same, and a person decides.
  asking: { idempotent: true, onUnknownOutcome: "ask" },
  // The call is made again, under the same key. With a bank that knows keys: exactly once.
  keyed: { idempotent: true, onUnknownOutcome: "retry" },
} as const;
type Name = keyof typeof promises;

const orderIds: Readonly<Record<Name, string>> = {
  plain: "A-1",
  idempotent: "B-2",
  asking: "C-3",
  keyed: "D-4",
};
const order = z.object({ orderId: z.string() });

function agentFor(name: Name, checkpointer: SqliteCheckpointer): Agent {
  const chargeCard = tool({
    name: "charge_card",
    description: "Charges the card on file for an order.",
    parameters: order,
    ...promises[name],
    execute: ({ orderId }, { idempotencyKey }) => {
      const status = chargeAtBank(orderId, name === "keyed" ? idempotencyKey : undefined);
      // The worst of moments: the bank has the money, and the result is not stored.
      dieIfWorker();
      return { orderId, status };
    },
  });
  const countPayments = tool({
    name: "count_payments",
    description: "How many payments the bank's books show.",
    parameters: order,
    execute: ({ orderId }) => ({ orderId, payments: timesCharged(orderId) }),
  });
  return new Agent({ model, checkpointer, tools: [chargeCard, countPayments] });
}

// A process that died has its thread until its lease is over: here half a second, by default ten.
const checkpointer = new SqliteCheckpointer({ path: join(directory, "threads.db"), leaseMs: 500 });

// ── The worker, which does not survive this ──────────────────────────────────────────────────────────────────────

const nameOf = (text: string): Name | undefined =>
  (["plain", "idempotent", "asking", "keyed"] as const).find((name) => name === text);
if (isWorker) {
  const name = nameOf(run);
  if (name === undefined) {
    const agent = new Agent({ model, checkpointer });
    // Its first event is stored when we hear of it. The model has not been asked yet.
    agent.on("run_start", dieIfWorker);
    await agent.run("What is 17 * 23?", { threadId: run });
  } else {
    await agentFor(name, checkpointer).run(`Charge the card for order ${orderIds[name]}.`, {
      threadId: name,
    });
  }
  throw new Error("the worker should be dead");
}

/** Starts a worker, and tells how it ended and what is on record. */
async function startWorker(threadId: string): Promise<void> {
  const worker = promisify(execFile)(process.execPath, [import.meta.filename, threadId, directory]);
  const { signal } = await worker.then(
    () => ({ signal: "nothing" }),
    (error: { readonly signal: string }) => error,
  );
  const agent = new Agent({ model, checkpointer });
  const last = (await agent.history(threadId)).at(-1);
  console.log(`  ended by ${signal}; the last thing on record: ${last?.version} ${last?.type}`);
}

// ── 1. Dead before the first answer ──────────────────────────────────────────────────────────────────────────────

// What is on record is enough to go on: fold the events, do what is next. There is no second code path for this.
console.log("1. killed before the model had answered");
await startWorker("sum");
await using calculating = new Agent({ model, checkpointer });
console.log(`  resumed: ${(await calculating.resume("sum")).text}`);

// ── 2. No promise ────────────────────────────────────────────────────────────────────────────────────────────────

console.log("2. killed in a payment; the tool promises nothing");
await startWorker("plain");
await using plain = agentFor("plain", checkpointer);
const repeated = await plain.resume("plain");
console.log(`  resumed: ${repeated.toolExecutions[0]?.source}; charged: ${timesCharged("A-1")} times`);

// ── 3. At most once ──────────────────────────────────────────────────────────────────────────────────────────────

console.log("3. killed in a payment; the tool is idempotent");
await startWorker("idempotent");
await using careful = agentFor("idempotent", checkpointer);
const told = await careful.resume("idempotent");
const [call] = told.toolExecutions;
console.log(`  resumed: ${call?.source}; the model reads: ${call?.error?.message.split(".")[0]}.`);
// So it looks before it does anything else; or you ask it to.
const looked = await careful.run("Count the payments of order B-2.", { threadId: "idempotent" });
console.log(
  `  and looks: ${JSON.stringify(looked.toolExecutions[0]?.result)}; charged: ${timesCharged("B-2")} time`,
);

// ── 4. A person decides ──────────────────────────────────────────────────────────────────────────────────────────

console.log("4. killed in a payment; a person is asked");
await startWorker("asking");
await using asking = agentFor("asking", checkpointer);
const { interrupt } = await asking.resume("asking");
console.log(`  ${interrupt?.reason}: ${interrupt?.question}`);
// Yes has it made again; no tells the model that nobody knows, and what the person has to say about it.
const decided = await asking.resume("asking", {
  [interrupt?.interruptId ?? ""]: { approved: false, reason: "I looked: the card was charged." },
});
console.log(`  the model reads: …${decided.toolExecutions[0]?.error?.message.slice(-46)}`);
console.log(`  charged: ${timesCharged("C-3")} time`);

// ── 5. Exactly once ──────────────────────────────────────────────────────────────────────────────────────────────

// The only way to exactly one effect is a service that takes part: the key was stored before the call was made, so the
// call that is made again has the same one.
console.log("5. killed in a payment; the bank knows keys");
await startWorker("keyed");
await using keyed = agentFor("keyed", checkpointer);
const exactly = await keyed.resume("keyed");
console.log(
  `  resumed: ${JSON.stringify(exactly.toolExecutions[0]?.result)}; charged: ${timesCharged("D-4")} time`,
);

await checkpointer.close();
await rm(directory, { recursive: true });
