/** For tests of conversation management: random transcripts as events, and managers asked without an agent. */
import fc from "fast-check";
import { requestCounter } from "../src/conversation/count.ts";
import type {
  Compaction,
  CompactionContext,
  CompactionEdit,
  ConversationManager,
} from "../src/conversation/types.ts";
import { unitsOf } from "../src/conversation/units.ts";
import type { DurableDraft, DurableEvent } from "../src/events/types.ts";
import type { AssistantPart, Message } from "../src/messages/types.ts";
import type { ModelRequest } from "../src/model/types.ts";
import { emptyState, fold } from "../src/state/reduce.ts";
import type { AgentState } from "../src/state/types.ts";
import { ScriptedModel } from "../src/testing/scripted-model.ts";

export const NO_USAGE = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };
const silent = (): void => undefined;
export const quiet = { debug: silent, info: silent, warn: silent, error: silent };

/** `drafts` as the events of one thread. */
export function eventsOf(drafts: readonly DurableDraft[], threadId = "t"): readonly DurableEvent[] {
  return drafts.map((draft, index) => ({
    ...draft,
    runId: "run_1",
    threadId,
    sequence: index + 1,
    timestamp: "2026-01-01T00:00:00.000Z",
  }));
}

const words = fc.stringMatching(/^[a-z ]{1,200}$/);
const longResult = fc.nat(4000).map((length) => "result ".repeat(Math.ceil(length / 7)).slice(0, length));

interface TurnPlan {
  readonly text: string;
  readonly sealed: boolean;
  readonly results: readonly string[];
}
const turn: fc.Arbitrary<TurnPlan> = fc.record({
  text: words,
  sealed: fc.boolean(),
  results: fc.array(longResult, { maxLength: 4 }),
});
const ids = fc.constantFrom("a", "b", "c", "d");
/** What users hand over from elsewhere: calls without results, results without calls, ids used twice. */
const foreign: fc.Arbitrary<readonly Message[]> = fc.array(
  fc.oneof(
    words.map((content): Message => ({ role: "user", content })),
    words.map((content): Message => ({ role: "system", content })),
    fc.tuple(words, fc.array(ids, { maxLength: 3 })).map(([text, called]): Message => {
      const calls = called.map((id) => ({ type: "tool_call" as const, id, name: "look", arguments: "{}" }));
      return { role: "assistant", content: [{ type: "text", text }, ...calls] };
    }),
    fc
      .tuple(ids, longResult)
      .map(([callId, content]): Message => ({ role: "tool", callId, name: "look", content })),
  ),
  { maxLength: 10 },
);
const runPlan = fc.record({
  foreign: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, foreign),
  input: fc.array(words, { minLength: 1, maxLength: 3 }),
  turns: fc.array(turn, { maxLength: 8 }),
});

/** The state of a thread of several runs, the last of them under way; `open` calls at its end have no results yet. */
export const threads: fc.Arbitrary<AgentState> = fc
  .record({ runs: fc.array(runPlan, { minLength: 1, maxLength: 5 }), open: fc.nat(2) })
  .map(({ runs, open }) => {
    const drafts: DurableDraft[] = [];
    let calls = 0;
    const answer = (text: string, sealed: boolean, ids: readonly string[]): void => {
      const content: AssistantPart[] = [
        ...(sealed ? [{ type: "reasoning" as const, text: "", id: `rs_${calls}`, encrypted: "sealed" }] : []),
        { type: "text", text },
        ...ids.map((id) => ({ type: "tool_call" as const, id, name: "look", arguments: "{}" })),
      ];
      drafts.push({
        type: "model_complete",
        message: { role: "assistant", content },
        usage: NO_USAGE,
        stopReason: ids.length === 0 ? "stop" : "tool_calls",
        modelId: "m",
      });
    };
    for (const { foreign: before, input, turns } of runs) {
      const messages = [...before, ...input.map((content): Message => ({ role: "user", content }))];
      drafts.push({ type: "run_start", schemaVersion: 1, agent: "a", input: messages });
      for (const { text, sealed, results } of turns) {
        const ids = results.map(() => `call_${++calls}`);
        answer(text, sealed, ids);
        for (const [index, callId] of ids.entries()) drafts.push(completed(callId, results[index] ?? ""));
      }
    }
    if (open > 0)
      answer(
        "open",
        true,
        Array.from({ length: open }, () => `call_${++calls}`),
      );
    return fold(emptyState("t"), eventsOf(drafts));
  });

export function completed(callId: string, result: string): DurableDraft {
  return {
    type: "tool_complete",
    callId,
    name: "look",
    result,
    isError: false,
    durationMs: 1,
    cached: false,
    source: "executed",
  };
}

/** The state after a decision: as the loop would put it on record. */
export function apply(state: AgentState, { edits, origin }: Compaction): AgentState {
  const drafts = edits
    .toReversed()
    .map((edit): DurableDraft => ({ type: "context_compacted", ...edit, origin }));
  const next = fold(
    state,
    eventsOf(drafts).map((event) => ({ ...event, sequence: state.version + event.sequence })),
  );
  expectSame(next.messages, applyEdits(state.messages, edits));
  return next;
}

function expectSame(a: readonly Message[], b: readonly Message[]): void {
  if (a.length !== b.length || a.some((message, index) => message !== b[index])) {
    throw new Error("the fold and the edits disagree");
  }
}

/** A manager's context around a state; summaries are written by `auxiliary`. */
export function contextOf(state: AgentState, changes: Partial<CompactionContext> = {}): CompactionContext {
  const model = changes.model ?? new ScriptedModel(["unused"]);
  const auxiliaryModel = changes.auxiliaryModel ?? new ScriptedModel(["All was said."], { repeat: true });
  const request: ModelRequest = {
    messages: [{ role: "system", content: "Be brief." }, ...state.messages],
  };
  return {
    cause: "limit",
    state,
    units: unitsOf(state),
    request,
    model,
    auxiliaryModel,
    logger: quiet,
    signal: new AbortController().signal,
    ...requestCounter(model, request, state.messages, quiet),
    ...changes,
  };
}

export async function decide(
  manager: ConversationManager,
  state: AgentState,
  changes: Partial<CompactionContext> = {},
): Promise<Compaction | undefined> {
  return manager.compact(contextOf(state, changes));
}

/** The conversation after `edits`, which must be in order. */
function applyEdits(messages: readonly Message[], edits: readonly CompactionEdit[]): readonly Message[] {
  const edited: Message[] = [];
  let at = 0;
  for (const { from, count, replacement } of edits) {
    for (const message of messages.slice(at, from)) edited.push(message);
    edited.push(...replacement);
    at = from + count;
  }
  return [...edited, ...messages.slice(at)];
}
