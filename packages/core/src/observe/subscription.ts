/** One subscriber: what happened before, then what happens, at its own pace. */
import { abortable } from "../async/abort.ts";
import { type AgentEvent, type DurableEvent, isDurable } from "../events/types.ts";
import { endOf } from "./history.ts";
import { unknownRun } from "./options.ts";
import { type Dropped, EventQueue } from "./queue.ts";
import type { StoreGap, SubscriptionParts } from "./subscription-parts.ts";

/**
 * Events of a bus, to be read with `for await`; leaving the loop closes it. It keeps nobody waiting: where its reader is slow, it
 * loses events, which `dropped` counts.
 */
export class EventSubscription implements AsyncIterableIterator<AgentEvent, undefined>, AsyncDisposable {
  readonly #parts: SubscriptionParts;
  readonly #queue: EventQueue;
  readonly #closing = new AbortController();
  readonly #dropped = { transient: 0, durable: 0 };
  #past: readonly DurableEvent[];
  #pastAt = 0;
  /** Being read from the store, before anything else. */
  #gap: StoreGap | undefined;
  #filling: AsyncIterator<DurableEvent> | undefined;
  /** What the queue lost, from its beginning: read from the store when its turn comes. */
  #lost: StoreGap | undefined;
  /** The last event that came from the store: what follows it may be told twice. */
  #seam: DurableEvent | undefined;
  /** What the subscriber has seen, until something later comes. */
  #floor: number;
  /** Nothing more will come. */
  #isOver: boolean;
  /** Nothing more is known of the run; it may go on after a question. */
  #isAsked: boolean;
  #isComplete = false;
  /** The run has been heard of since. */
  #isLive = false;
  #turn: Promise<unknown> = Promise.resolve();
  #wake: () => void = () => undefined;
  #isWaiting = false;
  #onWait: () => void = () => undefined;
  /** Read before it was asked for, by `opened`. */
  #ahead: Promise<IteratorResult<AgentEvent, undefined>> | undefined;
  /** Ended with the bus, before its run did. */
  #isCut: boolean;

