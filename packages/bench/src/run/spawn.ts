/** Runs workers: one process a job, ended where it takes too long. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Job, Said } from "../work/job.ts";
import type { Metrics } from "../work/types.ts";

const WORKER = fileURLToPath(new URL("../work/worker.ts", import.meta.url));
const LONGEST_MS = 240_000;
const LEAVING_MS = 5_000;

/** Peers report to their makers unless told otherwise. */
const QUIET = {
  OPENAI_AGENTS_DISABLE_TRACING: "1",
  LANGSMITH_TRACING: "false",
  MASTRA_TELEMETRY_DISABLED: "1",
  DO_NOT_TRACK: "1",
  OPENAI_API_KEY: "none",
  NODE_ENV: "production",
};

export interface WorkerOptions {
  readonly execArgv?: readonly string[];
}

/** What a work cost. @throws Error with the worker's own words. */
export async function runWork(
  job: Job & { readonly kind: "work" },
  options: WorkerOptions = {},
): Promise<Metrics> {
  const worker = start(job, options);
  const timer = setTimeout(() => worker.child.kill("SIGKILL"), LONGEST_MS);
  try {
    const said = await worker.said;
    if ("metrics" in said) return said.metrics;
    throw new Error("failure" in said ? said.failure : "the worker did something else");
  } finally {
    clearTimeout(timer);
    await worker.gone;
  }
}

export interface Left {
  /** How the stream ended: `rejects`, `event …`, `ends silently`, or `hangs`. */
  readonly outcome: string;
  /** Streams that the server still had open a second later. */
  readonly open: number;
  /** Between that end and the process's. */
  readonly exitMs: number;
}

/** Leaves a stream twice: once to see how soon the process ends by itself, once to count what stays open. */
export async function runLeave(
  job: Omit<Job & { readonly kind: "leave" }, "kind" | "lingers">,
  openStreams: () => Promise<number>,
): Promise<Left> {
  const leaving = start({ ...job, kind: "leave", lingers: false });
  const outcome = await outcomeOf(leaving);
  const before = performance.now();
  const isOver = await within(leaving.gone, LEAVING_MS);
  const exitMs = performance.now() - before;
  if (!isOver) leaving.child.kill("SIGKILL");
  await leaving.gone;

  const lingering = start({ ...job, kind: "leave", lingers: true });
  await outcomeOf(lingering);
  let open = await openStreams();
  for (
    const until = performance.now() + 1_000;
    open > 0 && performance.now() < until;
    open = await openStreams()
  )
    await new Promise((resolve) => setTimeout(resolve, 10));
  lingering.child.kill("SIGKILL");
  await lingering.gone;
  return { outcome, open, exitMs };
}

interface Worker {
  readonly child: ChildProcess;
  readonly said: Promise<Said>;
  readonly gone: Promise<unknown>;
}

function start(job: Job, { execArgv = [] }: WorkerOptions = {}): Worker {
  const child = fork(WORKER, {
    execArgv: [...execArgv],
    env: { ...process.env, ...QUIET },
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let errors = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    errors = (errors + text).slice(-2_000);
  });
  const gone = once(child, "close");
  const said = Promise.race([
    once(child, "message").then(([message]) => message as Said),
    gone.then(([code, signal]): Said => ({ failure: lastWords(errors) ?? `ended with ${signal ?? code}` })),
  ]);
  child.send(job);
  return { child, said, gone };
}

async function outcomeOf({ said, child }: Worker): Promise<string> {
  const isSaid = await within(said, LEAVING_MS);
  if (!isSaid) {
    child.kill("SIGKILL");
    return "hangs";
  }
  const told = await said;
  if ("outcome" in told) return told.outcome;
  throw new Error("failure" in told ? told.failure : "the worker did something else");
}

async function within(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The line of a crash that says what happened. */
function lastWords(errors: string): string | undefined {
  const lines = errors.split("\n").filter((line) => line.trim() !== "");
  return lines.find((line) => /error/i.test(line) && !line.startsWith("    at")) ?? lines.at(-1);
}
