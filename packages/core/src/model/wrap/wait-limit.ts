/** A limit on waiting: on each wait by itself, or on all of them together. What happens between waits does not count. */

export class WaitLimit {
  readonly #ms: number;
  readonly #each: boolean;
  readonly #onLate: () => void;
  #left: number;
  #since: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param each whether every wait begins with the whole limit. */
  constructor(ms: number, each: boolean, onLate: () => void) {
    this.#ms = ms;
    this.#left = ms;
    this.#each = each;
    this.#onLate = onLate;
  }

  start(): void {
    if (this.#each) this.#left = this.#ms;
    this.#since = performance.now();
    // A timer that still runs rings too early, not too late: it is set anew then, not at every one of many short waits.
    this.#timer ??= setTimeout(this.#ring, this.#left);
    this.#timer.ref();
  }

  stop(): void {
    if (this.#since === undefined) return;
    this.#left -= performance.now() - this.#since;
    this.#since = undefined;
    // Nothing is waited for: no process stays for this.
    this.#timer?.unref();
  }

  close(): void {
    this.#since = undefined;
    clearTimeout(this.#timer);
  }

  readonly #ring = (): void => {
    this.#timer = undefined;
    if (this.#since === undefined) return;
    const left = this.#left - (performance.now() - this.#since);
    if (left > 0) this.#timer = setTimeout(this.#ring, Math.ceil(left));
    else this.#onLate();
  };
}
