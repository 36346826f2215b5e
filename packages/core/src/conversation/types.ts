/** The seam for what gives way to what when a conversation grows too long for its model. */
import type { Logger } from "../log/logger.ts";
import type { Message } from "../messages/types.ts";
import type { PriceTable } from "../model/prices/types.ts";
import type { ChatModel, ModelRequest, Usage } from "../model/types.ts";
import type { AgentState } from "../state/types.ts";
import type { ResultStore } from "../tool/result-store.ts";
import type { Awaitable } from "../tool/types.ts";

/** Messages that stay or go together: one message, or an assistant message with the results of its calls. */
export interface ConversationUnit {
  /** Index of its first message. */
  readonly from: number;
  /** How many messages it is. */
  readonly count: number;
  /** Must stay as it is: the input of the current run, a call without its result, instructions. */
  readonly fixed: boolean;
}

/** `count` messages, counted from `from` in the conversation as it is, give way to `replacement`. */
export interface CompactionEdit {
  readonly from: number;
  readonly count: number;
  /** Messages that stay are left out of an edit: they keep their identity, and are not stored again. */
  readonly replacement: readonly Message[];
}

/** What a manager decided. It becomes `context_compacted` events, and is never worked out again. */
export interface Compaction {
  /** In order, none overlapping another. All positions are those before any edit. */
  readonly edits: readonly CompactionEdit[];
  /** Who decided, for the record: `compactor`, `sliding_window`, … */
  readonly origin: string;
  /** What a summary cost; counts into the run's usage. */
  readonly usage?: Usage;
  /** Of the whole request, where they were counted. */
  readonly tokensBefore?: number;
  readonly tokensAfter?: number;
}

/** What a manager decides by. */
export interface CompactionContext {
  /** `"limit"`: before a model call. `"overflow"`: the provider has just said that the conversation does not fit. */
  readonly cause: "limit" | "overflow";
  /** `state.messages` is the conversation; the system prompt is not in it, and always stays. */
  readonly state: AgentState;
  /** The conversation in units, in order. */
  readonly units: readonly ConversationUnit[];
  /** What is about to be sent, before hooks have seen it. */
  readonly request: ModelRequest;
  readonly model: ChatModel;
  /** For summaries. */
  readonly auxiliaryModel: ChatModel;
  /** Where long tool results are kept whole, if anywhere. */
  readonly resultStore?: ResultStore;
  readonly logger: Logger;
  /** The agent's own, for what a summary costs. */
  readonly prices?: PriceTable;
  readonly signal: AbortSignal;
  /** Tokens of the request, had the conversation these messages: system prompt and tools are counted in. */
  readonly countTokens: (messages: readonly Message[]) => Promise<number>;
  /** What one message adds to that. */
  readonly weigh: (message: Message) => Promise<number>;
}

/**
 * Decides what of a conversation gives way before a model call. It holds nothing of any thread: all there is to know is
 * in the context, so one manager serves any number of threads.
 *
 * An edit may not part a call from its result, nor touch a unit that is `fixed`; a decision that does ends the run with a
 * `ConfigurationError`.
 *
 * @example
 * ```ts
 * import { Agent, type ConversationManager } from "@locus-sdk/core";
 * import { ScriptedModel } from "@locus-sdk/core/testing";
 *
 * const lastTen: ConversationManager = {
 *   compact({ units }) {
 *     const old = units.slice(0, -10).filter((unit) => !unit.fixed);
 *     const edits = old.map(({ from, count }) => ({ from, count, replacement: [] }));
 *     return edits.length === 0 ? undefined : { edits, origin: "last_ten" };
 *   },
 * };
 * const agent = new Agent({ model: new ScriptedModel(["Hello."]), conversation: lastTen });
 * ```
 */
export interface ConversationManager {
  /** `undefined`, or no edits, where nothing has to give way. Called again on its own result, it should find that. */
  compact(context: CompactionContext): Awaitable<Compaction | undefined>;
}
