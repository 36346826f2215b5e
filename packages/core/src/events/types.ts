/** The one vocabulary of a run. Durable events are the truth; transient ones are for people watching. */
import type { JsonObject, JsonValue } from "../json/json.ts";
import type { AssistantMessage, Message, UserPart } from "../messages/types.ts";
import type { ModelStopReason, ProviderState, Usage } from "../model/types.ts";
import type { ClaimVerdict, EvidenceExtent } from "../reasoning/grounding/types.ts";
import type { GsarDecision, GsarPartition } from "../reasoning/gsar/types.ts";

/** Written with every stored thread. An older one is migrated on read, a newer one refused. */
export const SCHEMA_VERSION = 1;

/** Why a run ended. */
export type StopReason =
  | "complete"
  | "terminal_tool"
  | "confidence_met"
  | "max_iterations"
  | "tool_loop"
  | "token_budget"
  | "cost_budget"
  | "time_budget"
  | "cancelled"
  | "interrupted"
  | "grounding_failed"
  | "output_invalid"
  | "guardrail"
  | "error";

/** On every event. `sequence` counts a thread's durable events from 1 without gaps; a transient one repeats the last. */
export interface EventEnvelope {
  readonly runId: string;
  readonly threadId: string;
  readonly sequence: number;
  /** ISO 8601, UTC. */
  readonly timestamp: string;
}

export interface ErrorSummary {
  readonly message: string;
  readonly code: string;
  readonly hint?: string;
}

/** Where the outcome of a call came from. */
export type ToolResultSource = "executed" | "cached" | "denied" | "cancelled" | "unknown_outcome";

