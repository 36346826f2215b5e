/** The durable events of late, by run, for those who come later. Bounded both ways. */
import type { AgentEvent, DurableEvent } from "../events/types.ts";

/** Whether more comes after an event of a run: it does, it may once a question is answered, or it does not. */
export type RunEnd = "open" | "asked" | "over";

export function endOf(last: AgentEvent | undefined): RunEnd {
  if (last?.type !== "terminate") return "open";
  return last.reason === "interrupted" ? "asked" : "over";
}

interface KeptRun {
  readonly threadId: string;
  readonly events: DurableEvent[];
  /** Events that had to give way to later ones. */
  forgotten: number;
}

/** Sequences of a thread that are not kept. Without `upTo`: as far as the thread goes. */
export interface Gap {
  readonly after: number;
  readonly upTo: number | undefined;
}

/** What is kept of a run or a thread after a sequence. */
export interface Past {
  readonly threadId: string | undefined;
  readonly events: readonly DurableEvent[];
  /** What lies before `events`, where they do not reach back far enough. */
  readonly gap: Gap | undefined;
  /** How many events are known to be missing there. */
  readonly missing: number;
  /** Of a run: whether it has ended. */
  readonly end: RunEnd;
}

export class EventHistory {
  readonly #runs = new Map<string, KeptRun>();
  readonly #maxRuns: number;
  readonly #maxEvents: number;
  #size = 0;

  constructor(maxRuns: number, maxEvents: number) {
    this.#maxRuns = maxRuns;
    this.#maxEvents = maxEvents;
  }

  get runs(): number {
    return this.#runs.size;
  }

  /** Events kept, of all runs. */
  get size(): number {
    return this.#size;
  }

  keep(event: DurableEvent): void {
    const { runId, threadId, sequence } = event;
    // A thread that begins anew has nothing to do with a deleted one of its name.
    if (event.type === "run_start" && sequence === 1) this.#forgetThread(threadId);
    const run = this.#runs.get(runId) ?? { threadId, events: [], forgotten: 0 };
    // The runs stand in the order in which something last happened in them.
    this.#runs.delete(runId);
    this.#runs.set(runId, run);
    run.events.push(event);
    this.#size++;
    if (run.events.length > this.#maxEvents) {
      run.events.shift();
      run.forgotten++;
      this.#size--;
    }
    for (const [id, { events }] of this.#runs) {
      if (this.#runs.size <= this.#maxRuns) break;
      this.#runs.delete(id);
      this.#size -= events.length;
    }
  }

  clear(): void {
    this.#runs.clear();
    this.#size = 0;
  }

  threadOf(runId: string): string | undefined {
    return this.#runs.get(runId)?.threadId;
  }

  pastOfRun(runId: string, after: number): Past {
    const run = this.#runs.get(runId);
    const [first] = run?.events ?? [];
    if (run === undefined || first === undefined) {
      return { ...NOTHING, threadId: undefined, gap: { after, upTo: undefined } };
    }
    const upTo = first.sequence - 1;
    const isWhole = after >= upTo || first.type === "run_start";
    return {
      threadId: run.threadId,
      events: later(run.events, after),
      gap: isWhole ? undefined : { after, upTo },
      missing: isWhole ? 0 : Math.min(run.forgotten, upTo - after),
      end: endOf(run.events.at(-1)),
    };
  }

  /** @param whole Also what is kept before a gap. */
  pastOfThread(threadId: string, after: number, whole: boolean): Past {
    const kept = [...this.#runs.values()]
      .filter((run) => run.threadId === threadId)
      .flatMap(({ events }) => events)
      // Stable: what has no number of its own stays behind the event whose number it repeats.
      .toSorted((a, b) => a.sequence - b.sequence);
    const events = later(kept, after);
    const broken = events.findLastIndex(
      ({ sequence }, index) => sequence > (events[index - 1]?.sequence ?? after) + 1,
    );
    const first = events[broken];
    if (first === undefined) {
      return {
        ...NOTHING,
        threadId,
        events,
        gap: kept.length === 0 ? { after, upTo: undefined } : undefined,
      };
    }
    return {
      threadId,
      events: whole ? events : events.slice(broken),
      gap: { after, upTo: first.sequence - 1 },
      missing: first.sequence - 1 - after - new Set(events.slice(0, broken).map((e) => e.sequence)).size,
      end: "open",
    };
  }

  #forgetThread(threadId: string): void {
    for (const [id, run] of this.#runs) {
      if (run.threadId !== threadId) continue;
      this.#runs.delete(id);
      this.#size -= run.events.length;
    }
  }
}

const NOTHING = { events: [], missing: 0, end: "open" } as const;

/**
 * Those after a sequence. What a failing store could not number repeats the number of the event before it, and comes after that
 * one all the same.
 */
function later(events: readonly DurableEvent[], after: number): readonly DurableEvent[] {
  return events.filter(
    ({ sequence }, index) =>
      sequence > after || (sequence === after && events[index - 1]?.sequence === sequence),
  );
}
