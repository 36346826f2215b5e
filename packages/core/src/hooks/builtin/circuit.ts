/** A circuit breaker for each of many names: closed, open after failures in a row, half-open for one probe at a time. */

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

/** Names without failures take no room. */
export class Circuits {
  readonly #options: CircuitOptions;
  readonly #circuits = new Map<string, Circuit>();

  constructor(options: CircuitOptions) {
    this.#options = options;
  }

  /**
   * Whether a call may be made. Where the circuit is half-open, the one that asks first may, and has as long as the cool-down
   * to tell what came of it.
   *
   * @returns `undefined` to go ahead, otherwise how many milliseconds are left.
   */
  blocked(name: string): number | undefined {
    const { failures, coolDownMs, now } = this.#options;
    const circuit = this.#circuits.get(name);
    if (circuit === undefined || circuit.failures < failures) return undefined;
    const left = circuit.closedUntil - now();
    if (left > 0) return left;
    circuit.closedUntil = now() + coolDownMs;
    return undefined;
  }

  succeeded(name: string): void {
    this.#circuits.delete(name);
  }

  failed(name: string): void {
    const { failures, coolDownMs, now } = this.#options;
    const circuit = this.#circuits.get(name) ?? { failures: 0, closedUntil: 0 };
    circuit.failures += 1;
    if (circuit.failures >= failures) circuit.closedUntil = now() + coolDownMs;
    this.#circuits.set(name, circuit);
  }
}
