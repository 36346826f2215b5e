/** Hooks: where a user looks into a run or steps in. Each gets one context and may return one decision. */
import type { AgentResult } from "../agent/result.ts";
import type { LocusError } from "../errors/errors.ts";
import type { AgentEvent, Guardrail, StopReason, ToolResultSource } from "../events/types.ts";
import type { JsonObject, JsonValue } from "../json/json.ts";
import type { Message } from "../messages/types.ts";
import type { ChatModel, ModelRequest, ModelResponse } from "../model/types.ts";
import type { AgentState } from "../state/types.ts";
import type { Question } from "../tool/interrupt.ts";
import type { Awaitable, Tool, ToolCall, ToolFailure, ToolOutcome } from "../tool/types.ts";

/** Ends the run, as a result and not as an error. */
export interface EndRun {
  /** Not `interrupted`: no question would be open, so nothing could go on with the run. */
  readonly reason: Exclude<StopReason, "interrupted">;
  /** The run's final text. */
  readonly text?: string;
  /** Becomes `result.stopDetail`. Default: the hook's name. */
  readonly detail?: string;
}

/** A guard's finding, put on record as a `guardrail` event. It names what was found, and never quotes it. */
export type GuardrailReport = Omit<Guardrail, "type">;

/** On every decision. */
interface Reporting {
  readonly guardrails?: readonly GuardrailReport[];
}

export interface BeforeRunContext {
  readonly input: readonly Message[];
  /** Of a `resume()`: what was answered, by interrupt id. Not on record yet. */
  readonly answers?: JsonObject;
  /** The thread as it was before this run. */
  readonly state: AgentState;
  readonly metadata: JsonObject;
}
export interface BeforeRunDecision extends Reporting {
  readonly input?: readonly Message[];
  /** Taken for the answers, under the same ids. */
  readonly answers?: JsonObject;
  readonly end?: EndRun;
}

/** Which model is asked: the agent's own, or the auxiliary one for the summary at the limit. */
export type AskedModel = Pick<ChatModel, "provider" | "modelId" | "cacheIdentity">;

export interface BeforeModelCallContext {
  readonly model: AskedModel;
  readonly request: ModelRequest;
  readonly state: AgentState;
  /** 1 for the first try of this turn. */
  readonly attempt: number;
}
export interface BeforeModelCallDecision extends Reporting {
  /** Sent instead. */
  readonly request?: ModelRequest;
  /** Taken for the model's answer; the model is not called. */
  readonly response?: ModelResponse;
  readonly end?: EndRun;
}

export interface AfterModelCallContext {
  readonly model: AskedModel;
  readonly request: ModelRequest;
  readonly response: ModelResponse;
  readonly state: AgentState;
  readonly attempt: number;
}
export interface AfterModelCallDecision extends Reporting {
  /** Taken for the model's answer. */
  readonly response?: ModelResponse;
  /** Throws the answer away and asks again, at most five times a turn in all. */
  readonly retry?: true | { readonly delayMs: number };
  readonly end?: EndRun;
}

export interface ModelErrorContext {
  readonly model: AskedModel;
  readonly request: ModelRequest;
  readonly error: LocusError;
  /** Pieces of the answer had come before it failed: watchers have seen them, and they are paid for. */
  readonly delivered: boolean;
  readonly state: AgentState;
  readonly attempt: number;
}

/** A request on its way to the model, as it is sent. */
export interface AroundModelCallContext {
  readonly model: AskedModel;
  readonly request: ModelRequest;
  readonly state: AgentState;
  /** Whether the answer is streamed. */
  readonly streaming: boolean;
}

export interface BeforeToolCallContext {
  readonly call: ToolCall;
  readonly tool: Tool;
  readonly state: AgentState;
  /** Aborts when the run ends: for what the hook itself asks of others. */
  readonly signal: AbortSignal;
}
export interface BeforeToolCallDecision extends Reporting {
  /** Run with these instead; they are validated again. */
  readonly arguments?: JsonValue;
  /** Not run; the model reads this as the reason. */
  readonly deny?: string;
  /** A person is asked first, with this question: an approval, as by the tool's own `needsApproval`. */
  readonly ask?: string | Question;
  /** Not run; taken for the tool's result. */
  readonly result?: JsonValue;
  readonly end?: EndRun;
}

