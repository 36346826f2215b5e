/** What the nodes of one run share. Only `state` changes, and only the driver changes it. */
import { abortable } from "../async/abort.ts";
import type { LocusError } from "../errors/errors.ts";
import type { DurableDraft, StopReason, TransientDraft } from "../events/types.ts";
import type { EndRun, GuardrailReport } from "../hooks/types.ts";
import type { JsonObject } from "../json/json.ts";
import type { ChatModel, Usage } from "../model/types.ts";
import type { AgentState } from "../state/types.ts";
import { addUsage } from "../state/usage.ts";
import type { AgentDefinition } from "./definition.ts";

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
  readonly #controller = new AbortController();
  #stop: Stop | undefined;
  #lost: Usage | undefined;

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get stop(): Stop | undefined {
    return this.#stop;
  }

  end(stop: Stop): void {
    if (this.#stop !== undefined) return;
    this.#stop = stop;
    this.#controller.abort(stop.error ?? new DOMException(`the run ended: ${stop.reason}`, "AbortError"));
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
 * rule or validator can keep a run from ending.
 */
export async function unlessStopped<T>(control: RunControl, work: Promise<T>): Promise<T | undefined> {
  try {
    return await abortable(work, control.signal);
  } catch (error) {
    if (control.stop === undefined) throw error;
    return undefined;
  }
}

/** What a node yields: drafts that are committed together. */
export type Batch = readonly DurableDraft[];

export interface RunContext {
  readonly definition: AgentDefinition;
  readonly model: ChatModel;
  /** For what is not the conversation itself: the summary at the limit. */
  readonly auxiliaryModel: ChatModel;
  readonly systemPrompt: string;
  /** Whether somebody wants the answer as it is written. */
  readonly streaming: boolean;
  readonly metadata: JsonObject;
  readonly control: RunControl;
  /** The fold of everything committed so far. */
  readonly state: AgentState;
  /** Puts what a guard found on record, before what comes of it. */
  readonly report: (found: GuardrailReport) => void;
  /** Shows a transient event to whoever watches. */
  publish(draft: TransientDraft): void;
  /** Where the watcher is behind: settles when it has caught up. */
  backpressure(): Promise<void> | undefined;
  /** Ids of this thread's calls, and a fresh one where a provider left it out or used it before. */
  claimCallId(id: string): string;
}
