/** A circuit breaker for each of many things: closed, open after failures in a row, half-open for one probe at a time. */

export interface CircuitOptions {
  readonly failures: number;
  readonly coolDownMs: number;
  readonly now: () => number;
}

interface Circuit {
  failures: number;
  /** Until when nothing passes; one call may then try, and has until then before the next may. */
  closedUntil: number;
}

/** Things that have failed, of which something is known; the one that failed longest ago gives way. */
const MAX_CIRCUITS = 1000;

/** What has not failed takes no room. */
export class Circuits<Key> {
  readonly #options: CircuitOptions;
  readonly #circuits = new Map<Key, Circuit>();

  constructor(options: CircuitOptions) {
    this.#options = options;
  }

  /**
   * Whether a call may be made. Where the circuit is half-open, the one that asks first may, and has as long as the cool-down
   * to tell what came of it.
   *
   * @returns `undefined` to go ahead, otherwise how many milliseconds are left.
   */
  blocked(key: Key): number | undefined {
    const { failures, coolDownMs, now } = this.#options;
    const circuit = this.#circuits.get(key);
    if (circuit === undefined || circuit.failures < failures) return undefined;
    const left = circuit.closedUntil - now();
    if (left > 0) return left;
    circuit.closedUntil = now() + coolDownMs;
    return undefined;
  }

  succeeded(key: Key): void {
    this.#circuits.delete(key);
  }

  failed(key: Key): void {
    const { failures, coolDownMs, now } = this.#options;
    const circuit = this.#circuits.get(key) ?? { failures: 0, closedUntil: 0 };
    circuit.failures += 1;
    if (circuit.failures >= failures) circuit.closedUntil = now() + coolDownMs;
    this.#circuits.delete(key);
    this.#circuits.set(key, circuit);
    if (this.#circuits.size <= MAX_CIRCUITS) return;
    const [oldest] = this.#circuits.keys();
    if (oldest !== undefined) this.#circuits.delete(oldest);
  }
}
