/**
 * The end of a piece of work, for those who wait for it. To wait costs an entry of a set, where a listener of a signal's costs
 * as much as a turn of the loop; the signal itself is made for whoever asks for it.
 */
import type { Aborting } from "./abort.ts";

export class Ending implements Aborting {
  readonly #acts = new Set<() => void>();
  #abort: { readonly reason: unknown } | undefined;
  #controller: AbortController | undefined;

  get aborted(): boolean {
    return this.#abort !== undefined;
  }

  get reason(): unknown {
    return this.#abort?.reason;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#abort !== undefined) this.#controller.abort(this.#abort.reason);
    }
    return this.#controller.signal;
  }

  addEventListener(_abort: "abort", act: () => void): void {
    this.#acts.add(act);
  }

  removeEventListener(_abort: "abort", act: () => void): void {
    this.#acts.delete(act);
  }

  /** The first abort stands. */
  abort(reason: unknown): void {
    if (this.#abort !== undefined) return;
    this.#abort = { reason };
    this.#controller?.abort(reason);
    const acts = [...this.#acts];
    this.#acts.clear();
    for (const act of acts) act();
  }
}