export interface RunStart {
  readonly type: "run_start";
  readonly schemaVersion: number;
  readonly agent: string;
  readonly input: readonly Message[];
  readonly metadata?: JsonObject;
}
export interface ModelComplete {
  readonly type: "model_complete";
  readonly message: AssistantMessage;
  readonly usage: Usage;
  readonly stopReason: ModelStopReason;
  readonly modelId: string;
  /** Whose model answered, where the agent's model stands before others. */
  readonly provider?: string;
  /** The tier that was charged, where the server says so. */
  readonly serviceTier?: string;
  /** The answer was kept from an earlier call, and cost nothing. */
  readonly cached?: true;
  readonly requestId?: string;
  readonly providerState?: ProviderState;
  readonly warnings?: readonly string[];
  /** The answer's items as they came, where the model keeps them (`rawOutput: true`) and no hook rewrote the message. */
  readonly rawOutput?: readonly JsonValue[];
}
export interface ToolStart {
  readonly type: "tool_start";
  readonly callId: string;
  readonly name: string;
  /** Validated, defaults filled. */
  readonly arguments: JsonValue;
  readonly idempotencyKey: string;
  /** Present on calls of idempotent tools: how long a success stands in for a repeat. */
  readonly idempotent?: { readonly scope: "run" | "thread"; readonly ttlMs?: number };
}
export interface ToolComplete {
  readonly type: "tool_complete";
  readonly callId: string;
  readonly name: string;
  /** What was asked for, where no `tool_start` said it: the call was not run. */
  readonly arguments?: JsonValue;
  readonly result?: JsonValue;
  /** What the model is shown, where it differs from `result` written out. */
  readonly content?: string | readonly UserPart[];
  readonly error?: { readonly message: string; readonly code: string };
  readonly isError: boolean;
  readonly durationMs: number;
  readonly cached: boolean;
  readonly source: ToolResultSource;
  /** Merged into the thread's metadata: what a hook keeps of the call there. */
  readonly metadata?: JsonObject;
}
/** What the run has come to so far was looked at. */
export interface Reflect {
  readonly type: "reflect";
  /** `on_track`, `new_findings`, `stuck`, `loop_detected`. */
  readonly assessment: string;
  /** What was added to the confidence: all of them sum up to it. */
  readonly confidenceDelta: number;
  readonly confidence: number;
  /** What the model was told. */
  readonly guidance?: string;
  /** Why it was judged so, in a sentence. */
  readonly reason?: string;
  /** Why it was looked at now: its turn had come, calls had failed, calls repeat. */
  readonly trigger?: "cadence" | "error" | "loop";
  /** What a judge cost. */
  readonly usage?: Usage;
}
/** The claims of an answer were looked for in the evidence; the `verification` after it says what that cost. */
export interface Grounding {
  readonly type: "grounding";
  readonly score: number;
  readonly claims: readonly string[];
  /** Those of `claims` that are not grounded: unfounded or contradicted. */
  readonly ungroundedClaims: readonly string[];
  /** `accept`, `retry` or `fail`. */
  readonly decision: string;
  /** What was found for each of `claims`, in their order. */
  readonly verdicts?: readonly ClaimVerdict[];
  readonly evidence?: EvidenceExtent;
}
/** The same for an agent with `gsar`: the claims in their places, and what that comes to. */
export interface Gsar {
  readonly type: "gsar";
  readonly score: number;
  readonly decision: GsarDecision;
  readonly partition: GsarPartition;
  /** The answer was to be sent back, and the budget for that is used up. */
  readonly degraded: boolean;
  readonly evidence?: EvidenceExtent;
}
/** The answer that the run would end with was put to one of the agent's checks. */
export interface Verification {
  readonly type: "verification";
  /** `output`, `grounding`, `gsar`, or a gate's name. */
  readonly verifier: string;
  /** `retry`: the model is told what is wrong and goes on. `fail`: the run ends. */
  readonly decision: "accept" | "retry" | "fail";
  /** What the run ends for, with `fail`. */
  readonly reason?: StopReason;
  readonly detail?: string;
  /** What the check read out of the answer. */
  readonly output?: JsonValue;
  /** What the check cost. */
  readonly usage?: Usage;
}
/** A question to a person. */
export interface Interrupt {
  readonly type: "interrupt";
  readonly interruptId: string;
  readonly callId?: string;
  readonly kind: "question" | "approval";
  readonly question: string;
  readonly options?: readonly string[];
  readonly name?: string;
  readonly arguments?: JsonValue;
  /** Of an approval: of the name and arguments shown. An answer that carries it is for this call and no other. */
  readonly digest?: string;
  /** The call had begun when its process died: approving runs it again. */
  readonly reason?: "unknown_outcome";
}
export interface Resume {
  readonly type: "resume";
  readonly interruptId: string;
  readonly answer: JsonValue;
}
export interface ContextCompacted {
  readonly type: "context_compacted";
  /** How many messages, counted from `from`, gave way to `replacement`. */
  readonly from: number;
  readonly count: number;
  readonly replacement: readonly Message[];
  /** Who decided: `compactor`, `sliding_window`, … */
  readonly origin?: string;
  /** What a summary cost. */
  readonly usage?: Usage;
  /** Of the whole request, on the last event of a decision, where they were counted. */
  readonly tokensBefore?: number;
  readonly tokensAfter?: number;
}
export interface MessageAdded {
  readonly type: "message_added";
  readonly message: Message;
  /** Who put it in: a hook's name, `reminder`, `summary`, … */
  readonly origin: string;
}
export interface Retry {
  readonly type: "retry";
  readonly what: string;
  readonly attempt: number;
  readonly delayMs: number;
  /** What the discarded or failed try cost, where it was, or may have been, paid for. */
  readonly usage?: Usage;
}
export interface Guardrail {
  readonly type: "guardrail";
  readonly detector: string;
  readonly action: string;
  readonly where: string;
  readonly detail?: string;
  /** What finding it cost. */
  readonly usage?: Usage;
}
/** A tool the provider ran itself. */
export interface HostedTool {
  readonly type: "hosted_tool";
  readonly name: string;
  readonly status: string;
  readonly input?: JsonValue;
  readonly output?: JsonValue;
}
export interface Terminate {
  readonly type: "terminate";
  readonly reason: StopReason;
  /** The leaf condition that fired, or what a hook said. */
  readonly stopDetail?: string;
  readonly text?: string;
  readonly iterations: number;
  readonly usage: Usage;
  /** Of `usage`: what calls that were under way, or failed, may have cost, and no other event tells. */
  readonly lost?: Usage;
  readonly error?: ErrorSummary;
  /** Merged into the thread's metadata: the answer, under the agent's `outputKey`. */
  readonly metadata?: JsonObject;
}

/** What happened, before the loop gives it its place in the thread. */
export type DurableDraft =
  | RunStart
  | ModelComplete
  | ToolStart
  | ToolComplete
  | Reflect
  | Grounding
  | Gsar
  | Verification
  | Interrupt
  | Resume
  | ContextCompacted
  | MessageAdded
  | Retry
  | Guardrail
  | HostedTool
  | Terminate;

export interface ModelChunk {
  readonly type: "model_chunk";
  readonly kind: "text" | "reasoning" | "tool_call";
  readonly text: string;
  /** Position of the call among the calls of this message, for `kind: "tool_call"`. */
  readonly callIndex?: number;
  /** The called tool, on the first chunk of a call. */
  readonly name?: string;
}
export interface ToolProgress {
  readonly type: "tool_progress";
  readonly callId: string;
  readonly name: string;
  readonly progress: JsonValue;
}
export type TransientDraft = ModelChunk | ToolProgress;

type Enveloped<Draft> = Draft extends unknown ? Draft & EventEnvelope : never;

export type DurableEvent = Enveloped<DurableDraft>;
export type TransientEvent = Enveloped<TransientDraft>;
/** What `agent.stream()` yields; a discriminated union on `type`. */
export type AgentEvent = DurableEvent | TransientEvent;
/** The event of one type: `EventOf<"tool_complete">`. */
export type EventOf<Type extends AgentEvent["type"]> = Extract<AgentEvent, { type: Type }>;

export function isDurable(event: AgentEvent): event is DurableEvent {
  return event.type !== "model_chunk" && event.type !== "tool_progress";
}