  /** @internal Made by `bus.subscribe()`. */
  constructor(parts: SubscriptionParts) {
    const { past, store, signal } = parts;
    this.#parts = parts;
    this.#isOver = parts.isClosed || parts.end === "over";
    this.#isCut = parts.isClosed;
    this.#isAsked = parts.end === "asked";
    this.#floor = parts.after;
    this.#past = past?.events ?? [];
    this.#queue = new EventQueue(parts.queue, (event) => this.#drop(event));
    if (store !== undefined && past?.gap !== undefined)
      this.#gap = { ...past.gap, lost: past.missing, found: 0 };
    else if (past !== undefined) this.#count("durable", past.missing);
    signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Events that were lost because the reader was slow, or because the bus did not have them any more. */
  get dropped(): Dropped {
    return { ...this.#dropped };
  }

  /** It has ended, and not by being left: all was told that there is to tell of its run. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /**
   * Settles once it is known whether there is anything to read or to wait for: `false` where all was told before. Nothing is
   * taken by it.
   *
   * @throws What reading would: LocusError with the code `unknown_run`, or the error of the store.
   */
  async opened(): Promise<boolean> {
    if (this.#isWaiting) return true;
    const waits = new Promise<true>((resolve) => (this.#onWait = () => resolve(true)));
    this.#ahead ??= this.next();
    return Promise.race([waits, this.#ahead.then(({ done }) => done !== true)]);
  }

  /** Events that wait to be read. */
  get queued(): number {
    return this.#queue.size;
  }

  /** @internal Called by the bus; never waits, never throws. */
  offer(event: AgentEvent): void {
    const { runId, threadId, types } = this.#parts;
    if (this.#isOver || (runId !== undefined && event.runId !== runId)) return;
    if (threadId !== undefined && event.threadId !== threadId) return;
    this.#isLive = true;
    if (types?.has(event.type) !== false) this.#queue.push(event);
    if (runId !== undefined) {
      const end = endOf(event);
      this.#isAsked = end === "asked" && !this.#parts.wait;
      if (end === "over") {
        this.#isOver = true;
        this.#parts.onClose();
      }
    }
    this.#wake();
  }

  /** @internal No more events will come; those that wait can still be read. */
  end(): void {
    this.#isCut ||= !this.#isOver;
    this.#isOver = true;
    this.#wake();
  }

  next(): Promise<IteratorResult<AgentEvent, undefined>> {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    if (ahead !== undefined) return ahead;
    const result = this.#turn.then(() => this.#take());
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async return(): Promise<IteratorResult<AgentEvent, undefined>> {
    this.close();
    return DONE;
  }

  /** Ends it at once: what waits is forgotten. Closing twice is fine. */
  close(): void {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    this.#parts.signal?.removeEventListener("abort", this.#onAbort);
    this.#queue.clear();
    this.#past = [];
    const filling = this.#filling;
    this.#filling = undefined;
    // A store that hangs keeps nobody waiting here.
    if (filling?.return !== undefined) void filling.return().catch(() => undefined);
    this.#parts.onClose();
    this.#wake();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  readonly #onAbort = (): void => this.close();

  async #take(): Promise<IteratorResult<AgentEvent, undefined>> {
    while (!this.#closing.signal.aborted) {
      const gap = this.#gap;
      const event = gap === undefined ? this.#kept() : await this.#stored(gap);
      if (event !== undefined) return { done: false, value: event };
      if (gap !== undefined || this.#gap !== undefined) continue;
      if (this.#isOver || this.#isAsked) {
        this.#isComplete = this.#parts.runId !== undefined && !this.#isCut;
        this.close();
        continue;
      }
      this.#isWaiting = true;
      this.#onWait();
      await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#isWaiting = false;
    }
    return DONE;
  }

  /** The next event that the store has in the gap; `undefined` at its end, and for one that was not asked for. */
  async #stored(gap: StoreGap): Promise<DurableEvent | undefined> {
    const { runId, types, store, threadId = this.#parts.past?.threadId } = this.#parts;
    // A run that the bus has never heard of may be over: the event before tells.
    const asksEnd = runId !== undefined && gap.upTo === undefined;
    const after = asksEnd ? Math.max(0, gap.after - 1) : gap.after;
    try {
      if (store === undefined || threadId === undefined) return this.#filled(gap);
      const range = gap.upTo === undefined ? { after } : { after, upTo: gap.upTo };
      this.#filling ??= store.events(threadId, range)[Symbol.asyncIterator]();
      const next = await abortable(this.#filling.next(), this.#closing.signal);
      if (next.done === true) return this.#filled(gap);
      const event = next.value;
      this.#seam = event;
      if (runId !== undefined && event.runId !== runId) return undefined;
      if (asksEnd) gap.end = endOf(event);
      if (event.sequence <= gap.after || types?.has(event.type) === false) return undefined;
      gap.found++;
      return event;
    } catch (error) {
      if (this.#closing.signal.aborted) return undefined;
      this.close();
      throw error;
    }
  }

  #filled({ after, upTo, lost, found, end }: StoreGap): undefined {
    this.#count("durable", lost - found);
    this.#filling = undefined;
    this.#gap = undefined;
    const { runId, wait } = this.#parts;
    if (runId === undefined || upTo !== undefined || this.#isLive) return;
    if (end === "over") this.#isOver = true;
    else if (end === "asked") this.#isAsked = !wait;
    // Nothing at all, not even what the subscriber says it has seen: there is no such run to wait for.
    else if (end === undefined && after > 0) this.#isOver = true;
    else if (end === undefined && !wait) throw unknownRun();
  }

  /** The next event that the bus has kept, or has published since; `undefined` too where the store is to be read first. */
  #kept(): AgentEvent | undefined {
    const { types } = this.#parts;
    while (this.#pastAt < this.#past.length) {
      const event = this.#past[this.#pastAt++];
      if (event !== undefined && types?.has(event.type) !== false) return event;
    }
    this.#past = [];
    this.#pastAt = 0;
    if (this.#beginLost()) return undefined;
    for (let event = this.#queue.shift(); event !== undefined; event = this.#queue.shift()) {
      if (!this.#isTold(event)) return event;
    }
    return undefined;
  }

  /** Whether something is to be read in the place of what the queue lost. */
  #beginLost(): boolean {
    const lost = this.#lost;
    this.#lost = undefined;
    const after = Math.max(lost?.after ?? 0, this.#seam?.sequence ?? 0, this.#floor);
    if (lost?.upTo === undefined || lost.upTo <= after) return false;
    this.#gap = { ...lost, after, lost: Math.min(lost.lost, lost.upTo - after) };
    return true;
  }

  /** Whether the subscriber has seen it, or the store has told it or what came after it. */
  #isTold(event: AgentEvent): boolean {
    if (isDurable(event) && event.sequence <= this.#floor) {
      // The end of a run whose store failed repeats the last number there is.
      return event.sequence < this.#floor || event.type !== "terminate";
    }
    if (event.sequence > this.#floor) this.#floor = 0;
    const seam = this.#seam;
    if (seam === undefined || event.threadId !== seam.threadId) return false;
    if (event.sequence > seam.sequence) this.#seam = undefined;
    if (event.sequence !== seam.sequence) return event.sequence < seam.sequence;
    return event.type === seam.type && event.timestamp === seam.timestamp;
  }

  #drop(event: AgentEvent): void {
    const { store, past, threadId = past?.threadId } = this.#parts;
    if (!isDurable(event) || store === undefined || threadId === undefined) {
      this.#count(isDurable(event) ? "durable" : "transient", 1);
      return;
    }
    const { sequence } = event;
    this.#lost ??= { after: sequence - 1, upTo: sequence, lost: 0, found: 0 };
    this.#lost = { ...this.#lost, upTo: sequence, lost: this.#lost.lost + 1 };
  }

  #count(kind: keyof Dropped, count: number): void {
    if (count <= 0) return;
    this.#dropped[kind] += count;
    this.#parts.onDrop(kind, count);
  }
}

const DONE = Object.freeze({ done: true, value: undefined } as const);
