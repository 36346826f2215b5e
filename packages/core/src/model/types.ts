/** The seam between the agent and a language model. A provider implements `ChatModel`; core knows no more than this. */
import type { JsonObject, JsonValue } from "../json/json.ts";
import type { AssistantMessage, Message } from "../messages/types.ts";

/** What a model and its transport can do. A codec converts or warns where something is missing. */
export interface ModelCapabilities {
  readonly tools: boolean;
  readonly parallelToolCalls: boolean;
  /** How an answer can be bound to a schema: by strict schema, as free JSON, or not at all. */
  readonly structuredOutput: "schema" | "json" | "none";
  /** Whether that goes along with tools in one request. Default `true`. */
  readonly structuredOutputWithTools?: boolean;
  readonly vision: boolean;
  readonly files: boolean;
  readonly audio: boolean;
  readonly reasoning: boolean;
  readonly streaming: boolean;
  /** The provider keeps the conversation and is sent only what is new. */
  readonly serverState: boolean;
  /** Tokens of prompt and answer together, or of the prompt where that has a limit of its own; where it is known. */
  readonly contextWindow?: number;
}

/** Sampling and limits. Nothing here has a default of ours: what is not set is not sent. */
export interface ModelSettings {
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly maxOutputTokens?: number;
  readonly stop?: readonly string[];
  readonly seed?: number;
  readonly frequencyPenalty?: number;
  readonly presencePenalty?: number;
  readonly parallelToolCalls?: boolean;
  readonly reasoning?: {
    readonly effort?: "none" | "minimal" | "low" | "medium" | "high" | "xhigh";
    readonly summary?: "auto" | "concise" | "detailed";
  };
  readonly verbosity?: "low" | "medium" | "high";
  readonly serviceTier?: string;
  /** Merged into the request body as is, for what has no name here. */
  readonly extraBody?: JsonObject;
}

/** A tool as the model sees it; `parameters` is JSON Schema. */
export interface ToolDefinition {
  readonly name: string;
  readonly description: string;
  readonly parameters: JsonObject;
  readonly strict?: boolean;
}

/** A tool that the provider runs on its side; made with `hostedTool`. */
export interface HostedToolDefinition {
  readonly hosted: "file_search" | "code_interpreter" | "mcp" | "web_search" | "image_generation";
  /** How events and messages call it. */
  readonly name: string;
  /** The provider's own options, by their names on the wire. */
  readonly options: JsonObject;
}

/** What a hosted tool did in one answer. */
export interface HostedToolRun {
  readonly name: string;
  readonly status: string;
  readonly input?: JsonValue;
  readonly output?: JsonValue;
}

export type ToolChoice = "auto" | "none" | "required" | { readonly name: string };

export interface OutputSchema {
  readonly name: string;
  readonly description?: string;
  readonly schema: JsonObject;
  readonly strict?: boolean;
}

/** What a provider wants to see again next time. Opaque to core, stored with its provider and model. */
export interface ProviderState {
  readonly provider: string;
  readonly modelId: string;
  readonly data: JsonValue;
}

/** One try that failed and will be made again, told by a model through `ModelRequest.onRetry`. */
export interface RetryNotice {
  readonly what: string;
  readonly attempt: number;
  readonly delayMs: number;
  /** What the failed try may have cost, and with which model, where it may have been paid for. */
  readonly lost?: LostCall;
}

/** A call that brought no answer and may have been paid for. */
export interface LostCall {
  readonly provider: string;
  readonly modelId: string;
  /** As told where it was, else estimated. */
  readonly usage: Usage;
}

/** One call of a model. `messages` is always the whole conversation, the system prompt first. */
export interface ModelRequest {
  readonly messages: readonly Message[];
  readonly tools?: readonly ToolDefinition[];
  /** A transport that has none of them refuses the request. */
  readonly hostedTools?: readonly HostedToolDefinition[];
  readonly toolChoice?: ToolChoice;
  readonly outputSchema?: OutputSchema;
  readonly settings?: ModelSettings;
  readonly providerState?: ProviderState;
  /** An earlier answer to this very request was thrown away: whoever keeps answers gets a new one. */
  readonly fresh?: true;
  readonly signal?: AbortSignal;
  readonly onRetry?: (notice: RetryNotice) => void;
}

