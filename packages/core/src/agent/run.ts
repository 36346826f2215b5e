/** One run: the loop, driven. Every batch is numbered, stored and folded before anything follows from it. */
import { randomUUID } from "node:crypto";
import { asLocusError, LeaseLostError, LocusError } from "../errors/errors.ts";
import { durableEventSchema } from "../events/schema.ts";
import { checkStorable } from "../events/storable.ts";
import { isSurelyStorable } from "../events/sure.ts";
import type {
  AgentEvent,
  DurableDraft,
  DurableEvent,
  EventEnvelope,
  TransientDraft,
} from "../events/types.ts";
import type { GuardrailReport } from "../hooks/types.ts";
import { deepFreeze, type JsonObject } from "../json/json.ts";
import type { Batch, RunContext } from "../loop/context.ts";
import type { AgentDefinition } from "../loop/definition.ts";
import { loop } from "../loop/loop.ts";
import type { RunControl } from "../loop/run-control.ts";
import { withCallIds } from "../messages/call-ids.ts";
import type { ChatModel } from "../model/types.ts";
import { fold } from "../state/reduce.ts";
import type { AgentState } from "../state/types.ts";
import type { Opening } from "./beginning.ts";
import { StoreFailure, type ThreadRecord } from "./record.ts";
import { timestamp } from "./timestamp.ts";

/** Where a run's events go. */
export interface EventSink {
  publish(event: AgentEvent): void;
  /** For the thread's listeners, not for who watches this run: an earlier run is being put on record as over. */
  note(event: AgentEvent): void;
  /** Settles when the watcher has taken every event so far; `undefined` where nobody keeps the run waiting. */
  taken(): Promise<void> | undefined;
  /** The same, but only where the watcher is far behind. */
  backpressure(): Promise<void> | undefined;
}

/** What a run is made of: what its nodes share, where it is kept, and who watches. */
export interface RunParts
  extends Omit<RunContext, "commit" | "report" | "publish" | "backpressure" | "claimCallId"> {
  readonly record: ThreadRecord;
  readonly sink: EventSink;
  readonly opening: Opening;
}

export class Run implements RunContext {
  readonly definition: AgentDefinition;
  readonly model: ChatModel;
  readonly auxiliaryModel: ChatModel;
  readonly systemPrompt: string;
  readonly streaming: boolean;
  readonly metadata: JsonObject;
  readonly control: RunControl;
  readonly #record: ThreadRecord;
  readonly #sink: EventSink;
  readonly #opening: Opening;
  #state: AgentState;
  #callIds: Set<string> | undefined;
  #storing = true;
  /** What guards found since the last batch. */
  readonly #found: DurableDraft[] = [];

  constructor(parts: RunParts) {
    this.definition = parts.definition;
    this.model = parts.model;
    this.auxiliaryModel = parts.auxiliaryModel;
    this.systemPrompt = parts.systemPrompt;
    this.streaming = parts.streaming;
    this.metadata = parts.metadata;
    this.control = parts.control;
    this.#record = parts.record;
    this.#sink = parts.sink;
    this.#opening = parts.opening;
    this.#state = parts.state;
  }

  get state(): AgentState {
    return this.#state;
  }

  /**
   * Runs to the end.
   *
   * @returns What it failed by. A stop that came when the run had ended by itself is not that.
   */
  async drive(): Promise<LocusError | undefined> {
    const { closing, drafts, runId } = this.#opening;
    try {
      for (const event of await this.#close(closing)) {
        this.definition.hooks.onEvent(event);
        this.#sink.note(event);
      }
      await this.commit(drafts);
      return (await loop(this))?.error;
    } catch (error) {
      // Not a model's or a tool's failure, those are outcomes: the store's, or a bug. The run still ends in order.
      const isUnstored = error instanceof StoreFailure;
      this.#storing &&= !isUnstored;
      const failure = asLocusError(isUnstored ? error.cause : error, "the run failed");
      this.control.end({ reason: "error", error: failure });
      if (this.#state.run.runId !== runId) await this.commit(drafts);
      const stop = await loop(this);
      // Whatever else it was stopped by, an end that is not on record must not look like one that is.
      return isUnstored || stop === undefined ? failure : stop.error;
    }
  }

  readonly report = (found: GuardrailReport): void => {
    this.#found.push({ ...found, type: "guardrail" });
  };

  publish(draft: TransientDraft): void {
    this.#publish(Object.freeze({ ...draft, ...this.#envelope(this.#state.version, this.#opening.runId) }));
  }

  backpressure(): Promise<void> | undefined {
    return this.#sink.backpressure();
  }

  claimCallId(id: string): string {
    // Calls of this run may have been left out of the conversation: their keys are taken all the same.
    this.#callIds ??= withCallIds(
      this.#state.run.toolExecutions.map((execution) => execution.callId),
      this.#state.messages,
    );
    const free = typeof id === "string" && id !== "" && !this.#callIds.has(id);
    const own = free ? id : `call_${randomUUID().replaceAll("-", "")}`;
    this.#callIds.add(own);
    return own;
  }

  /** Stores, folds and publishes a batch behind what guards found since the last one, at the watcher's pace. */
  async commit(batch: Batch): Promise<void> {
    const drafts = this.#found.length === 0 ? batch : [...this.#found.splice(0), ...batch];
    if (drafts.length === 0) return;
    const events = this.#eventsOf(drafts, this.#opening.runId);
    // Folded first: what cannot be folded must not be stored.
    const next = fold(this.#state, events);
    if (this.#storing) await this.#record.add(events, next);
    this.#state = next;
    for (const event of events) {
      this.#publish(event);
      const taken = this.#sink.taken();
      if (taken !== undefined) await taken;
    }
  }

  /** The same for an earlier run that was left open, which nobody watches any more. */
  async #close(closing: readonly DurableDraft[]): Promise<readonly DurableEvent[]> {
    if (closing.length === 0) return [];
    const events = this.#eventsOf(closing, this.#state.run.runId);
    const next = fold(this.#state, events);
    if (this.#storing) await this.#record.add(events, next);
    this.#state = next;
    return events;
  }

  #eventsOf(drafts: readonly DurableDraft[], runId: string): readonly DurableEvent[] {
    // Without its lease a run has no say, also where nobody else has taken it yet: whoever does goes on from here.
    this.#storing &&= !(this.control.stop?.error instanceof LeaseLostError);
    const { version } = this.#state;
    return drafts.map((draft, index): DurableEvent => {
      // What a failing store does not hold takes no number: the next one to write the thread will.
      const sequence = this.#storing ? version + 1 + index : version;
      const event = { ...draft, ...this.#envelope(sequence, runId) };
      return deepFreeze(this.#storing ? readable(event) : event);
    });
  }

  #publish(event: AgentEvent): void {
    this.definition.hooks.onEvent(event);
    this.#sink.publish(event);
  }

  #envelope(sequence: number, runId: string): EventEnvelope {
    return { runId, threadId: this.#state.threadId, sequence, timestamp: timestamp() };
  }
}

/** The last line of defence: what could not be read back would make the whole thread unreadable. */
function readable(event: DurableEvent): DurableEvent {
  const checked = checkStorable(durableEventSchema, event, isSurelyStorable);
  if ("value" in checked) return checked.value;
  throw new LocusError(`the run made what is no ${event.type} event: ${checked.wrong}`, {
    code: "internal",
    hint: "It is not on record, and the thread is as it was before it. Something was handed to the run that JSON cannot hold, or that its type does not allow.",
  });
}
