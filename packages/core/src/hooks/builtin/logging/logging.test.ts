/** One line an event, with what an operator wants to know and nothing that was said. */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { Agent } from "../../../agent/agent.ts";
import type { AgentOptions } from "../../../agent/options.ts";
import { ServerError } from "../../../errors/errors.ts";
import type { Logger } from "../../../log/logger.ts";
import { ScriptedModel, type ScriptedStep } from "../../../testing/scripted-model.ts";
import { tool } from "../../../tool/tool.ts";
import { type LoggingOptions, loggingHook } from "./hook.ts";

interface Logged {
  readonly level: string;
  readonly message: string | undefined;
  readonly [field: string]: unknown;
}

function watched(options: LoggingOptions = {}) {
  const lines: Logged[] = [];
  const at = (level: string) => (fields: object | string, message?: string) =>
    void lines.push({ ...Object(fields), level, message });
  const logger: Logger = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  return { hook: loggingHook({ logger, ...options }), lines };
}

const pay = tool({
  name: "pay",
  description: "Pays.",
  parameters: z.object({ to: z.string() }),
  execute: ({ to }) => {
    if (to === "Eve") throw new Error("no account of Eve");
    return `paid ${to}`;
  },
});
const call = (to: string): ScriptedStep => ({ toolCalls: [{ name: "pay", arguments: { to } }] });
const agentOf = (
  script: readonly ScriptedStep[],
  hook: ReturnType<typeof loggingHook>,
  options: Partial<AgentOptions> = {},
) => new Agent({ name: "clerk", model: new ScriptedModel(script), tools: [pay], hooks: [hook], ...options });
const shown = (lines: readonly Logged[]) => lines.map(({ level, message }) => `${level} ${message}`);

