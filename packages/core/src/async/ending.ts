/**
 * The end of a piece of work, for those who wait for it. To wait costs an entry of a list, where a listener of a signal's costs
 * as much as a turn of the loop; the signal itself is made for whoever asks for it.
 */
import type { Aborting } from "./abort.ts";

export class Ending implements Aborting {
  /** Few wait at a time, and the last to begin is mostly the first to be done: a set would make a table for each. */
  readonly #acts: (() => void)[] = [];
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
    this.#acts.push(act);
  }

  removeEventListener(_abort: "abort", act: () => void): void {
    if (this.#acts.at(-1) === act) this.#acts.pop();
    else {
      const at = this.#acts.lastIndexOf(act);
      if (at >= 0) this.#acts.splice(at, 1);
    }
  }

  /** The first abort stands. */
  abort(reason: unknown): void {
    if (this.#abort !== undefined) return;
    this.#abort = { reason };
    this.#controller?.abort(reason);
    for (const act of this.#acts.splice(0)) act();
  }
}