/** A tool's body that is about to run, with all its tries. */
export interface AroundToolCallContext {
  readonly call: ToolCall;
  readonly tool: Tool;
  readonly state: AgentState;
}
/** What a body came to: an outcome, or a question to a person. */
export type ToolBodyEnd = { readonly outcome: ToolOutcome } | { readonly question: Question };

export interface AfterToolCallContext {
  readonly call: ToolCall;
  readonly result?: JsonValue;
  readonly error?: ToolFailure;
  /** Cached and denied calls come by here as well. */
  readonly source: ToolResultSource;
  readonly durationMs: number;
  readonly state: AgentState;
}
export interface AfterToolCallDecision extends Reporting {
  /** What the model and the record get instead. */
  readonly result?: JsonValue;
  /** The same, as a failure: what the model reads in the place of the result, or of the error's own words. */
  readonly error?: string;
  /** Merged into the thread's metadata, where it outlives compaction and is there for later runs. */
  readonly metadata?: JsonObject;
  readonly end?: EndRun;
}

export interface BeforeInterruptContext extends Question {
  readonly kind: "question" | "approval";
  /** Of the tool that asks, or that is asked about. */
  readonly name: string;
  readonly state: AgentState;
}
export interface BeforeInterruptDecision extends Reporting {
  /** Asked instead. */
  readonly question?: string;
  readonly options?: readonly string[];
}

export interface AfterRunContext {
  readonly result: AgentResult;
  readonly error?: LocusError;
  readonly state: AgentState;
  /** The thread's metadata, with this run's on top. */
  readonly metadata: JsonObject;
  /** The agent's, for work of the hook's own. */
  readonly auxiliaryModel: ChatModel;
}

type Decision<T> = Awaitable<T | undefined | void>;

/**
 * `before…` hooks run in order of priority (low first), `after…` hooks in the reverse. Bands: security 0–99,
 * observability 100–199, business 200–299; 300 is the default. So a result reaches a security hook last: an
 * observer that must not see what a redactor takes out gets a lower number than the redactor. A hook that throws is logged once and passed over,
 * unless it is a `guard`: then what it guards does not go through.
 */
export interface Hook {
  /** For messages and logs. */
  readonly name?: string | undefined;
  readonly priority?: number | undefined;
  readonly guard?: boolean | undefined;
  beforeRun?(context: BeforeRunContext): Decision<BeforeRunDecision>;
  beforeModelCall?(context: BeforeModelCallContext): Decision<BeforeModelCallDecision>;
  afterModelCall?(context: AfterModelCallContext): Decision<AfterModelCallDecision>;
  /** The model failed: try again, answer instead, or let the error pass (return nothing). */
  onModelError?(context: ModelErrorContext): Decision<AfterModelCallDecision>;
  beforeToolCall?(context: BeforeToolCallContext): Decision<BeforeToolCallDecision>;
  afterToolCall?(context: AfterToolCallContext): Decision<AfterToolCallDecision>;
  /**
   * Around the call of a model, to run it within something of the hook's own, such as a tracing context. Calls `next` before it
   * first waits for anything; what it returns is not used, and `next` settles as the call does.
   */
  aroundModelCall?(context: AroundModelCallContext, next: () => Promise<ModelResponse>): unknown;
  /** The same for a tool's body; `next` never rejects. */
  aroundToolCall?(context: AroundToolCallContext, next: () => Promise<ToolBodyEnd>): unknown;
  /** A person is about to be asked; nothing of the question is on record yet. */
  beforeInterrupt?(context: BeforeInterruptContext): Decision<BeforeInterruptDecision>;
  /** Always called, also after an error. */
  afterRun?(context: AfterRunContext): unknown;
  /** Every event, durable and transient, as it is published. */
  onEvent?(event: AgentEvent): unknown;
}

/** The middle of each priority band. */
export const HookPriority: {
  readonly security: 50;
  readonly observability: 150;
  readonly business: 250;
  readonly default: 300;
} = Object.freeze({ security: 50, observability: 150, business: 250, default: 300 });

/** Hooks and tools that belong together. */
export interface Plugin {
  readonly name: string;
  readonly hooks?: readonly Hook[] | undefined;
  readonly tools?: readonly Tool[] | undefined;
  /** Settles when work that it began beside the runs is done; `agent.close()` waits for it. */
  flush?(): Promise<void>;
}
