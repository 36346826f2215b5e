/** What is measured and what it may cost: the one table of axes, rows and budgets. */
import type { Budget } from "./verdict.ts";
import type { Work } from "./work/work.ts";

/** How an axis is measured. `script` names what the loopback server answers. */
type How =
  | {
      readonly kind: "work";
      readonly work: Work;
      readonly script: string;
      readonly execArgv?: readonly string[];
    }
  | { readonly kind: "import" }
  | { readonly kind: "types" }
  | { readonly kind: "leave"; readonly how: "abort" | "throw" }
  | { readonly kind: "own"; readonly own: "signing" | "append" | "sizes" | "bundle" };

/** One measurement of every contestant, which may fill several rows. */
export interface Axis {
  readonly id: string;
  readonly how: How;
  /** Whose numbers the others are set in relation to. Default: raw `fetch`. */
  readonly floor?: string;
  /** Rounds of a whole run, where they are other than usual; a quick run makes no more of them. */
  readonly rounds?: number;
  /** Who takes part, where it is not everyone. */
  readonly only?: readonly string[];
}

export interface Row {
  readonly axis: string;
  readonly metric: string;
  readonly title: string;
  readonly unit: string;
  /** Held by Locus. */
  readonly budget?: Budget;
}

const RESPONSES = ["raw-responses", "locus-responses"];
const GC = ["--expose-gc"];
/** What Locus alone is measured by; there is nobody to set it in relation to. */
const ALONE = ["locus"];

export const AXES: readonly Axis[] = [
  { id: "answer", how: { kind: "work", work: "ask", script: "answer" } },
  { id: "tools", how: { kind: "work", work: "tools", script: "tools-10" } },
  { id: "stream", how: { kind: "work", work: "stream", script: "stream-blocks" } },
  { id: "deltas", how: { kind: "work", work: "stream", script: "stream-deltas" } },
  { id: "peak", how: { kind: "work", work: "peak", script: "stream-blocks" } },
  { id: "history", how: { kind: "work", work: "history", script: "answer" } },
  { id: "concurrent", how: { kind: "work", work: "concurrent", script: "tools-4" } },
  { id: "import", how: { kind: "import" }, floor: "zod" },
  { id: "abort", how: { kind: "leave", how: "abort" }, rounds: 3 },
  { id: "throw", how: { kind: "leave", how: "throw" }, rounds: 3 },
  {
    id: "responses-answer",
    how: { kind: "work", work: "ask", script: "answer" },
    floor: "raw-responses",
    only: RESPONSES,
  },
  {
    id: "responses-stream",
    how: { kind: "work", work: "stream", script: "stream-blocks" },
    floor: "raw-responses",
    only: RESPONSES,
  },
  {
    id: "runs",
    how: { kind: "work", work: "runs", script: "answer", execArgv: GC },
    rounds: 1,
    only: ALONE,
  },
  {
    id: "aborted",
    how: { kind: "work", work: "aborted", script: "endless", execArgv: GC },
    rounds: 1,
    only: ALONE,
  },
  { id: "signing", how: { kind: "own", own: "signing" }, rounds: 1, only: ALONE },
  { id: "append", how: { kind: "own", own: "append" }, rounds: 1, only: ALONE },
  { id: "types", how: { kind: "types" }, floor: "schemas", rounds: 3, only: ["schemas", "locus"] },
  { id: "bundle", how: { kind: "own", own: "bundle" }, rounds: 1, only: ALONE },
  { id: "sizes", how: { kind: "own", own: "sizes" }, rounds: 1, only: ALONE },
];

const ratio = (atMost: number): Budget => ({ of: "ratio", atMost });
const value = (atMost: number): Budget => ({ of: "value", atMost });
const ENDS_TYPED: Budget = { oneOf: ["rejects", "event abort", "event cancelled"] };

export const ROWS: readonly Row[] = [
  row("answer", "cpuMicros", "CPU, one answer", "µs", ratio(1.5)),
  row("tools", "cpuMicros", "CPU, 10 tool turns", "µs", ratio(1.75)),
  row("stream", "cpuMicros", "CPU, a delta of 20,000 in 16 KiB writes", "µs", ratio(2.5)),
  row("deltas", "cpuMicros", "CPU, a delta of 20,000, one write each", "µs", ratio(2)),
  row("peak", "peakMB", "peak memory over start in that stream", "MB", value(45)),
  // 1.8 µs where the floor takes 0.9.
  row("history", "microsPerTurn", "CPU that each earlier turn adds to a call", "µs", ratio(2)),
  row("concurrent", "runsPerSecond", "200 concurrent runs of 5 calls", "runs/s", {
    of: "ratio",
    atLeast: 0.6,
  }),
  row("concurrent", "delayP99Ms", "event-loop delay under that load, p99", "ms", ratio(2)),
  row("import", "wallMs", "import, wall", "ms", ratio(1.4)),
  row("import", "addedMB", "import, memory added", "MB", value(24)),
  row("abort", "outcome", "a stream aborted in its middle", "", ENDS_TYPED),
  row("abort", "open", "… streams left open", "", value(0)),
  row("abort", "exitMs", "… process ends within", "ms", value(30)),
  row("throw", "outcome", "a stream whose consumer throws", "", { oneOf: ["rejects"] }),
  row("throw", "open", "… streams left open", "", value(0)),
  row("throw", "exitMs", "… process ends within", "ms", value(30)),
  row("responses-answer", "cpuMicros", "Responses: CPU, one answer", "µs"),
  row("responses-stream", "cpuMicros", "Responses: CPU, a delta in 16 KiB writes", "µs"),
  row("runs", "bytesPerRun", "memory that a run leaves behind", "B", value(100)),
  row("aborted", "bytesPerRun", "memory that an aborted stream leaves behind", "B", value(100)),
  row("signing", "ratio", "CPU of signing a 4 KB POST ÷ oci-common's", "", value(0.4)),
  row("append", "ratio", "append of one event, SQLite, at 5,000 ÷ at 50", "", value(1.3)),
  row("types", "instantiations", "an agent with 50 typed tools: instantiations", "", ratio(2.25)),
  row("types", "checkMs", "… time to check, everything imported included", "ms", ratio(2)),
  row("bundle", "startKB", "hello agent, bundled, gzip: what loads at start", "KB", value(200)),
  row("bundle", "openaiKB", "… and with a model of OpenAI's", "KB", value(340)),
  ...Object.entries({
    "locus-sdk": 150,
    "@locus-sdk/ai-sdk": 70,
    "@locus-sdk/anthropic": 65,
    "@locus-sdk/checkpointers": 280,
    "@locus-sdk/core": 1_000,
    "@locus-sdk/oci": 380,
    "@locus-sdk/oci-emulator": 400,
    "@locus-sdk/ollama": 55,
    "@locus-sdk/openai": 180,
  }).map(([name, limit]) => row("sizes", name, `published: ${name}`, "KB", value(limit))),
];

function row(axis: string, metric: string, title: string, unit: string, budget?: Budget): Row {
  return { axis, metric, title, unit, ...(budget === undefined ? {} : { budget }) };
}
