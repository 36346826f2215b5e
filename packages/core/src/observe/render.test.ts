// What a person sees of a run.
import { describe, expect, it } from "vitest";
import { chunk, ended, retried, started } from "../../test/observed.ts";
import { Agent } from "../agent/agent.ts";
import type { AgentEvent, EventEnvelope } from "../events/types.ts";
import { ScriptedModel } from "../testing/scripted-model.ts";
import { tool } from "../tool/tool.ts";
import { type ConsoleOptions, consoleRenderer, prettyHook } from "./console.ts";
import { eventLines, renderEvent } from "./render.ts";
import { wantsColor, withoutControls } from "./terminal.ts";

const envelope: EventEnvelope = {
  runId: "run_abcdef01",
  threadId: "t",
  sequence: 1,
  timestamp: "2026-01-01T00:00:00.000Z",
};
const usage = { inputTokens: 1000, outputTokens: 700, totalTokens: 1700, costUsd: 0.0024 };

/** What was written for those events, or by what `use` does with the stream. */
function written(
  events: readonly AgentEvent[],
  options: Omit<ConsoleOptions, "stream"> = { color: false },
): string {
  let text = "";
  const show = consoleRenderer({ ...options, stream: { write: (piece) => (text += piece) } });
  for (const event of events) show(event);
  return text;
}

const TABLE: readonly (readonly [Partial<AgentEvent> & Pick<AgentEvent, "type">, string | undefined])[] = [
  [
    { type: "run_start", schemaVersion: 1, agent: "a", input: [{ role: "user", content: "hi\nthere" }] },
    "▶ a hi there",
  ],
  [{ type: "tool_start", callId: "c", name: "f", arguments: { a: 1 }, idempotencyKey: "k" }, '→ f {"a":1}'],
  [{ type: "tool_progress", callId: "c", name: "f", progress: "half" }, "… f half"],
  [{ type: "retry", what: "busy", attempt: 1, delayMs: 20 }, "retrying in 20 ms: busy"],
  [
    {
      type: "reflect",
      assessment: "stuck",
      confidenceDelta: -0.1,
      confidence: 0.3333,
      guidance: "look again",
    },
    "reflect: stuck, confidence 0.33: look again",
  ],
  [
    { type: "grounding", score: 0.5, claims: ["a", "b"], ungroundedClaims: ["b"], decision: "retry" },
    "grounding: retry, score 0.5, 1 of 2 claims grounded: b",
  ],
  [
    { type: "verification", verifier: "output", decision: "fail", detail: "no JSON" },
    "output: fail: no JSON",
  ],
  [
    { type: "guardrail", detector: "pii", action: "redact", where: "input" },
    "guardrail pii: redact in input",
  ],
  [{ type: "interrupt", interruptId: "i", kind: "question", question: "Really?" }, "? Really?"],
  [{ type: "resume", interruptId: "i", answer: { yes: true } }, 'answered: {"yes":true}'],
  [{ type: "context_compacted", from: 0, count: 4, replacement: [] }, "4 messages gave way to 0"],
  [
    { type: "hosted_tool", name: "web", status: "completed", input: { q: "x" } },
    '⇄ web (completed) {"q":"x"}',
  ],
  [
    { type: "terminate", reason: "complete", iterations: 1, usage },
    "■ complete · 1 iteration · 1700 tokens (1000 in, 700 out) · $0.0024",
  ],
  [{ type: "model_chunk", kind: "text", text: "a" }, undefined],
];

describe("an event in words", () => {
  it.each(TABLE)("%o", (draft, expected) => {
    expect(renderEvent({ ...envelope, ...draft } as AgentEvent)).toBe(expected);
  });

  it("has the arguments of a call that was not run, and what its failure was", () => {
    const failed = {
      name: "f",
      arguments: { a: 1 },
      isError: true,
      error: { message: "no", code: "denied" },
    };
    const rest = { callId: "c", durationMs: 0, cached: false, source: "denied" } as const;
    expect(renderEvent({ ...envelope, type: "tool_complete", ...failed, ...rest })).toBe(
      '→ f {"a":1}\n← f: no',
    );
  });

  it("is shortened to the width, though not in the middle of a character, and never to nothing", () => {
    const call = (text: string): AgentEvent => ({
      ...envelope,
      type: "tool_start",
      callId: "c",
      name: "look",
      arguments: text,
      idempotencyKey: "k",
    });
    expect(renderEvent(call("x".repeat(500)))).toHaveLength(400);
    expect(renderEvent(call("x".repeat(500)), { width: 40 })).toBe(`→ look ${"x".repeat(32)}…`);
    expect(renderEvent(call("👩".repeat(50)), { width: 41 })).toMatch(/^→ look (👩)+…$/u);
    expect(renderEvent(call("x".repeat(500)), { width: 1 })).toBe(`→ look ${"x".repeat(19)}…`);
  });

  it("cannot move the cursor or colour the screen, whatever a model, a tool or its name says", () => {
    const evil = "\u001b[2J\u001b]0;title\u0007a\u009b31m\rb\u202ec";
    const call = {
      type: "tool_start",
      callId: "c",
      name: evil,
      arguments: evil,
      idempotencyKey: "k",
    } as const;
    for (const event of [
      { ...envelope, ...call },
      { ...chunk(1, evil) },
      { ...envelope, ...call, type: "tool_progress", progress: evil } as AgentEvent,
    ]) {
      expect(written([event])).not.toMatch(/(?![\n\t])\p{Cc}|\u202e/u);
    }
    expect(withoutControls("a\tb\nc\r\n\u0000d")).toBe("a\tb\nc\nd");
  });

  it("is coloured by its kind", () => {
    expect(renderEvent(retried(1), { color: true })).toBe("\u001b[33mretrying in 0 ms: w1\u001b[39m");
    expect(eventLines(retried(1))).toEqual([{ kind: "warning", text: "retrying in 0 ms: w1" }]);
  });
});

