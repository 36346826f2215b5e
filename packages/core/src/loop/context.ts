/** What the nodes of one run share. Only `state` changes, and only the driver changes it. */
import type { DurableDraft, TransientDraft } from "../events/types.ts";
import type { GuardrailReport } from "../hooks/types.ts";
import type { JsonObject } from "../json/json.ts";
import type { ChatModel } from "../model/types.ts";
import type { AgentState } from "../state/types.ts";
import type { AgentDefinition } from "./definition.ts";
import type { RunControl } from "./run-control.ts";

/** Drafts that are put on record together. */
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
  /**
   * Puts what happened on record: numbers, stores and folds it into `state`, and shows it to whoever watches. A node goes on
   * only when that is done. Its failure is the run's, and no node's to catch.
   */
  commit(batch: Batch): Promise<void>;
  /** Puts what a guard found on record, before what comes of it. */
  readonly report: (found: GuardrailReport) => void;
  /** Shows a transient event to whoever watches. */
  publish(draft: TransientDraft): void;
  /** Where the watcher is behind: settles when it has caught up. */
  backpressure(): Promise<void> | undefined;
  /** Ids of this thread's calls, and a fresh one where a provider left it out or used it before. */
  claimCallId(id: string): string;
}
