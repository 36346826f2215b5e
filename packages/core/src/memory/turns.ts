/** Work that waits its turn: one after the other within a lane, lanes in turn, so that a long one keeps no other waiting. */

export interface TurnLimits {
  /** Works of one lane that wait. */
  readonly each: number;
  /** Works of all lanes that wait. */
  readonly all: number;
  /** Lanes that are at work at the same time. */
  readonly atOnce: number;
}

export class Turns {
  readonly #limits: TurnLimits;
  /** By lane; the first is next. */
  readonly #waiting = new Map<string, (() => Promise<void>)[]>();
  readonly #atWork = new Map<string, Promise<void>>();
  #count = 0;

  constructor(limits: TurnLimits) {
    this.#limits = limits;
  }

  /** How many wait already where there are too many, and otherwise `undefined`. `work` must not reject. */
  add(lane: string, work: () => Promise<void>): { readonly waiting: number } | undefined {
    const own = this.#waiting.get(lane) ?? [];
    if (own.length >= this.#limits.each) return { waiting: own.length };
    if (this.#count >= this.#limits.all) return { waiting: this.#count };
    own.push(work);
    this.#waiting.set(lane, own);
    this.#count++;
    this.#begin();
    return undefined;
  }

  /** Settles when nothing waits or is at work any more. */
  async idle(): Promise<void> {
    while (this.#atWork.size > 0) await Promise.all(this.#atWork.values());
  }

  #begin(): void {
    for (const [lane, works] of this.#waiting) {
      if (this.#atWork.size >= this.#limits.atOnce) return;
      if (this.#atWork.has(lane)) continue;
      const work = works.shift();
      // Behind the others, if there is more of it.
      this.#waiting.delete(lane);
      if (works.length > 0) this.#waiting.set(lane, works);
      if (work === undefined) continue;
      this.#count--;
      const done = work().finally(() => {
        this.#atWork.delete(lane);
        this.#begin();
      });
      this.#atWork.set(lane, done);
    }
  }
}
