import { describe, expect, it } from "vitest";
import { z } from "zod";
import { Agent } from "../agent/agent.ts";
import type { AgentOptions } from "../agent/options.ts";
import { ServerError } from "../errors/errors.ts";
import type { AgentEvent } from "../events/types.ts";
import type { Logger } from "../log/logger.ts";
import { ScriptedModel, type ScriptedStep } from "../testing/scripted-model.ts";
import { tool } from "../tool/tool.ts";
import { type Hook, HookPriority } from "./types.ts";

const echo = tool({
  name: "echo",
  description: "Echoes.",
  parameters: z.object({ text: z.string() }),
  execute: ({ text }) => text,
});
const call = (text: string): ScriptedStep => ({ toolCalls: [{ name: "echo", arguments: { text } }] });

function quietly(): { readonly logger: Logger; readonly logged: unknown[] } {
  const logged: unknown[] = [];
  const keep = (fields: unknown): void => {
    logged.push(fields);
  };
  return { logger: { debug: keep, info: keep, warn: keep, error: keep }, logged };
}

async function run(
  hooks: readonly Hook[],
  script: readonly ScriptedStep[] = [call("hi"), "done"],
  options: Partial<AgentOptions> = {},
) {
  const model = new ScriptedModel(script);
  const events: AgentEvent[] = [];
  const agent = new Agent({ model, tools: [echo], hooks, ...options }).on("event", (event) =>
    events.push(event),
  );
  const result = await agent.run("go");
  return { model, events, result };
}

describe("order", () => {
  it("is by priority before, reversed after, whatever order they were given in", async () => {
    const log: string[] = [];
    const hook = (name: string, priority?: number): Hook => ({
      name,
      ...(priority === undefined ? {} : { priority }),
      beforeModelCall: () => void log.push(`+${name}`),
      afterModelCall: () => void log.push(`-${name}`),
    });
    await run(
      [
        hook("default"),
        hook("business", HookPriority.business),
        hook("security", HookPriority.security),
        hook("seen", HookPriority.observability),
      ],
      ["done"],
    );
    expect(log).toEqual([
      "+security",
      "+seen",
      "+business",
      "+default",
      "-default",
      "-business",
      "-seen",
      "-security",
    ]);
  });

  it("calls every point once, and afterRun also after an error", async () => {
    const log: string[] = [];
    const hook: Hook = {
      beforeRun: () => void log.push("beforeRun"),
      beforeModelCall: ({ attempt }) => void log.push(`beforeModelCall ${attempt}`),
      afterModelCall: () => void log.push("afterModelCall"),
      beforeToolCall: ({ call: { name } }) => void log.push(`beforeToolCall ${name}`),
      afterToolCall: ({ source, result }) => void log.push(`afterToolCall ${source} ${String(result)}`),
      onModelError: ({ error }) => void log.push(`onModelError ${error.code}`),
      afterRun: ({ result, error }) => void log.push(`afterRun ${result.stopReason} ${error?.code}`),
    };
    await expect(run([hook], [call("hi"), { error: new ServerError("down") }])).rejects.toThrow("down");
    expect(log).toEqual([
      "beforeRun",
      "beforeModelCall 1",
      "afterModelCall",
      "beforeToolCall echo",
      "afterToolCall executed hi",
      "beforeModelCall 1",
      "onModelError server_error",
      "afterRun error server_error",
    ]);
  });
});

