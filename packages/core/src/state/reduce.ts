/** The one place where state changes: a pure fold over a thread's durable events. */
import type { DurableEvent, EventOf } from "../events/types.ts";
import { canonicalJson, type JsonValue, parseJson } from "../json/json.ts";
import { toolCallsOf } from "../messages/messages.ts";
import type { Message, ToolCallPart } from "../messages/types.ts";
import { groundingAfter } from "../reasoning/grounding/fold.ts";
import { gsarAfter } from "../reasoning/gsar/fold.ts";
import { record, stillValid } from "./ledger.ts";
import { append, insertToolMessage, renderResult, withoutUnsaid } from "./transcript.ts";
import type {
  AgentState,
  CallRepeats,
  PendingCall,
  PendingInterrupt,
  RunState,
  ToolExecution,
} from "./types.ts";
import { addUsage, NO_USAGE } from "./usage.ts";

/** `origin` of the message that asks for a last, tool-less answer when the iterations are used up. */
export const SUMMARY_ORIGIN = "max_iterations";

/** `code` of the error where a model cannot take what the user has just said: nothing was sent. */
const UNSUPPORTED_INPUT = "unsupported_input";

const IDLE_RUN: RunState = Object.freeze({
  runId: "",
  agent: "",
  status: "idle",
  iteration: 0,
  confidence: 0,
  usage: NO_USAGE,
  startedAt: "",
  toolExecutions: Object.freeze([]),
  pending: Object.freeze([]),
  interrupts: Object.freeze([]),
  repeats: Object.freeze({ signature: "", count: 0 }),
  firstMessage: 0,
  inputMessages: 0,
  summaryAsked: false,
});

/** The state of a thread that has no events. */
export function emptyState(threadId: string): AgentState {
  return Object.freeze({
    threadId,
    version: 0,
    messages: Object.freeze([]),
    metadata: Object.freeze({}),
    toolLedger: Object.freeze({}),
    run: IDLE_RUN,
  });
}

/** The state after `event`. */
export function reduce(state: AgentState, event: DurableEvent): AgentState {
  const change = apply(state, event);
  return Object.freeze({
    ...state,
    ...change,
    // A new run has nothing of the one before it.
    run:
      change.run === undefined
        ? state.run
        : Object.freeze({ ...(event.type === "run_start" ? IDLE_RUN : state.run), ...change.run }),
    version: event.sequence,
  });
}

/** Folds `events` onto `from`. */
export function fold(from: AgentState, events: Iterable<DurableEvent>): AgentState {
  let state = from;
  for (const event of events) state = reduce(state, event);
  return state;
}

interface Change extends Partial<Omit<AgentState, "run">> {
  readonly run?: Partial<RunState>;
}

