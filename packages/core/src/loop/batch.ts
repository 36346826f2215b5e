/** The bookkeeping of one batch of calls: which are still to start, and which outcomes are due. */
import type { DurableDraft } from "../events/types.ts";
import type { Batch } from "./context.ts";
import type { ReadyCall } from "./tool-context.ts";

/** The calls still to start. Of equal idempotent calls one leads, and its twins wait for what comes of it. */
export class Plan {
  #queue: ReadyCall[] = [];
  readonly #leaders = new Set<string>();
  #twins: ReadyCall[] = [];

  add(ready: ReadyCall): void {
    if (ready.tool.idempotent === undefined) this.#queue.push(ready);
    else if (this.#leaders.has(ready.key)) this.#twins.push(ready);
    else {
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
    if (!this.#leaders.delete(leader.key)) return [];
    const [twins, others] = [
      this.#twins.filter((twin) => twin.key === leader.key),
      this.#twins.filter((twin) => twin.key !== leader.key),
    ];
    this.#twins = others;
    return twins;
  }
}

/**
 * Outcomes on their way to the record, in the order of their completion or, as long as that holds up nothing, of the calls.
 */
export class Settled {
  readonly #byId = new Map<string, Batch>();
  readonly #order: string[];
  /** Those whose bodies ran and that wait. */
  readonly #ran = new Set<string>();
  /** Those that went ahead of their turn. */
  readonly #taken = new Set<string>();
  readonly #by: "call" | "completion";

  constructor(order: readonly string[], by: "call" | "completion") {
    this.#order = [...order];
    this.#by = by;
  }

  put(callId: string, drafts: Batch, ran = false): void {
    this.#byId.set(callId, drafts);
    if (ran) this.#ran.add(callId);
  }

  /** Whether outcomes of bodies that ran wait for those of earlier calls. */
  get holding(): boolean {
    return this.#ran.size > 0;
  }

  takeDue(): Batch {
    if (this.#by === "completion") return this.takeAll();
    const due: DurableDraft[] = [];
    while (this.#order.length > 0) {
      const next = this.#order[0] ?? "";
      const drafts = this.#byId.get(next);
      if (drafts === undefined && !this.#taken.has(next)) break;
      due.push(...(drafts ?? []));
      this.#byId.delete(next);
      this.#ran.delete(next);
      this.#order.shift();
    }
    return due;
  }

  takeAll(): Batch {
    const all = [...this.#byId.values()].flat();
    for (const callId of this.#byId.keys()) this.#taken.add(callId);
    this.#byId.clear();
    this.#ran.clear();
    return all;
  }
}
