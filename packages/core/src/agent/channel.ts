/** Events on their way from a run to the one who watches it, who sets the pace. */
import type { AgentEvent } from "../events/types.ts";
import type { EventSink } from "./run.ts";

/** Transient events a run may be ahead of its watcher. */
const AHEAD = 256;

export class EventChannel implements EventSink {
  #queue: AgentEvent[] = [];
  #head = 0;
  #waiting: ((event: AgentEvent | undefined) => void)[] = [];
  #caughtUp: PromiseWithResolvers<void> | undefined;
  #open = true;
  /** Set once nobody watches any more: the run then keeps its own pace. */
  #flowing = false;
  #keep = true;

  publish(event: AgentEvent): void {
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) waiting(event);
    else if (this.#keep) this.#queue.push(event);
  }

  note(): void {}

  taken(): Promise<void> | undefined {
    if (this.#flowing || this.#waiting.length > 0) return undefined;
    this.#caughtUp ??= Promise.withResolvers<void>();
    return this.#caughtUp.promise;
  }

  backpressure(): Promise<void> | undefined {
    return this.#queue.length - this.#head > AHEAD ? this.taken() : undefined;
  }

  /** The next event; `undefined` at the end. */
  next(): AgentEvent | undefined | Promise<AgentEvent | undefined> {
    const event = this.#queue[this.#head];
    if (event !== undefined) {
      this.#head++;
      return event;
    }
    this.#queue = [];
    this.#head = 0;
    if (!this.#open) return undefined;
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#caughtUp?.resolve();
      this.#caughtUp = undefined;
    });
  }

  /** No more events will come. */
  end(): void {
    this.#open = false;
    for (const waiting of this.#waiting.splice(0)) waiting(undefined);
  }

  /** The run no longer waits for the watcher. Without `keep`, what nobody takes is dropped. */
  flow(options: { readonly keep: boolean }): void {
    this.#flowing = true;
    this.#keep = options.keep;
    if (!options.keep) {
      this.#queue = [];
      this.#head = 0;
    }
    this.#caughtUp?.resolve();
    this.#caughtUp = undefined;
  }
}