function apply(state: AgentState, event: DurableEvent): Change {
  const { run } = state;
  switch (event.type) {
    case "run_start":
      return {
        messages: append(state.messages, event.input),
        metadata: Object.freeze({ ...state.metadata, ...event.metadata }),
        toolLedger: stillValid(state.toolLedger, Date.parse(event.timestamp)),
        run: {
          runId: event.runId,
          agent: event.agent,
          status: "running",
          startedAt: event.timestamp,
          firstMessage: state.messages.length + event.input.length,
          inputMessages: event.input.length,
        },
      };
    case "model_complete": {
      const calls = toolCallsOf(event.message);
      return {
        messages: append(state.messages, [event.message]),
        ...(event.providerState === undefined ? {} : { providerState: event.providerState }),
        run: {
          iteration: run.iteration + 1,
          usage: addUsage(run.usage, event.usage),
          lastStopReason: event.stopReason,
          pending: Object.freeze(calls.map((call): PendingCall => Object.freeze({ call }))),
          repeats: countRepeats(run.repeats, calls),
        },
      };
    }
    case "tool_start": {
      const { arguments: args, idempotencyKey, idempotent } = event;
      const started = {
        arguments: args,
        idempotencyKey,
        ...(idempotent === undefined ? {} : { idempotent }),
      };
      return { run: { pending: updatePending(run.pending, event.callId, (call) => ({ ...call, started })) } };
    }
    case "tool_complete":
      return completeTool(state, event);
    case "reflect":
      return { run: reflected(run, event) };
    case "verification":
      return { run: verified(run, event) };
    case "interrupt": {
      const {
        type: _type,
        runId: _run,
        threadId: _thread,
        sequence: _sequence,
        timestamp: _at,
        ...question
      } = event;
      const { interruptId, callId, reason } = question;
      return {
        run: {
          interrupts: Object.freeze([...run.interrupts, Object.freeze(question)]),
          // The body, if it ran, ended in the question: the call is open again.
          pending: updatePending(
            run.pending,
            callId,
            ({ answer, started: _began, unknownOutcome: _asked, ...call }) => ({
              ...call,
              interruptId,
              // What a person had answered before is still the answer; a new question of the body's takes its place.
              ...(reason === undefined
                ? {}
                : { unknownOutcome: true as const, ...(answer === undefined ? {} : { answer }) }),
            }),
          ),
        },
      };
    }
    case "resume": {
      const question = run.interrupts.find((open) => open.interruptId === event.interruptId);
      const answer = Object.freeze({ value: event.answer });
      return {
        run: {
          status: "running",
          interrupts: Object.freeze(run.interrupts.filter((open) => open !== question)),
          pending: updatePending(run.pending, question?.callId, ({ interruptId: _id, ...call }) => ({
            ...call,
            ...(question?.kind === "approval" ? { approval: shownWith(answer, question) } : { answer }),
          })),
        },
      };
    }
    case "context_compacted": {
      const messages = Object.freeze(state.messages.toSpliced(event.from, event.count, ...event.replacement));
      return {
        messages,
        run: {
          ...inputAfter(run, event),
          ...(event.usage === undefined ? {} : { usage: addUsage(run.usage, event.usage) }),
        },
      };
    }
    case "message_added":
      return {
        messages: append(state.messages, [event.message]),
        ...(event.origin === SUMMARY_ORIGIN ? { run: { summaryAsked: true } } : {}),
      };
    case "retry":
      return event.usage === undefined ? {} : { run: { usage: addUsage(run.usage, event.usage) } };
    case "terminate": {
      const { reason, stopDetail, text, error, lost } = event;
      const sayable =
        error?.code === UNSUPPORTED_INPUT
          ? withoutUnsaid(state.messages, run.firstMessage - run.inputMessages)
          : undefined;
      return {
        ...(sayable === undefined ? {} : { messages: sayable }),
        ...(event.metadata === undefined
          ? {}
          : { metadata: Object.freeze({ ...state.metadata, ...event.metadata }) }),
        run: {
          ...(sayable === undefined ? {} : { firstMessage: Math.min(run.firstMessage, sayable.length) }),
          ...(lost === undefined ? {} : { usage: addUsage(run.usage, lost) }),
          status: reason === "interrupted" ? "interrupted" : "done",
          outcome: Object.freeze({
            reason,
            ...(stopDetail === undefined ? {} : { stopDetail }),
            ...(text === undefined ? {} : { text }),
            ...(error === undefined ? {} : { error }),
          }),
        },
      };
    }
    case "grounding":
      return { run: { grounding: groundingAfter(event) } };
    case "gsar":
      return { run: { gsar: gsarAfter(run.gsar, event) } };
    case "guardrail":
      return event.usage === undefined ? {} : { run: { usage: addUsage(run.usage, event.usage) } };
    case "hosted_tool":
      return {};
  }
}

function reflected(run: RunState, event: EventOf<"reflect">): Partial<RunState> {
  const { count, guided } = run.reflections ?? { count: 0, guided: 0 };
  const { confidence, assessment, guidance, usage } = event;
  const isOver = assessment === "on_track" || assessment === "new_findings";
  const told = guidance === undefined ? guided : guided + 1;
  return {
    confidence,
    reflectedAt: run.iteration,
    reflections: Object.freeze({
      count: count + 1,
      executions: run.toolExecutions.length,
      guided: isOver ? 0 : told,
    }),
    ...(usage === undefined ? {} : { usage: addUsage(run.usage, usage) }),
  };
}

