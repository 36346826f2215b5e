/** The bookkeeping of one batch of calls: which are still to start, and which outcomes are due. */
import type { DurableDraft } from "../events/types.ts";
import type { Batch } from "./context.ts";
import type { ReadyCall } from "./tool-context.ts";

/** The calls still to start. Of equal idempotent calls one leads, and its twins wait for what comes of it. */
export class Plan {
  #queue: ReadyCall[] = [];
  /** Keys of idempotent calls. */
  #leaders: Set<string> | undefined;
  #twins: ReadyCall[] = [];

  add(ready: ReadyCall): void {
    if (ready.tool.idempotent === undefined) this.#queue.push(ready);
    else if (this.#leaders?.has(ready.key) === true) this.#twins.push(ready);
    else {
      this.#leaders ??= new Set();
      this.#leaders.add(ready.key);
      this.#queue.push(ready);
    }
  }

  readd(twins: readonly ReadyCall[]): void {
    for (const twin of twins) this.add(twin);
  }

  take(count: number): readonly ReadyCall[] {
    return this.#queue.splice(0, Math.max(0, count));
  }

  /** The twins of a leader that has ended. */
  release(leader: ReadyCall): readonly ReadyCall[] {
    if (this.#leaders?.delete(leader.key) !== true) return [];
    const [twins, others] = [
      this.#twins.filter((twin) => twin.key === leader.key),
      this.#twins.filter((twin) => twin.key !== leader.key),
    ];
    this.#twins = others;
    return twins;
  }
}

interface Outcome {
  readonly callId: string;
  readonly draft: DurableDraft;
  /** Whether a body ran for it. */
  readonly ran: boolean;
}

/**
 * Outcomes on their way to the record, in the order of their completion or, as long as that holds up nothing, of the calls.
 */
export class Settled {
  /** In the order they came. */
  #waiting: Outcome[] = [];
  readonly #order: readonly string[];
  /** How many of them, from the first, are on their way. */
  #done = 0;
  /** Those that went ahead of their turn. */
  #taken: Set<string> | undefined;
  readonly #by: "call" | "completion";

  constructor(order: readonly string[], by: "call" | "completion") {
    this.#order = order;
    this.#by = by;
  }

  put(callId: string, draft: DurableDraft, ran = false): void {
    this.#waiting.push({ callId, draft, ran });
  }

  /** Whether outcomes of bodies that ran wait for those of earlier calls. */
  get holding(): boolean {
    return this.#waiting.some(({ ran }) => ran);
  }

  takeDue(): Batch {
    if (this.#waiting.length === 0) return [];
    if (this.#by === "completion") return this.takeAll();
    const due: DurableDraft[] = [];
    for (; this.#done < this.#order.length; this.#done++) {
      const next = this.#order[this.#done] ?? "";
      const at = this.#waiting.findIndex(({ callId }) => callId === next);
      const [outcome] = at < 0 ? [] : this.#waiting.splice(at, 1);
      if (outcome !== undefined) due.push(outcome.draft);
      else if (this.#taken?.has(next) !== true) break;
    }
    return due;
  }

  takeAll(): Batch {
    const all = this.#waiting;
    this.#waiting = [];
    if (all.length > 0) this.#taken ??= new Set();
    for (const { callId } of all) this.#taken?.add(callId);
    return all.map(({ draft }) => draft);
  }
}