describe("the log of a run", () => {
  it("is a line an event, at the level of its kind", async () => {
    const { hook, lines } = watched();
    await agentOf([call("Ada"), call("Eve"), "Done."], hook).run("Pay them.", { threadId: "t" });
    expect(shown(lines)).toEqual([
      "info run started",
      "debug model answered",
      "debug tool started",
      "info tool done",
      "debug model answered",
      "debug tool started",
      "warn tool failed",
      "debug model answered",
      "info run ended",
    ]);
    expect(lines.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(lines.every(({ agent, threadId }) => agent === "clerk" && threadId === "t")).toBe(true);
    expect(new Set(lines.map(({ runId }) => runId)).size).toBe(1);
  });

  it("has tokens, cost, durations and codes", async () => {
    const { hook, lines } = watched();
    const usage = { inputTokens: 90, outputTokens: 10, totalTokens: 100, costUsd: 0.5 };
    await agentOf([{ ...Object(call("Eve")), usage }, "Done."], hook).run("Pay.");
    const one = (type: string) => lines.find(({ event }) => event === type);
    expect(one("model_complete")).toMatchObject({
      modelId: "scripted",
      stopReason: "tool_calls",
      toolCalls: 1,
      inputTokens: 90,
      outputTokens: 10,
      costUsd: 0.5,
      durationMs: expect.any(Number),
    });
    expect(one("tool_complete")).toMatchObject({
      tool: "pay",
      errorCode: "tool_error",
      durationMs: expect.any(Number),
    });
    expect(one("terminate")).toMatchObject({
      reason: "complete",
      iterations: 2,
      durationMs: expect.any(Number),
    });
  });

  it("holds nothing that was said, unless asked for; then it is cut, and without secrets", async () => {
    const said = "Pay Ada with password=hunter2x";
    const quiet = watched();
    await agentOf([call("Ada"), "Paid Ada."], quiet.hook).run(said);
    expect(JSON.stringify(quiet.lines)).not.toMatch(/Ada|hunter2x/);
    const open = watched({ content: true });
    await agentOf([call("Ada"), `Ada${"!".repeat(500)}`], open.hook).run(said);
    const text = JSON.stringify(open.lines);
    expect(text).toMatch(/Pay Ada with password=/);
    expect(text).toContain('{\\"to\\":\\"Ada\\"}');
    expect(text).not.toContain("hunter2x");
    expect(text).not.toContain("!".repeat(301));
  });

  it("has codes in the place of words that may quote: of errors, findings, checks and invented names", async () => {
    const { hook, lines } = watched();
    const guard = {
      afterModelCall: () => ({
        guardrails: [{ detector: "d", action: "proceed", where: "answer", detail: "CANARY" }],
      }),
      onModelError: () => ({ retry: true as const }),
    };
    const script: ScriptedStep[] = [
      { error: new ServerError("CANARY") },
      { toolCalls: [{ name: "CANARY" }] },
    ];
    const hooks = [hook, guard];
    await agentOf([...script, "No."], hook, { hooks }).run("Hi");
    const strict = { hooks, outputSchema: z.strictObject({ a: z.string() }) };
    await agentOf(Array(5).fill('{"a":"x","CANARY":1}'), hook, strict).run("Hi");
    const ending = { beforeModelCall: () => ({ end: { reason: "guardrail" as const, detail: "CANARY" } }) };
    await agentOf([], hook, { hooks: [hook, ending] }).run("Hi");
    expect(lines.filter((line) => JSON.stringify(line).includes("CANARY"))).toEqual([]);
    expect(lines).toContainEqual(expect.objectContaining({ tool: "unknown", errorCode: "unknown_tool" }));
  });

  it("tells a failed run as an error, without secrets, and each retry as a warning", async () => {
    const { hook, lines } = watched({ content: true });
    const error = new ServerError("refused Bearer sk-abcdefghijklmnopqrstuvwx0123");
    const again = {
      onModelError: ({ attempt }: { readonly attempt: number }) =>
        attempt < 2 ? { retry: true as const } : undefined,
    };
    const agent = agentOf([{ error }, { error }], hook, { hooks: [hook, again] });
    await expect(agent.run("Pay.")).rejects.toThrow("refused");
    expect(shown(lines)).toEqual(["info run started", "warn trying again", "error run failed"]);
    expect(lines.at(-1)).toMatchObject({
      errorCode: "server_error",
      error: expect.stringContaining("refused"),
    });
    expect(JSON.stringify(lines)).not.toContain("sk-abc");
  });

  it("has other levels where they are given, and no line where they are false", async () => {
    const { hook, lines } = watched({
      levels: { model_complete: "info", run_start: false, terminate: "debug" },
    });
    await agentOf(["Hello."], hook).run("Hello?");
    expect(shown(lines)).toEqual(["info model answered", "debug run ended"]);
  });

  it("names the agent where a run goes on, and keeps runs at once apart", async () => {
    const { hook, lines } = watched();
    const gated = tool({
      name: "gated",
      description: "Waits for a yes.",
      parameters: z.object({}),
      needsApproval: true,
      execute: () => "done",
    });
    const agent = agentOf([{ toolCalls: [{ name: "gated" }] }, "Done."], hook, { tools: [gated] });
    const { threadId, interrupts } = await agent.run("Pay.");
    await agent.resume(threadId, { [interrupts[0]?.interruptId ?? ""]: { approved: true } });
    expect(shown(lines)).toContain("info a person has answered");
    expect(lines.every((line) => line.agent === "clerk")).toBe(true);
    const many = watched();
    const model = new ScriptedModel([call("Ada")], { repeat: true });
    const other = agentOf([], many.hook, { model, maxIterations: 1, summaryOnLimit: false });
    await Promise.all(Array.from({ length: 20 }, () => other.run("Pay.")));
    const runs = Map.groupBy(many.lines, ({ runId }) => runId);
    expect([...runs.values()].map((own) => own.map(({ sequence }) => sequence))).toEqual(
      Array.from({ length: 20 }, () => [1, 2, 3, 4, 5]),
    );
  });
});

it("an option or a level that nobody knows is refused", () => {
  // @ts-expect-error: a slip
  expect(() => loggingHook({ levels: { run_strat: "info" } })).toThrow('did you mean "run_start"');
  // @ts-expect-error: no level of Locus
  expect(() => loggingHook({ levels: { run_start: "trace" } })).toThrow('"debug" or "info"');
});
