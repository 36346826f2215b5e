/** How a model among several is doing: one that failed rests for a while, and is then tried by one call first. */

/** One call under way, which says how it went; exactly one of them is called. */
export interface Probe {
  succeeded(): void;
  /** @param restMs how long the model is to be left alone. */
  failed(restMs: number): void;
  /** It ended without telling anything about the model. */
  released(): void;
}

export class Health {
  /** On the clock of `performance.now()`; `undefined` while all is well. */
  #restsUntil: number | undefined;
  #probing = false;
  #falls = 0;

  /** When its rest ends; in the past where it does not rest. */
  get restsUntil(): number {
    return this.#restsUntil ?? Number.NEGATIVE_INFINITY;
  }

  /** Whether a call may go there: it is well, or has rested and nobody is finding out yet. */
  get ready(): boolean {
    return this.#restsUntil === undefined || (performance.now() >= this.#restsUntil && !this.#probing);
  }

  /** A call begins. */
  probe(): Probe {
    const falls = this.#falls;
    this.#probing = true;
    return {
      succeeded: () => {
        // A call that was under way before the fall says nothing about what came after it.
        if (falls !== this.#falls) return;
        this.#probing = false;
        this.#restsUntil = undefined;
      },
      failed: (restMs) => {
        this.#falls += 1;
        this.#probing = false;
        this.#restsUntil = Math.max(this.restsUntil, performance.now() + restMs);
      },
      released: () => {
        if (falls === this.#falls) this.#probing = false;
      },
    };
  }
}
