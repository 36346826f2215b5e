import { describe, expect, it } from "vitest";
import { ConfigurationError } from "../errors/errors.ts";
import { assistantMessage, toolMessage, userMessage } from "../messages/messages.ts";
import type { Message } from "../messages/types.ts";
import { emptyState } from "../state/reduce.ts";
import type { AgentState, RunState, ToolExecution } from "../state/types.ts";
import {
  confidenceMet,
  costLimit,
  custom,
  maxIterations,
  noToolCalls,
  textMention,
  timeLimit,
  tokenLimit,
  toolCalled,
} from "./conditions.ts";
import type { TerminationCondition } from "./types.ts";

const STARTED = Date.UTC(2026, 0, 1);
const call = { type: "tool_call", id: "c1", name: "search", arguments: "{}" } as const;

function stateWith(run: Partial<RunState>, messages: readonly Message[] = []): AgentState {
  const state = emptyState("t");
  return {
    ...state,
    messages,
    run: { ...state.run, startedAt: new Date(STARTED).toISOString(), ...run },
  };
}

const execution = (changes: Partial<ToolExecution> = {}): ToolExecution => ({
  callId: "c1",
  name: "search",
  arguments: {},
  isError: false,
  cached: false,
  source: "executed",
  durationMs: 1,
  ...changes,
});

const fires = (condition: TerminationCondition, state: AgentState, now: number = STARTED): boolean =>
  condition.check(state, now) !== undefined;

describe("maxIterations", () => {
  it("fires with the n-th model call of the run", () => {
    expect(fires(maxIterations(3), stateWith({ iteration: 2 }))).toBe(false);
    expect(maxIterations(3).check(stateWith({ iteration: 3 }), STARTED)).toEqual({
      reason: "max_iterations",
      detail: "maxIterations(3)",
    });
  });
});

describe("costLimit", () => {
  const used = { inputTokens: 10, outputTokens: 0, totalTokens: 10 };

  it("fires once the run has cost as much, and says what of what", () => {
    expect(fires(costLimit(0.5), stateWith({}))).toBe(false);
    expect(fires(costLimit(0.5), stateWith({ usage: { ...used, costUsd: 0.49 } }))).toBe(false);
    expect(costLimit(0.5).check(stateWith({ usage: { ...used, costUsd: 0.5 } }), STARTED)).toEqual({
      reason: "cost_budget",
      detail: "costLimit(0.5): $0.50 of $0.50 used",
    });
  });

  it("fires where tokens were used whose price is not known, and says whose", () => {
    const unknown = stateWith({ usage: { ...used, partialCostUsd: 0.1, unpriced: ["oci:m"] } });
    expect(costLimit(0.5).check(unknown, STARTED)).toMatchObject({
      reason: "cost_budget",
      detail: expect.stringContaining("the price of oci:m is not known"),
    });
    expect(fires(costLimit(0.5), stateWith({ usage: used }))).toBe(true);
  });
});

describe("tokenLimit", () => {
  it("counts the tokens of the run, input and output together", () => {
    const used = (totalTokens: number): AgentState =>
      stateWith({ usage: { inputTokens: totalTokens, outputTokens: 0, totalTokens } });
    expect(fires(tokenLimit(100), used(99))).toBe(false);
    expect(tokenLimit(100).check(used(100), STARTED)).toEqual({
      reason: "token_budget",
      detail: "tokenLimit(100)",
    });
  });
});

describe("timeLimit", () => {
  it("counts from the start of the run, however often and by whomever it is asked", () => {
    const limit = timeLimit(5_000);
    expect(fires(limit, stateWith({}), STARTED + 4_999)).toBe(false);
    expect(limit.check(stateWith({}), STARTED + 5_000)).toEqual({
      reason: "time_budget",
      detail: "timeLimit(5000)",
    });
    const younger = stateWith({ startedAt: new Date(STARTED + 5_000).toISOString() });
    expect(fires(limit, younger, STARTED + 5_000)).toBe(false);
  });
});

describe("noToolCalls", () => {
  it("fires when the model's answer asks for no tool", () => {
    expect(noToolCalls().check(stateWith({}, [userMessage("hi"), assistantMessage("ho")]), STARTED)).toEqual({
      reason: "complete",
      detail: "noToolCalls()",
    });
    expect(fires(noToolCalls(), stateWith({}, [assistantMessage([call])]))).toBe(false);
  });

  it("waits for the answer to what was said after the last one", () => {
    expect(fires(noToolCalls(), stateWith({}, [assistantMessage("ho"), userMessage("more?")]))).toBe(false);
    expect(fires(noToolCalls(), stateWith({}, []))).toBe(false);
  });

  it("does not take the answer of an earlier run for one of this", () => {
    expect(
      fires(noToolCalls(), stateWith({ firstMessage: 2 }, [userMessage("hi"), assistantMessage("ho")])),
    ).toBe(false);
  });
});

describe("toolCalled", () => {
  it("fires for a call that succeeded, executed or from the ledger", () => {
    for (const source of ["executed", "cached"] as const) {
      const state = stateWith({ toolExecutions: [execution({ source })] });
      expect(toolCalled("search").check(state, STARTED)).toEqual({
        reason: "terminal_tool",
        detail: 'toolCalled("search")',
      });
    }
  });

  it("does not count calls that failed, were denied, cancelled or lost, nor other tools", () => {
    const others = [
      execution({ isError: true }),
      execution({ source: "denied" }),
      execution({ source: "cancelled" }),
      execution({ source: "unknown_outcome" }),
      execution({ name: "research" }),
    ];
    expect(fires(toolCalled("search"), stateWith({ toolExecutions: others }))).toBe(false);
  });
});