function verified(run: RunState, event: EventOf<"verification">): Partial<RunState> {
  const { iteration, verification, rejections } = run;
  const { verifier, decision, reason, detail, output, usage } = event;
  const passed = verification?.iteration === iteration ? verification.passed : [];
  const spent = usage === undefined ? {} : { usage: addUsage(run.usage, usage) };
  if (decision === "accept") {
    return {
      ...spent,
      verification: Object.freeze({ iteration, passed: Object.freeze([...passed, verifier]) }),
      ...(output === undefined ? {} : { output: Object.freeze({ value: output }) }),
    };
  }
  const rejected = {
    verifier,
    decision,
    ...(reason === undefined ? {} : { reason }),
    ...(detail === undefined ? {} : { detail }),
  };
  return {
    ...spent,
    verification: Object.freeze({ iteration, passed, rejected: Object.freeze(rejected) }),
    ...(decision === "fail"
      ? {}
      : {
          rejections: Object.freeze({ ...rejections, [verifier]: (rejections?.[verifier] ?? 0) + 1 }),
          // The next answer is asked for: that it calls no tool either makes no loop.
          repeats: IDLE_RUN.repeats,
        }),
  };
}

/** Where the run's input stands once messages before, in or behind it gave way. */
function inputAfter(
  { firstMessage, inputMessages }: RunState,
  { from, count, replacement }: EventOf<"context_compacted">,
): Pick<RunState, "firstMessage" | "inputMessages"> {
  if (from >= firstMessage) return { firstMessage, inputMessages };
  const end = from + count;
  if (end > firstMessage) return { firstMessage: from + replacement.length, inputMessages: 0 };
  return {
    firstMessage: firstMessage - count + replacement.length,
    inputMessages: Math.min(inputMessages, firstMessage - end),
  };
}

function shownWith(
  { value }: { readonly value: JsonValue },
  { arguments: shown }: PendingInterrupt,
): NonNullable<PendingCall["approval"]> {
  return Object.freeze(shown === undefined ? { value } : { value, shown });
}

function completeTool(state: AgentState, event: EventOf<"tool_complete">): Change {
  const { run } = state;
  const pending = run.pending.find(({ call }) => call.id === event.callId);
  const { callId, name, isError, cached, source, durationMs, result, content, error } = event;
  const message: Message = Object.freeze({
    role: "tool",
    callId,
    name,
    content: content ?? (error === undefined ? renderResult(result) : error.message),
    ...(isError ? { isError: true as const } : {}),
  });
  const execution: ToolExecution = Object.freeze({
    callId,
    name,
    arguments:
      pending?.started?.arguments ??
      event.arguments ??
      parseJson(pending?.call.arguments ?? "") ??
      pending?.call.arguments ??
      null,
    isError,
    cached,
    source,
    durationMs,
    ...(result === undefined ? {} : { result }),
    ...(error === undefined ? {} : { error }),
  });
  const started = pending?.started;
  // A withheld result stands for an effect that was had.
  const worked = !isError || error?.code === "withheld";
  const remember = started?.idempotent !== undefined && worked && source === "executed";
  return {
    messages: insertToolMessage(state.messages, message, callId),
    ...(remember ? { toolLedger: record(state.toolLedger, started, event) } : {}),
    ...(event.metadata === undefined
      ? {}
      : { metadata: Object.freeze({ ...state.metadata, ...event.metadata }) }),
    run: {
      pending: Object.freeze(run.pending.filter((open) => open !== pending)),
      interrupts:
        run.interrupts.length === 0
          ? run.interrupts
          : Object.freeze(run.interrupts.filter((open) => open.callId !== callId)),
      toolExecutions: Object.freeze([...run.toolExecutions, execution]),
    },
  };
}

function updatePending(
  pending: readonly PendingCall[],
  callId: string | undefined,
  update: (call: PendingCall) => PendingCall,
): readonly PendingCall[] {
  if (callId === undefined) return pending;
  return Object.freeze(
    pending.map((entry) => (entry.call.id === callId ? Object.freeze(update(entry)) : entry)),
  );
}

const signatureOf = ({ name, arguments: args }: ToolCallPart): string =>
  `${name} ${canonicalJson(parseJson(args) ?? args)}`;

/** The same set of calls, order aside, has the same signature; answers without calls share the empty one. */
function countRepeats(previous: CallRepeats, calls: readonly ToolCallPart[]): CallRepeats {
  const [only, ...others] = calls;
  const signature =
    only === undefined || others.length > 0 ? calls.map(signatureOf).sort().join("\n") : signatureOf(only);
  const repeated = previous.count > 0 && previous.signature === signature;
  return Object.freeze({ signature, count: repeated ? previous.count + 1 : 1 });
}
