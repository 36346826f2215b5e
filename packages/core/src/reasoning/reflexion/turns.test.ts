/** The trail of a run is the same, however much of it was known from before. */
import fc from "fast-check";
import { expect, it } from "vitest";
import type { DurableDraft } from "../../events/types.ts";
import { emptyState, reduce } from "../../state/reduce.ts";
import type { AgentState } from "../../state/types.ts";
import { NO_USAGE } from "../../state/usage.ts";
import { freshTurns, trailFrom, trailOf } from "./turns.ts";
import type { ReflectedTurn } from "./types.ts";

const turn = fc.array(
  fc.record({
    name: fc.constantFrom("a", "b"),
    arguments: fc.constantFrom({ n: 1 }, { n: 2 }),
    result: fc.constantFrom("one", "two", "three", "ok"),
    isError: fc.boolean(),
  }),
  { minLength: 1, maxLength: 3 },
);

function* eventsOf(turns: readonly ReflectedTurn[], from = 0): Generator<readonly DurableDraft[]> {
  let id = from;
  yield [{ type: "run_start", schemaVersion: 1, agent: "a", input: [{ role: "user", content: "Go." }] }];
  for (const calls of turns) {
    const named = calls.map((call) => ({ ...call, callId: `call_${++id}` }));
    yield [
      {
        type: "model_complete",
        message: {
          role: "assistant",
          content: named.map(({ callId, name, arguments: args }) => ({
            type: "tool_call" as const,
            id: callId,
            name,
            arguments: JSON.stringify(args),
          })),
        },
        usage: NO_USAGE,
        stopReason: "tool_calls",
        modelId: "m",
      },
      ...named.map(
        ({ callId, name, isError, result = null }): DurableDraft => ({
          type: "tool_complete",
          callId,
          name,
          isError,
          ...(isError ? { error: { message: "no", code: "tool_error" } } : { result }),
          durationMs: 0,
          cached: false,
          source: "executed",
        }),
      ),
    ];
  }
}

it("grows with the run, and is the one that is found from nothing", () => {
  fc.assert(
    fc.property(fc.array(turn, { minLength: 1, maxLength: 8 }), fc.array(fc.boolean()), (turns, looks) => {
      let state = emptyState("t");
      let sequence = 0;
      const commit = (draft: DurableDraft): void => {
        sequence += 1;
        const place = { runId: "r", threadId: "t", sequence, timestamp: "2026-01-01T00:00:00Z" };
        state = reduce(state, { ...draft, ...place });
      };
      let told = 0;
      let looked = 0;
      for (const drafts of eventsOf(turns)) {
        for (const draft of drafts) commit(draft);
        if (drafts[0]?.type !== "model_complete") continue;
        told += 1;
        const { executions = 0 } = state.run.reflections ?? {};
        const plain = trailFrom(
          structuredClone(turns.slice(0, told)).map((calls) => calls.map(outcomeOnly)),
          looked,
        );
        const found = trailOf(state, 16);
        expect(found.turns.map(shown)).toEqual(plain.turns.map(shown));
        expect([found.fresh, freshTurns(state)]).toEqual([plain.fresh, plain.fresh]);
        // Asked twice, it says the same.
        expect(trailOf(state, 16)).toEqual(found);
        if (looks[told] !== true) continue;
        expect(executions).toBeLessThan(state.run.toolExecutions.length);
        commit({ type: "reflect", assessment: "on_track", confidence: 0, confidenceDelta: 0 });
        looked = told;
      }
    }),
  );
});

it("is not mixed up with that of another run that begins the same way", () => {
  const call = (result: string): ReflectedTurn => [
    { name: "a", arguments: { result }, result, isError: false },
  ];
  const begun = stateAfter([call("one")], emptyState("t"));
  const looked = reduce(begun, {
    runId: "r",
    threadId: "t",
    sequence: begun.version + 1,
    timestamp: "2026-01-01T00:00:00Z",
    type: "reflect",
    assessment: "on_track",
    confidence: 0,
    confidenceDelta: 0,
  });
  expect(trailOf(looked, 16).turns.at(-1)?.hasNew).toBe(true);
  const long = stateAfter([call("two"), call("three")], looked);
  expect(trailOf(long, 16).turns.map(({ hasNew }) => hasNew)).toEqual([true, true, true]);
  const other = stateAfter([call("three")], looked);
  expect(trailOf(other, 16).turns.map(({ hasNew }) => hasNew)).toEqual([true, true]);
});

/** The state after these turns: of a new run, or of the one that is under way. */
function stateAfter(turns: readonly ReflectedTurn[], from: AgentState): AgentState {
  const place = { runId: "r", threadId: "t", timestamp: "2026-01-01T00:00:00Z" };
  const drafts = [...eventsOf(turns, from.version)].slice(from.version === 0 ? 0 : 1).flat();
  return drafts.reduce(
    (state, draft) => reduce(state, { ...draft, ...place, sequence: state.version + 1 }),
    from,
  );
}

const shown = ({ calls, hasNew }: ReturnType<typeof trailFrom>["turns"][number]): unknown => ({
  hasNew,
  calls: calls.map(({ asked, outcome, essence }) => [asked, outcome, essence]),
});

function outcomeOnly(call: ReflectedTurn[number]): ReflectedTurn[number] {
  const { name, arguments: args, result = null, isError } = call;
  if (!isError) return { name, arguments: args, result, isError };
  return { name, arguments: args, isError, error: { message: "no", code: "tool_error" } };
}
