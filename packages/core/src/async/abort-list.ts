/** An end that many wait for in turn: to listen to it costs an entry of a set, where a listener of a signal's costs as much as a turn of the loop. */
import type { Aborting } from "./abort.ts";

export class AbortList implements Aborting {
  readonly #acts = new Set<() => void>();
  #ended: { readonly reason: unknown } | undefined;

  get aborted(): boolean {
    return this.#ended !== undefined;
  }

  get reason(): unknown {
    return this.#ended?.reason;
  }

  addEventListener(_abort: "abort", act: () => void): void {
    this.#acts.add(act);
  }

  removeEventListener(_abort: "abort", act: () => void): void {
    this.#acts.delete(act);
  }

  /** The first abort stands. */
  abort(reason: unknown): void {
    if (this.#ended !== undefined) return;
    this.#ended = { reason };
    const acts = [...this.#acts];
    this.#acts.clear();
    for (const act of acts) act();
  }
}
