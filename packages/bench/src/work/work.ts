/** The work itself, done by any contestant alike in a process of its own; each kind resolves to what it cost. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Contestant, Turn } from "../contestants/types.ts";
import { ANSWER, DELTAS, SHORTLY, wordOf } from "../server/bytes.ts";
import { median, slope } from "../statistics.ts";
import type { Metrics, Sizes } from "./types.ts";

const PROMPT = "Should I take an umbrella in Chicago?";
const STREAM_CHARS = Array.from({ length: DELTAS }, (_, index) => wordOf(index)).join("").length;
const LENGTHS = [0, 400, 800, 1_600];
const HISTORY_PASSES = 7;
const CONCURRENT = 200;
const LOADS = 2;
/** Runs whose threads an agent may keep; only what comes after them can be a leak. */
const REMEMBERED = 1_200;
const LEAK_STOPS = 8;
const AFTER_TEXTS = 5;

export const WORKS = {
  ask: (contestant) => cpu(() => said(contestant.ask(PROMPT)), { warmUp: 1_200, runs: 100, batches: 5 }),
  tools: (contestant) => cpu(() => said(contestant.work(PROMPT)), { warmUp: 100, runs: 12, batches: 5 }),
  stream: (contestant) => cpu(() => wholeStream(contestant), { warmUp: 2, runs: 1, batches: 3 }, DELTAS),
  peak: async (contestant) => {
    // What is loaded by a first call is not the stream's, whether a contestant loads it then or when it is imported.
    await said(contestant.ask(SHORTLY));
    const before = process.memoryUsage.rss();
    await wholeStream(contestant);
    return { peakMB: (process.resourceUsage().maxRSS * 1024 - before) / 1e6 };
  },
  history: async (contestant) => {
    const talks = await Promise.all(
      LENGTHS.map(async (length) => ({ length, say: await contestant.converse(turns(length)) })),
    );
    const samples = new Map<number, number[]>(LENGTHS.map((length) => [length, []]));
    // The first passes warm up; every later one takes all lengths in turn, so that a busy moment bends no line.
    for (let pass = -2; pass < HISTORY_PASSES; pass++) {
      for (const { length, say } of pass % 2 === 0 ? talks : talks.toReversed()) {
        const { cpuMicros } = await cpu(() => said(say(PROMPT)), { warmUp: 2, runs: 12, batches: 1 });
        if (pass >= 0) samples.get(length)?.push(cpuMicros);
      }
    }
    return { microsPerTurn: slope([...samples].map(([length, values]) => [length, median(values)])) };
  },
  concurrent: async (contestant) => {
    const load = (): Promise<unknown> =>
      Promise.all(Array.from({ length: CONCURRENT }, () => said(contestant.work(PROMPT))));
    await load();
    const delay = monitorEventLoopDelay({ resolution: 1 });
    const rates: number[] = [];
    delay.enable();
    for (let round = 0; round < LOADS; round++) {
      const before = performance.now();
      await load();
      rates.push((CONCURRENT / (performance.now() - before)) * 1_000);
    }
    delay.disable();
    return { runsPerSecond: median(rates), delayP99Ms: delay.percentile(99) / 1e6 };
  },
  runs: (contestant, { leakRuns }) => growth(() => said(contestant.ask(PROMPT)), leakRuns),
  aborted: (contestant, { leakRuns }) =>
    growth(async () => {
      const end = await leave(contestant, "abort", 1);
      if (end === "ends silently") throw new Error("an aborted stream ended as if it were whole");
    }, leakRuns),
} as const satisfies Record<string, (contestant: Contestant, sizes: Sizes) => Promise<Metrics>>;

export type Work = keyof typeof WORKS;

/** Leaves a stream in its middle, by its signal or by throwing what its texts are given to; and how that ended. */
export async function leave(
  contestant: Contestant,
  how: "abort" | "throw",
  after: number = AFTER_TEXTS,
): Promise<string> {
  const controller = new AbortController();
  let texts = 0;
  try {
    const end = await contestant.stream(
      PROMPT,
      () => {
        texts += 1;
        if (texts < after) return;
        if (how === "throw") throw new Error("the consumer threw");
        controller.abort();
      },
      controller.signal,
    );
    return end === "whole" ? "ends silently" : end.replace("event:", "event ");
  } catch {
    return "rejects";
  }
}

/** Microseconds of CPU, of all threads, for one run (or one of its `parts`): the median of the batches. */
async function cpu(
  run: () => Promise<unknown>,
  { warmUp, runs, batches }: { readonly warmUp: number; readonly runs: number; readonly batches: number },
  parts = 1,
): Promise<{ readonly cpuMicros: number }> {
  for (let count = 0; count < warmUp; count++) await run();
  const samples: number[] = [];
  for (let batch = 0; batch < batches; batch++) {
    const before = process.cpuUsage();
    for (let count = 0; count < runs; count++) await run();
    const { user, system } = process.cpuUsage(before);
    samples.push((user + system) / runs / parts);
  }
  return { cpuMicros: median(samples) };
}

async function wholeStream(contestant: Contestant): Promise<void> {
  let chars = 0;
  const end = await contestant.stream(PROMPT, (text) => {
    chars += text.length;
  });
  if (end !== "whole" || chars !== STREAM_CHARS)
    throw new Error(`${chars} of ${STREAM_CHARS} characters: ${end}`);
}

/** Bytes of heap that each run leaves behind, after collections that are forced. */
async function growth(run: () => Promise<unknown>, runs: number): Promise<Metrics> {
  for (let count = 0; count < REMEMBERED; count++) await run();
  const points: (readonly [number, number])[] = [[0, await heap()]];
  for (let stop = 1; stop <= LEAK_STOPS; stop++) {
    for (let count = 0; count < runs / LEAK_STOPS; count++) await run();
    points.push([(stop * runs) / LEAK_STOPS, await heap()]);
  }
  return { bytesPerRun: Math.max(0, slope(points)) };
}

async function heap(): Promise<number> {
  if (globalThis.gc === undefined) throw new Error("memory is measured with --expose-gc");
  // What waits for a turn of the loop to be let go is let go.
  for (let turn = 0; turn < 3; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    globalThis.gc();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function turns(count: number): readonly Turn[] {
  return Array.from({ length: count }, (_, index): readonly Turn[] => [
    { role: "user", content: `And what about day ${index}, is it going to rain in the morning?` },
    { role: "assistant", content: `On day ${index} it is dry until noon, with a light wind from the west.` },
  ]).flat();
}

/** A contestant that skips turns or loses text is not fast. */
async function said(text: Promise<string>): Promise<void> {
  const got = await text;
  if (got !== ANSWER) throw new Error(`the answer is ${JSON.stringify(got).slice(0, 80)}, not the server's`);
}