describe("a hook may", () => {
  it("rewrite the input and the request", async () => {
    const hook: Hook = {
      beforeRun: () => ({ input: [{ role: "user", content: "rewritten" }] }),
      beforeModelCall: ({ request }) => ({ request: { ...request, settings: { temperature: 0 } } }),
    };
    const { model } = await run([hook], ["done"]);
    expect(model.requests[0]?.messages[0]?.content).toBe("rewritten");
    expect(model.requests[0]?.settings).toEqual({ temperature: 0 });
  });

  it("rewrite arguments, which are validated again", async () => {
    const good = await run([{ beforeToolCall: () => ({ arguments: { text: "changed" } }) }]);
    expect(good.result.toolExecutions).toMatchObject([{ result: "changed", arguments: { text: "changed" } }]);
    const bad = await run([{ beforeToolCall: () => ({ arguments: { text: 5 } }) }]);
    expect(bad.result.toolExecutions[0]?.error?.message).toContain("rewritten by a hook");
  });

  it("replace a result, and the model reads the replacement", async () => {
    const { model, events } = await run([{ afterToolCall: () => ({ result: "[hidden]" }) }]);
    expect(model.requests[1]?.messages.at(-1)?.content).toBe("[hidden]");
    expect(events.find((event) => event.type === "tool_complete")).toMatchObject({ result: "[hidden]" });
  });

  it("deny a call, answer it, and sees denied and cached calls afterwards", async () => {
    const sources: string[] = [];
    const watch: Hook = { priority: 1, afterToolCall: ({ source }) => void sources.push(source) };
    const denied = await run([watch, { beforeToolCall: () => ({ deny: "not today" }) }]);
    expect(denied.result.toolExecutions).toMatchObject([
      { source: "denied", isError: true, error: { message: "not today" } },
    ]);
    const answered = await run([watch, { beforeToolCall: () => ({ result: "from the hook" }) }]);
    expect(answered.model.requests[1]?.messages.at(-1)?.content).toBe("from the hook");
    expect(sources).toEqual(["denied", "cached"]);
  });

  it("ask the model again, five tries a turn at most, each on record with its cost", async () => {
    const script: ScriptedStep[] = Array.from({ length: 9 }, (_, n) => ({
      text: `try ${n + 1}`,
      usage: { inputTokens: 1, outputTokens: 1 },
    }));
    const { result, events } = await run([{ afterModelCall: () => ({ retry: true }) }], script);
    expect(result.text).toBe("try 5");
    expect(events.filter((event) => event.type === "retry").map((event) => event.attempt)).toEqual([
      1, 2, 3, 4,
    ]);
    expect(result.usage.totalTokens).toBe(10);
    expect(result.iterations).toBe(1);
  });

  it("retry or answer a model's failure", async () => {
    const retried = await run(
      [{ onModelError: () => ({ retry: { delayMs: 1 } }) }],
      [{ error: new ServerError("down") }, "up again"],
    );
    expect(retried.result.text).toBe("up again");
    expect(retried.events.find((event) => event.type === "retry")).toMatchObject({
      what: "down",
      delayMs: 1,
    });
  });

  it("answer instead of the model", async () => {
    const response = {
      message: { role: "assistant", content: [{ type: "text", text: "canned" }] },
      usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
      stopReason: "stop",
      modelId: "none",
    } as const;
    const { result, model } = await run([{ beforeModelCall: () => ({ response }) }], []);
    expect(result.text).toBe("canned");
    expect(model.requests).toHaveLength(0);
  });

  it.each(["beforeRun", "beforeModelCall", "afterModelCall", "beforeToolCall", "afterToolCall"] as const)(
    "end the run in %s, as a result, with every call answered",
    async (point) => {
      const { result } = await run([
        { [point]: () => ({ end: { reason: "guardrail", text: "stopped", detail: "policy" } }) },
      ]);
      expect(result).toMatchObject({
        stopReason: "guardrail",
        success: false,
        text: "stopped",
        stopDetail: "policy",
      });
      const calls = result.messages
        .flatMap((message) => (message.role === "assistant" ? message.content : []))
        .filter((part) => part.type === "tool_call");
      expect(result.messages.filter((message) => message.role === "tool")).toHaveLength(calls.length);
    },
  );
});

