/** How a run is ended before its time: one stop, which all that the run waits for hears of. */
import { type Aborting, abortable } from "../async/abort.ts";
import { Ending } from "../async/ending.ts";
import type { LocusError } from "../errors/errors.ts";
import type { StopReason } from "../events/types.ts";
import type { EndRun } from "../hooks/types.ts";
import type { Usage } from "../model/types.ts";
import { addUsage } from "../state/usage.ts";
import type { Awaitable } from "../tool/types.ts";

/** Why a run must end now, whatever it was doing. */
export interface Stop {
  readonly reason: StopReason;
  readonly detail?: string;
  readonly text?: string;
  /** Thrown at the caller once the run has ended. */
  readonly error?: LocusError;
}

/** The one way to stop a run early; the first stop stands. */
export class RunControl {
  readonly #ending = new Ending();
  #stop: Stop | undefined;
  #lost: Usage | undefined;

  /** For models, tools and whoever else has work under way for the run. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** The same for the run's own waits, of which each turn has many. */
  get stopping(): Aborting {
    return this.#ending;
  }

  get stop(): Stop | undefined {
    return this.#stop;
  }

  end(stop: Stop): void {
    if (this.#stop !== undefined) return;
    this.#stop = stop;
    this.#ending.abort(stop.error ?? new DOMException(`the run ended: ${stop.reason}`, "AbortError"));
  }

  /** Counts a call that brought no answer, until an event tells of it. */
  lose(usage: Usage): void {
    this.#lost = this.#lost === undefined ? usage : addUsage(this.#lost, usage);
  }

  /** What such calls may have cost since it was last asked. */
  takeLost(): { readonly usage?: Usage } {
    const usage = this.#lost;
    this.#lost = undefined;
    return usage === undefined ? {} : { usage };
  }

  /** A hook's wish to end the run. */
  endByHook(end: EndRun): void {
    const { reason, detail, text } = end;
    this.end({
      reason,
      ...(detail === undefined ? {} : { detail }),
      ...(text === undefined ? {} : { text }),
    });
  }
}

/**
 * What `work` comes to, or `undefined` as soon as the run is stopped: what it comes to after that is nobody's. So no hook,
 * rule or validator can keep a run from ending. What is there already is not waited for.
 */
export function unlessStopped<T>(control: RunControl, work: Awaitable<T>): Awaitable<T | undefined> {
  if (work instanceof Promise) return untilStopped(control, work);
  return control.stop === undefined ? work : undefined;
}

function untilStopped<T>(control: RunControl, work: Promise<T>): Promise<T | undefined> {
  return abortable<T | undefined>(work, control.stopping).catch((error: unknown) => {
    if (control.stop === undefined) throw error;
    return undefined;
  });
}
