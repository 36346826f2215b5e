/** Ctrl-C and its kin: the first one asks the work to stop, the second one ends the process. */

const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/** The signal that came, if any, and what it aborts. */
export interface Interruption extends Disposable {
  readonly signal: AbortSignal;
  /** What the process shall exit with once its work is put away; `undefined` while no signal came. */
  readonly exitCode: number | undefined;
}

/** Watches for signals until disposed of. */
export function watchSignals(): Interruption {
  const controller = new AbortController();
  let exitCode: number | undefined;
  const onSignal = (name: keyof typeof SIGNALS): void => {
    // Twice is an order: handlers of "exit" still run.
    if (exitCode !== undefined) process.exit(SIGNALS[name]);
    exitCode = SIGNALS[name];
    controller.abort(new Error(`interrupted by ${name}`));
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode;
    },
    [Symbol.dispose]: () => {
      process.off("SIGINT", onSignal);
      process.off("SIGTERM", onSignal);
    },
  };
}
