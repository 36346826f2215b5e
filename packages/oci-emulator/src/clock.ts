// The emulator's clock: real time plus an offset that tests move.

/** Time as the emulator sees it: signatures, tokens, keys and the `Date` header go by it. It keeps ticking. */
export interface EmulatorClock {
  now(): Date;
  /** Moves the clock to `date`; it ticks on from there. */
  set(date: Date): void;
  /** Moves the clock by so many milliseconds; a negative number goes back. */
  advance(ms: number): void;
  /** Back to real time. */
  reset(): void;
}

export function createClock(): EmulatorClock {
  let offsetMs = 0;
  return {
    now: () => new Date(Date.now() + offsetMs),
    set: (date) => {
      offsetMs = date.getTime() - Date.now();
    },
    advance: (ms) => {
      offsetMs += ms;
    },
    reset: () => {
      offsetMs = 0;
    },
  };
}