describe("textMention", () => {
  const said = (text: string): AgentState => stateWith({}, [userMessage("go"), assistantMessage(text)]);

  it("looks for the text in the model's last message, in any case unless told otherwise", () => {
    expect(textMention("DONE").check(said("all done."), STARTED)).toEqual({
      reason: "complete",
      detail: 'textMention("DONE")',
    });
    expect(fires(textMention("DONE", { caseSensitive: true }), said("all done."))).toBe(false);
    expect(fires(textMention("DONE", { caseSensitive: true }), said("DONE"))).toBe(true);
  });

  it("does not take the user's or a tool's words for the model's", () => {
    expect(fires(textMention("DONE"), stateWith({}, [userMessage("say DONE when done")]))).toBe(false);
    const answered = [assistantMessage([call]), toolMessage(call, "DONE")];
    expect(fires(textMention("DONE"), stateWith({}, answered))).toBe(false);
  });

  it("does not look at earlier messages or runs", () => {
    const messages = [assistantMessage("DONE"), userMessage("again"), assistantMessage("on it")];
    expect(fires(textMention("DONE"), stateWith({}, messages))).toBe(false);
    expect(fires(textMention("DONE"), stateWith({ firstMessage: 1 }, [assistantMessage("DONE")]))).toBe(
      false,
    );
  });

  it("does not read the model's thoughts", () => {
    const thought = assistantMessage([{ type: "reasoning", text: "I will say DONE" }]);
    expect(fires(textMention("DONE"), stateWith({}, [thought]))).toBe(false);
  });
});

describe("confidenceMet", () => {
  it("fires on a confident answer", () => {
    expect(
      confidenceMet(0.8).check(stateWith({ confidence: 0.8 }, [assistantMessage("42")]), STARTED),
    ).toEqual({
      reason: "confidence_met",
      detail: "confidenceMet(0.8)",
    });
    expect(fires(confidenceMet(0.8), stateWith({ confidence: 0.79 }, [assistantMessage("42")]))).toBe(false);
  });

  it("never ends a run that has no answer yet", () => {
    const working = [
      assistantMessage([{ type: "text", text: "I shall look" }, call]),
      toolMessage(call, "found"),
    ];
    expect(fires(confidenceMet(0.8), stateWith({ confidence: 1 }, working))).toBe(false);
    expect(fires(confidenceMet(0.8), stateWith({ confidence: 1 }, working.slice(0, 1)))).toBe(false);
  });
});

describe("custom", () => {
  it("asks your function, and says your name for it", () => {
    const late = custom("late", (state, now) => state.run.iteration > 1 && now > STARTED);
    expect(fires(late, stateWith({ iteration: 2 }), STARTED)).toBe(false);
    expect(late.check(stateWith({ iteration: 2 }), STARTED + 1)).toEqual({
      reason: "complete",
      detail: 'custom("late")',
    });
    expect(custom(() => true).check(stateWith({}), STARTED)?.detail).toBe("custom()");
  });

  it("cannot be written as JSON, alone or inside others", () => {
    expect(() => JSON.stringify(maxIterations(3).or(custom("late", () => true)))).toThrow(ConfigurationError);
    expect(() => custom("late", () => true).toJSON()).toThrow(/custom\("late"\) holds a function/);
  });
});

describe("a condition", () => {
  it("refuses numbers that mean nothing, naming value and range", () => {
    const refused: readonly (readonly [() => TerminationCondition, string])[] = [
      [() => maxIterations(0), "maxIterations(0) is out of range: expected a whole number from 1"],
      [() => maxIterations(1.5), "maxIterations(1.5)"],
      [() => costLimit(0), "costLimit(0) is out of range: expected a finite number of US dollars above 0"],
      [() => tokenLimit(Number.NaN), "tokenLimit(NaN)"],
      [() => tokenLimit(-1), "tokenLimit(-1)"],
      [() => timeLimit(0), "timeLimit(0) is out of range: expected a finite number of milliseconds above 0"],
      [() => timeLimit(Number.POSITIVE_INFINITY), "timeLimit(Infinity)"],
      [() => confidenceMet(1.01), "confidenceMet(1.01) is out of range: expected a number from 0 to 1"],
      [() => confidenceMet(Number.NaN), "confidenceMet(NaN)"],
      [() => textMention(""), 'textMention("")'],
      [() => toolCalled(""), 'toolCalled("")'],
    ];
    for (const [make, message] of refused) {
      expect(make).toThrow(ConfigurationError);
      expect(make).toThrow(message);
    }
  });

  it("is frozen, and so is its verdict", () => {
    const condition = maxIterations(1);
    expect(Object.isFrozen(condition)).toBe(true);
    expect(Object.isFrozen(condition.and(condition))).toBe(true);
    expect(Object.isFrozen(condition.check(stateWith({ iteration: 1 }), STARTED))).toBe(true);
    expect(Object.isFrozen(custom(() => true).check(stateWith({}), STARTED))).toBe(true);
  });
});