describe("colours", () => {
  it.each([
    [{ isTTY: true }, {}, true],
    [{ isTTY: false }, {}, false],
    [{}, {}, false],
    [{ isTTY: true }, { TERM: "dumb" }, false],
    [{ isTTY: true }, { NO_COLOR: "1" }, false],
    [{ isTTY: true }, { NO_COLOR: "" }, true],
    [{ isTTY: false }, { FORCE_COLOR: "1" }, true],
    [{ isTTY: true }, { FORCE_COLOR: "0" }, false],
    [{ isTTY: true }, { FORCE_COLOR: "1", NO_COLOR: "1" }, false],
  ])("for a stream %j in environment %j: %s", (stream, env, expected) => {
    expect(wantsColor(stream, env)).toBe(expected);
  });
});

describe("a run on a terminal", () => {
  const look = tool({ name: "look", description: "Looks.", execute: () => ({ found: 3 }) });
  const model = () =>
    new ScriptedModel([{ text: "Let me see.", toolCalls: [{ name: "look" }] }, "Three\nof them."]);
  const shown = async (streamed: boolean): Promise<string> => {
    let text = "";
    const hook = prettyHook({ stream: { write: (piece) => (text += piece) }, color: false });
    const agent = new Agent({ name: "seer", model: model(), tools: [look], hooks: [hook] });
    if (streamed) for await (const _event of agent.stream("How many?"));
    else await agent.run("How many?");
    return text.replaceAll(/\d+(\.\d+)? ms/g, "N ms").replaceAll(/\d+ tokens.*/g, "tokens");
  };
  const expected = `▶ seer How many?
Let me see.
→ look {}
← look {"found":3} (N ms)
Three
of them.
■ complete · 2 iterations · tokens
`;

  it("is the same whether the answer came in pieces or at once", async () => {
    expect(await shown(true)).toBe(expected);
    expect(await shown(false)).toBe(expected);
  });

  it("has text as it is written", () => {
    expect(written([chunk(1, "Hel"), chunk(1, "lo\nthe"), chunk(1, "re")])).toBe("Hello\nthere");
    expect(written([chunk(1, "Hel"), retried(2), chunk(2, "Hello")])).toBe(
      "Hel\nretrying in 0 ms: w2\nHello",
    );
  });

  it("has no half characters, wherever an answer was cut", () => {
    const stream: string[] = [];
    const show = consoleRenderer({ stream: { write: (piece) => stream.push(piece) }, color: false });
    for (const half of "a👩b".split("")) show(chunk(1, half));
    expect(stream).toEqual(["a", "👩", "b"]);
  });

  it("says whose each line is while several are under way", () => {
    const [a, b] = [{ runId: "run_aaaaaaaa" }, { runId: "run_bbbbbbbb" }];
    const events = [
      started(1, a),
      started(1, b),
      chunk(1, "from a", a),
      chunk(1, "from b\nand on", b),
      chunk(1, " again", a),
      ended(2, b),
      retried(2, a),
    ];
    expect(written(events).split("\n")).toEqual([
      "▶ a ",
      "[bbbbbb] ▶ a ",
      "[aaaaaa] from a",
      "[bbbbbb] from b",
      "[bbbbbb] and on",
      "[aaaaaa]  again",
      expect.stringMatching(/^\[bbbbbb\] ■ complete/),
      "retrying in 0 ms: w2",
      "",
    ]);
  });

  it("is refused a width that nothing fits into", () => {
    expect(() => consoleRenderer({ width: 3 })).toThrow("width must be a whole number from 20");
  });
});