describe("a hook that throws", () => {
  const broken = (guard: boolean): Hook => {
    const fail = (): never => {
      throw new Error("hook bug");
    };
    return {
      name: "broken",
      guard,
      beforeRun: fail,
      beforeModelCall: fail,
      afterModelCall: fail,
      beforeToolCall: fail,
      afterToolCall: fail,
      afterRun: fail,
      onEvent: fail,
    };
  };

  it("is passed over, and logged once for each point", async () => {
    const { logger, logged } = quietly();
    const { result } = await run([broken(false)], [call("a"), call("b"), "done"], { logger });
    expect(result.stopReason).toBe("complete");
    expect(logged.map((fields) => (fields as { point: string }).point).sort()).toEqual([
      "afterModelCall",
      "afterRun",
      "afterToolCall",
      "beforeModelCall",
      "beforeRun",
      "beforeToolCall",
      "onEvent",
    ]);
  });

  it("closes what it guards: the run, the call, the result", async () => {
    const { logger } = quietly();
    const failing = (point: keyof Hook): Hook => ({
      name: "broken",
      guard: true,
      [point]: () => Promise.reject(new Error("hook bug")),
    });
    expect((await run([failing("beforeRun")], undefined, { logger })).result).toMatchObject({
      stopReason: "guardrail",
      stopDetail: "broken failed in beforeRun",
    });
    expect((await run([failing("beforeModelCall")], undefined, { logger })).model.requests).toHaveLength(0);
    expect(
      (await run([failing("beforeToolCall")], undefined, { logger })).result.toolExecutions,
    ).toMatchObject([{ source: "denied" }]);
    const secret = await run([failing("afterModelCall")], ["the secret is xyzzy"], { logger });
    expect(secret.result).toMatchObject({
      stopReason: "guardrail",
      text: "",
      usage: { estimated: true },
      iterations: 1,
    });
    expect(JSON.stringify([secret.result, secret.events])).not.toContain("xyzzy");
    const withheld = await run([failing("afterToolCall")], undefined, { logger });
    expect(withheld.result.toolExecutions).toMatchObject([{ isError: true, error: { code: "withheld" } }]);
    expect(JSON.stringify(withheld.model.requests[1]?.messages.at(-1))).not.toContain("hi");
  });
});

describe("an answer that a hook ends as a guardrail", () => {
  it("is withheld, unless the hook says what to show", async () => {
    const bare = await run(
      [{ name: "policy", afterModelCall: () => ({ end: { reason: "guardrail" } }) }],
      ["secret"],
    );
    expect(bare.result).toMatchObject({ stopReason: "guardrail", stopDetail: "policy", text: "" });
    expect(JSON.stringify(bare.events)).not.toContain("secret");
    const told = await run(
      [{ afterModelCall: () => ({ end: { reason: "guardrail", text: "I cannot say." } }) }],
      ["secret"],
    );
    expect(told.result.text).toBe("I cannot say.");
  });
});

describe("watching", () => {
  it("a listener or onEvent that rejects is logged and never an unhandled rejection", async () => {
    const { logger, logged } = quietly();
    const unhandled: unknown[] = [];
    const onUnhandled = (reason: unknown): void => void unhandled.push(reason);
    process.on("unhandledRejection", onUnhandled);
    try {
      const hook: Hook = { onEvent: () => Promise.reject(new Error("late")) };
      const agent = new Agent({ model: new ScriptedModel(["done"]), hooks: [hook], logger });
      agent.on("terminate", () => Promise.reject(new Error("later")));
      agent.on("event", () => {
        throw new Error("at once");
      });
      await agent.run("go");
      agent.stream("never read");
      await new Promise((resolve) => setImmediate(resolve));
      expect(unhandled).toEqual([]);
      expect(logged.length).toBeGreaterThanOrEqual(3);
    } finally {
      process.off("unhandledRejection", onUnhandled);
    }
  });

  it("off takes a listener back", async () => {
    const seen: string[] = [];
    const listen = (event: AgentEvent): void => void seen.push(event.type);
    const agent = new Agent({ model: new ScriptedModel(["a", "b"]) }).on("event", listen);
    await agent.run("1");
    agent.off("event", listen);
    await agent.run("2");
    expect(seen).toEqual(["run_start", "model_complete", "terminate"]);
  });
});

describe("a plugin", () => {
  it("brings hooks and tools together", async () => {
    const seen: string[] = [];
    const model = new ScriptedModel([call("x"), "done"]);
    const plugin = { name: "p", tools: [echo], hooks: [{ beforeToolCall: () => void seen.push("called") }] };
    const result = await new Agent({ model, plugins: [plugin] }).run("go");
    expect(result.toolExecutions).toMatchObject([{ result: "x" }]);
    expect(seen).toEqual(["called"]);
  });
});
