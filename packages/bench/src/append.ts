/** What one event costs to append, early and late in a thread: a store is flat, or long threads become slow. `--json`. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SqliteCheckpointer } from "@locus-sdk/checkpointers/sqlite";
import { type Checkpointer, type DurableEvent, FileCheckpointer, MemoryCheckpointer } from "@locus-sdk/core";

const EARLY = 50;
const LATE = 5_000;
const SHORT_THREADS = 40;
const APPENDS = 400;
/** Microseconds for one event on a short thread, without waiting for the disk; and how much more a long one may cost. */
const BUDGET_MICROS = 100;
const BUDGET_RATIO = 1.3;

interface Contender {
  readonly name: string;
  readonly open: (directory: string) => Checkpointer;
  /** Whether the budget is for it: what waits for a disk is as fast as the disk. */
  readonly isHeld: boolean;
}

const encryption = { keys: { k: randomBytes(32) }, current: "k" };
const path = (directory: string): string => join(directory, "threads.db");
const CONTENDERS: readonly Contender[] = [
  { name: "MemoryCheckpointer", open: () => new MemoryCheckpointer(), isHeld: false },
  {
    name: "FileCheckpointer, fsync: false",
    open: (directory) => new FileCheckpointer({ directory, fsync: false }),
    isHeld: false,
  },
  {
    name: "SqliteCheckpointer, normal",
    open: (directory) => new SqliteCheckpointer({ path: path(directory), synchronous: "normal" }),
    isHeld: true,
  },
  {
    name: "SqliteCheckpointer, normal, encrypted",
    open: (directory) => new SqliteCheckpointer({ path: path(directory), synchronous: "normal", encryption }),
    isHeld: true,
  },
  {
    name: "SqliteCheckpointer, full",
    open: (directory) => new SqliteCheckpointer({ path: path(directory) }),
    isHeld: false,
  },
];

const line = (name: string, ...columns: readonly string[]): string =>
  `${name.padEnd(38)}${columns.map((column) => column.padStart(10)).join("")}`;

const isJson = process.argv.includes("--json");
const print = (text: string): unknown => isJson || process.stdout.write(text);
const held: number[] = [];

print(`${line("one event of 500 characters", `at ${EARLY}`, `at ${LATE}`, "ratio")}\n`);
for (const { name, open, isHeld } of CONTENDERS) {
  const directory = mkdtempSync(join(tmpdir(), "locus-bench-"));
  const store = open(directory);
  try {
    const { early, late } = await appendsOf(store);
    const ratio = late / early;
    const isWithin = !isHeld || (early <= BUDGET_MICROS && ratio <= BUDGET_RATIO);
    const row = line(name, `${early.toFixed(0)} µs`, `${late.toFixed(0)} µs`, ratio.toFixed(2));
    if (isHeld) held.push(ratio);
    print(`${row}${isWithin ? "" : "  over budget"}\n`);
    if (!isWithin && !isJson) process.exitCode = 1;
  } finally {
    await store.close?.();
    rmSync(directory, { recursive: true, force: true });
  }
}
if (isJson) process.stdout.write(`${JSON.stringify({ ratio: Math.max(...held) })}\n`);
print(`budget, where no disk is waited for: ${BUDGET_MICROS} µs, ratio ${BUDGET_RATIO}\n`);

/** Medians, in microseconds. Short threads and the long one take turns, so that a busy moment hits both. */
async function appendsOf(store: Checkpointer): Promise<{ readonly early: number; readonly late: number }> {
  const versions = new Map<string, number>();
  const append = async (threadId: string, count: number): Promise<void> => {
    const version = versions.get(threadId) ?? 0;
    await store.append(threadId, version, notes(threadId, version, count));
    versions.set(threadId, version + count);
  };
  const timed = async (threadId: string): Promise<number> => {
    const before = performance.now();
    await append(threadId, 1);
    return (performance.now() - before) * 1_000;
  };
  const short = Array.from({ length: SHORT_THREADS }, (_, index) => `short ${index}`);
  for (const threadId of short) await append(threadId, EARLY);
  for (let version = 0; version < LATE; version += 100) await append("long", 100);
  const early: number[] = [];
  const late: number[] = [];
  for (let turn = -SHORT_THREADS; turn < APPENDS; turn++) {
    const micros = [await timed(short.at(turn % SHORT_THREADS) ?? ""), await timed("long")] as const;
    if (turn < 0) continue;
    early.push(micros[0]);
    late.push(micros[1]);
  }
  return { early: median(early), late: median(late) };
}

function notes(threadId: string, version: number, count: number): readonly DurableEvent[] {
  return Array.from({ length: count }, (_, index) => ({
    type: "message_added",
    runId: "run_1",
    threadId,
    sequence: version + index + 1,
    timestamp: new Date().toISOString(),
    origin: "bench",
    message: { role: "user", content: "x".repeat(500) },
  }));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