/** What is counted of a request; any `ModelRequest` will do. */
export type TokenCountRequest = Pick<ModelRequest, "messages" | "tools" | "outputSchema">;

/**
 * Tokens, and money where the price is known. An unknown price is absent, not zero.
 *
 * `inputTokens` counts the whole prompt, with what came from the provider's cache and what went into it; `outputTokens` all
 * that was written, with reasoning; `totalTokens` is their sum. Every provider's counts are brought into this form.
 */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly totalTokens: number;
  /** Of `inputTokens`. */
  readonly cachedInputTokens?: number;
  /** Of `inputTokens`, and none of those that came from the cache. */
  readonly cacheWriteTokens?: number;
  /** Of `cacheWriteTokens`: written to stay for an hour, which costs more. */
  readonly cacheWrite1hTokens?: number;
  /** Of `outputTokens`. */
  readonly reasoningTokens?: number;
  /** US dollars. In a sum it is there only where the price of every part is known. */
  readonly costUsd?: number;
  /** In a sum that has parts of unknown price: what the others cost. */
  readonly partialCostUsd?: number;
  /** `"<provider>:<model id>"` of the models whose tokens are in here and whose price is not known; sorted. */
  readonly unpriced?: readonly string[];
  /** Some of these tokens nobody told: they are estimated, and what they cost is not known. */
  readonly estimated?: true;
}

export type ModelStopReason = "stop" | "tool_calls" | "length" | "content_filter";

export interface ModelResponse {
  readonly message: AssistantMessage;
  readonly usage: Usage;
  readonly stopReason: ModelStopReason;
  /** As the server names it, which may be a dated version of what was asked for. */
  readonly modelId: string;
  /** Whose model answered, where it is not the one that was asked: a model that stands before others says it. */
  readonly provider?: string;
  /** The tier that was charged, as the server names it and `PriceRow.serviceTier` has it, where it says so. */
  readonly serviceTier?: string;
  /** The answer was kept from an earlier call, and nothing was sent: `usage` says zero, and so does its cost. */
  readonly cached?: true;
  readonly requestId?: string;
  readonly providerState?: ProviderState;
  /** What the provider's own tools did on the way to the answer. */
  readonly hostedTools?: readonly HostedToolRun[];
  /** What was asked for and could not be done, in words. */
  readonly warnings?: readonly string[];
  /** The answer's items as they came, for tracing; only from models that were told to keep them (`rawOutput: true`). */
  readonly rawOutput?: readonly JsonValue[];
}

export type ModelStreamPart =
  | { readonly type: "text_delta"; readonly text: string }
  | { readonly type: "reasoning_delta"; readonly text: string }
  | {
      readonly type: "tool_call_delta";
      readonly index: number;
      readonly id?: string;
      readonly name?: string;
      readonly argumentsDelta: string;
    }
  | { readonly type: "finish"; readonly response: ModelResponse };

/**
 * A language model behind one transport. Implementations hold no conversation: everything comes in the request.
 *
 * `stream()` ends with exactly one `finish` part that carries the whole response; a stream that breaks off throws
 * `IncompleteStreamError`. Both methods reject with a `LocusError`, and stop the socket when `signal` aborts.
 */
export interface ChatModel {
  readonly provider: string;
  readonly modelId: string;
  readonly capabilities: ModelCapabilities;
  complete(request: ModelRequest): Promise<ModelResponse>;
  stream(request: ModelRequest): AsyncIterable<ModelStreamPart>;
  /**
   * Input tokens of a request, where the model's tokenizer is at hand; `estimateTokens` stands in for it. It is asked before
   * every call: it makes no request, adds up message by message, and counts a frozen message only once.
   */
  countTokens?(request: TokenCountRequest): number | Promise<number>;
  /**
   * Whether a state kept with a thread is of use to this model. Default: its provider and model id are this model's. A
   * model that stands before others asks each of them.
   */
  takesState?(state: ProviderState): boolean;
  /**
   * What its answers depend on beside its provider, its model id and the request: the server's address, options. Two models
   * with the same one give each other's answers out of a cache (`withCache`). No secret is in it. Default: it is like no
   * other model, and after a restart not like itself.
   */
  readonly cacheIdentity?: JsonValue | undefined;
  close?(): Promise<void>;
}
