/** A hook around a call sees it through, and can neither lose nor repeat it. */
import { AsyncLocalStorage } from "node:async_hooks";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { Agent } from "../agent/agent.ts";
import type { Logger } from "../log/logger.ts";
import { ScriptedModel } from "../testing/scripted-model.ts";
import { tool } from "../tool/tool.ts";
import type { Hook } from "./types.ts";

const place = new AsyncLocalStorage<string>();

function setting(hooks: readonly Hook[]) {
  const seen: string[] = [];
  const errors: object[] = [];
  const look = tool({
    name: "look",
    description: "Looks.",
    parameters: z.object({}),
    execute: async () => {
      await Promise.resolve();
      seen.push(`tool in ${place.getStore()}`);
      return "found";
    },
  });
  const model = new ScriptedModel([
    () => {
      seen.push(`model in ${place.getStore()}`);
      return { toolCalls: [{ name: "look" }] };
    },
    "Done.",
  ]);
  const quiet = (): undefined => undefined;
  const logger: Logger = {
    debug: quiet,
    info: quiet,
    warn: quiet,
    error: (fields: object | string) => void errors.push(Object(fields)),
  };
  return { agent: new Agent({ model, tools: [look], hooks, logger }), model, seen, errors };
}

describe("a hook around calls", () => {
  it("runs models and tools within a context of its own, the lower priority outermost", async () => {
    const layer = (name: string, priority: number): Hook => ({
      name,
      priority,
      aroundModelCall: (_context, next) => place.run(`${place.getStore() ?? ""}${name}`, next),
      aroundToolCall: ({ call }, next) => place.run(`${place.getStore() ?? ""}${name}:${call.name} `, next),
    });
    const { agent, seen } = setting([layer("inner", 2), layer("outer", 1)]);
    expect((await agent.run("Go.")).text).toBe("Done.");
    expect(seen).toEqual(["model in outerinner", "tool in outer:look inner:look "]);
  });

  it("is told what came of them", async () => {
    const ends: unknown[] = [];
    const hook: Hook = {
      aroundModelCall: async (_context, next) => ends.push((await next()).stopReason),
      aroundToolCall: async (_context, next) => ends.push(await next()),
    };
    await setting([hook]).agent.run("Go.");
    expect(ends).toMatchObject(["tool_calls", { outcome: { result: "found", source: "executed" } }, "stop"]);
  });

  const failures: Readonly<Record<string, NonNullable<Hook["aroundToolCall"]>>> = {
    "throws at once": () => {
      throw new Error("broken");
    },
    "throws once the call has begun": (_context, next) => {
      void next();
      throw new Error("broken");
    },
    "rejects after the call": async (_context, next) => {
      await next();
      throw new Error("broken");
    },
  };
  it.each(Object.entries(failures))("that %s is logged, and the call made once", async (_how, around) => {
    const { agent, seen, errors } = setting([{ name: "broken", aroundToolCall: around }]);
    const result = await agent.run("Go.");
    expect(result.toolExecutions).toMatchObject([{ result: "found", isError: false }]);
    expect(seen.filter((line) => line.startsWith("tool"))).toHaveLength(1);
    expect(errors).toMatchObject([{ hook: "broken", point: "aroundToolCall" }]);
  });

  it("that never begins the call, or begins it twice, changes nothing", async () => {
    const never: Hook = { aroundToolCall: () => new Promise(() => undefined) };
    const twice: Hook = { aroundToolCall: (_context, next) => Promise.all([next(), next()]) };
    const { agent, seen } = setting([never, twice]);
    expect((await agent.run("Go.")).success).toBe(true);
    expect(seen.filter((line) => line.startsWith("tool"))).toHaveLength(1);
  });

  it("hands a model's failure on as its own, and is not blamed for it", async () => {
    const errors: object[] = [];
    const quiet = (): undefined => undefined;
    const agent = new Agent({
      model: new ScriptedModel([{ error: new Error("no model") }]),
      hooks: [{ name: "passing", aroundModelCall: (_context, next) => next() }],
      logger: { debug: quiet, info: quiet, warn: quiet, error: (fields) => void errors.push(Object(fields)) },
    });
    await expect(agent.run("Go.")).rejects.toThrow("no model");
    expect(errors).toEqual([]);
  });
});
