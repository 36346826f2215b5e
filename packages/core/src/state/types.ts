/** The state of a thread, which is its durable events folded. Frozen; only `reduce` makes a new one. */
import type {
  ErrorSummary,
  Interrupt,
  StopReason,
  ToolComplete,
  ToolStart,
  Verification,
} from "../events/types.ts";
import type { JsonObject, JsonValue } from "../json/json.ts";
import type { Message, ToolCallPart, UserPart } from "../messages/types.ts";
import type { ModelStopReason, ProviderState, Usage } from "../model/types.ts";
import type { GroundingReport } from "../reasoning/grounding/types.ts";
import type { GsarReport } from "../reasoning/gsar/types.ts";

/** A call the model made in this run, and what came of it. */
export interface ToolExecution {
  readonly callId: string;
  readonly name: string;
  /** Validated arguments, or the model's own text where they were not valid. */
  readonly arguments: JsonValue;
  readonly result?: JsonValue;
  readonly error?: { readonly message: string; readonly code: string };
  readonly isError: boolean;
  readonly cached: boolean;
  readonly source: ToolComplete["source"];
  readonly durationMs: number;
}

/** A call without its result yet. */
export interface PendingCall {
  readonly call: ToolCallPart;
  /** Written before the body ran: present means that the body may have run. */
  readonly started?: Pick<ToolStart, "arguments" | "idempotencyKey" | "idempotent">;
  /** The question the call waits on. */
  readonly interruptId?: string;
  /** A person's word on whether the call may be made, and which arguments it was shown with. */
  readonly approval?: { readonly value: JsonValue; readonly shown?: JsonValue };
  /** The call had begun when its process died, and a person was asked whether it is to run again. */
  readonly unknownOutcome?: true;
  /** A person's answer to what the body asked. */
  readonly answer?: { readonly value: JsonValue };
}

export type PendingInterrupt = Omit<Interrupt, "type">;

/** A success of an idempotent call, standing in for its repeats. */
export interface LedgerEntry {
  readonly callId: string;
  readonly name: string;
  readonly scope: "run" | "thread";
  /** Epoch milliseconds; absent means for as long as its scope. */
  readonly expiresAt?: number;
  readonly result?: JsonValue;
  readonly content?: string | readonly UserPart[];
  /** Set where the result is withheld. */
  readonly error?: { readonly message: string; readonly code: string };
}
export type ToolLedger = Readonly<Record<string, LedgerEntry>>;

/** How often the same set of calls was made in a row. */
export interface CallRepeats {
  readonly signature: string;
  readonly count: number;
}

export interface RunOutcome {
  readonly reason: StopReason;
  readonly stopDetail?: string;
  readonly text?: string;
  readonly error?: ErrorSummary;
}

/** One run. A new run on an old thread starts from a fresh one. */
export interface RunState {
  readonly runId: string;
  readonly agent: string;
  readonly status: "idle" | "running" | "interrupted" | "done";
  /** Model calls made. */
  readonly iteration: number;
  readonly confidence: number;
  readonly usage: Usage;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly toolExecutions: readonly ToolExecution[];
  readonly pending: readonly PendingCall[];
  readonly interrupts: readonly PendingInterrupt[];
  readonly repeats: CallRepeats;
  /** How the model's last answer ended; absent before the first. */
  readonly lastStopReason?: ModelStopReason;
  /** Index in `messages` of the first message after this run's input. */
  readonly firstMessage: number;
  /** How many messages right before it are the input. */
  readonly inputMessages: number;
  /** The iterations are used up and a last answer without tools was asked for. */
  readonly summaryAsked: boolean;
  /** Of the model's last answer: the checks it has passed, and the one that sent it back or ended the run. */
  readonly verification?: {
    /** Which answer of the run. */
    readonly iteration: number;
    readonly passed: readonly string[];
    readonly rejected?: Pick<Verification, "verifier" | "reason" | "detail"> & {
      readonly decision: "retry" | "fail";
    };
  };
  /** How many answers each check has sent back. */
  readonly rejections?: Readonly<Record<string, number>>;
  /** What a check read out of the answer. */
  readonly output?: { readonly value: JsonValue };
  /** What the last evaluation of an answer found, of an agent with `grounding`. */
  readonly grounding?: GroundingReport;
  /** The evaluations so far, of an agent with `gsar`. */
  readonly gsar?: GsarReport;
  /** The answer of the run after which it was last looked back on. */
  readonly reflectedAt?: number;
  /** What looking back has come to. */
  readonly reflections?: {
    readonly count: number;
    /** How many of `toolExecutions` have been looked at. */
    readonly executions: number;
    /** How often the model was told that it gets nowhere, since it last got somewhere. */
    readonly guided: number;
  };
  readonly outcome?: RunOutcome;
}

export interface AgentState {
  readonly threadId: string;
  /** Sequence of the last durable event; 0 for an empty thread. */
  readonly version: number;
  /** The conversation, across runs. The system prompt is not in it: it is the current definition's. */
  readonly messages: readonly Message[];
  readonly providerState?: ProviderState;
  /** The user's, across runs. */
  readonly metadata: JsonObject;
  readonly toolLedger: ToolLedger;
  readonly run: RunState;
}
