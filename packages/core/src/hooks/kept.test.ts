/** What a hook keeps of a call, and what its finding cost, are on record and in the state. */
import { expect, it } from "vitest";
import { z } from "zod";
import { Agent } from "../agent/agent.ts";
import { ScriptedModel } from "../testing/scripted-model.ts";
import { tool } from "../tool/tool.ts";
import type { Hook } from "./types.ts";

const look = tool({ name: "look", description: "Looks.", parameters: z.object({}), execute: () => "found" });
const script = [{ toolCalls: [{ name: "look" }] }, "Done."];

it("metadata that a hook gives a call is the thread's from then on, in this run and later ones", async () => {
  const seen: unknown[] = [];
  const hook: Hook = {
    afterToolCall: ({ call }) => ({ metadata: { last: call.name } }),
    beforeModelCall: ({ state }) => void seen.push(state.metadata.last),
  };
  const other: Hook = { priority: 1, afterToolCall: () => ({ result: "lost", metadata: { more: 1 } }) };
  const agent = new Agent({
    model: new ScriptedModel([...script, "Again."]),
    tools: [look],
    hooks: [hook, other],
  });
  await agent.run("Go.", { threadId: "t" });
  await agent.run("And?", { threadId: "t" });
  expect(seen).toEqual([undefined, "look", "look"]);
  expect((await agent.state("t"))?.metadata).toEqual({ last: "look", more: 1 });
});

it("metadata that is no JSON is a broken hook's, and the call stands", async () => {
  const hook: Hook = {
    name: "broken",
    // @ts-expect-error: a hook in JavaScript may do this
    afterToolCall: () => ({ metadata: { at: () => 1 } }),
  };
  const errors: unknown[] = [];
  const quiet = (): undefined => undefined;
  const logger = {
    debug: quiet,
    info: quiet,
    warn: quiet,
    error: (fields: unknown) => void errors.push(fields),
  };
  const agent = new Agent({ model: new ScriptedModel(script), tools: [look], hooks: [hook], logger });
  expect((await agent.run("Go.")).toolExecutions).toMatchObject([{ result: "found" }]);
  expect(errors).toMatchObject([{ hook: "broken" }]);
});

it("the usage of a finding is part of the run's", async () => {
  const usage = { inputTokens: 100, outputTokens: 10, totalTokens: 110 };
  const found = { detector: "judge", action: "proceed", where: "look" };
  const run = async (hooks: readonly Hook[]): Promise<number> =>
    (await new Agent({ model: new ScriptedModel(script), tools: [look], hooks }).run("Go.")).usage
      .totalTokens;
  const judged = await run([{ beforeToolCall: () => ({ guardrails: [{ ...found, usage }] }) }]);
  expect(judged - (await run([]))).toBe(110);
});
