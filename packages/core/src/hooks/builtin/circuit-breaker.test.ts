/** What has failed several times in a row is left alone for a while, by all runs and agents of one breaker. */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { Agent } from "../../agent/agent.ts";
import { AuthenticationError, InvalidRequestError, ServerError } from "../../errors/errors.ts";
import { ScriptedModel, type ScriptedStep } from "../../testing/scripted-model.ts";
import { tool } from "../../tool/tool.ts";
import { type CircuitBreakerOptions, circuitBreakerHook } from "./circuit-breaker.ts";
import { modelRetryHook } from "./model-retry.ts";

const clock = () => {
  const time = { now: 0 };
  return { time, now: () => time.now };
};

describe("a tool", () => {
  function setting(options: CircuitBreakerOptions = {}) {
    const { time, now } = clock();
    const world = { isDown: true, calls: 0 };
    const search = tool({
      name: "search",
      description: "Searches.",
      parameters: z.object({}),
      execute: () => {
        world.calls++;
        if (world.isDown) throw new Error("no connection");
        return "found";
      },
    });
    const hook = circuitBreakerHook({ coolDownMs: 10_000, now, ...options });
    const call: ScriptedStep = { toolCalls: [{ name: "search" }] };
    /** One call in a run of an agent of its own. */
    const ask = async (side = 1): Promise<readonly string[]> => {
      const calls: ScriptedStep = { toolCalls: Array.from({ length: side }, () => ({ name: "search" })) };
      const agent = new Agent({
        model: new ScriptedModel([side === 1 ? call : calls, "Done."]),
        tools: [search],
        hooks: [hook],
      });
      const { toolExecutions } = await agent.run("Go.");
      return toolExecutions.map(({ error }) => error?.code ?? "done");
    };
    return { ask, time, world, hook, search };
  }

  it("that failed three times in a row is denied at once, to all agents, and the model reads why", async () => {
    const { ask, world, hook, search } = setting();
    for (let time = 0; time < 3; time++) expect(await ask()).toEqual(["tool_error"]);
    expect(await ask()).toEqual(["denied"]);
    expect(world.calls).toBe(3);
    const model = new ScriptedModel([{ toolCalls: [{ name: "search" }] }, "Done."]);
    await new Agent({ model, tools: [search], hooks: [hook] }).run("Go.");
    expect(model.requests[1]?.messages.at(-1)).toMatchObject({
      content: expect.stringMatching(
        /search has failed several times in a row and is not called for another 10 s/,
      ),
    });
  });

  it("is tried by one call after the cool-down, whose success lets all pass", async () => {
    const { ask, time, world } = setting();
    for (let times = 0; times < 3; times++) await ask();
    time.now = 10_000;
    world.isDown = false;
    expect(await ask(3)).toEqual(["done", "denied", "denied"]);
    expect(await ask(2)).toEqual(["done", "done"]);
  });

  it("is left alone for as long again where that call fails, and tried once more after it", async () => {
    const { ask, time, world } = setting();
    for (let times = 0; times < 3; times++) await ask();
    time.now = 10_000;
    expect(await ask()).toEqual(["tool_error"]);
    time.now = 19_999;
    expect(await ask()).toEqual(["denied"]);
    time.now = 20_000;
    world.isDown = false;
    expect(await ask()).toEqual(["done"]);
  });

  it("may be tried by the next where the one that was to try told nothing", async () => {
    const { time, world, hook, search, ask } = setting();
    for (let times = 0; times < 3; times++) await ask();
    world.isDown = false;
    time.now = 10_000;
    const asking = { beforeToolCall: () => ({ ask: "May it?" }) };
    const model = new ScriptedModel([{ toolCalls: [{ name: "search" }] }]);
    const waiting = await new Agent({ model, tools: [search], hooks: [hook, asking] }).run("Go.");
    expect(waiting.stopReason).toBe("interrupted");
    expect(await ask()).toEqual(["denied"]);
    time.now = 20_000;
    expect(await ask()).toEqual(["done"]);
  });

  it("counts failures in a row: a success between them begins anew", async () => {
    const { ask, world } = setting({ failures: 2 });
    await ask();
    world.isDown = false;
    await ask();
    world.isDown = true;
    expect(await ask()).toEqual(["tool_error"]);
    expect(await ask()).toEqual(["tool_error"]);
    expect(await ask()).toEqual(["denied"]);
  });

  it("of another agent is another one, though it has the same name", async () => {
    const { ask, hook } = setting({ failures: 1 });
    await ask();
    expect(await ask()).toEqual(["denied"]);
    const other = tool({
      name: "search",
      description: "Searches.",
      parameters: z.object({}),
      execute: () => "found",
    });
    const model = new ScriptedModel([{ toolCalls: [{ name: "search" }] }, "Done."]);
    const { toolExecutions } = await new Agent({ model, tools: [other], hooks: [hook] }).run("Go.");
    expect(toolExecutions).toMatchObject([{ result: "found" }]);
  });

  it("is counted by its own outcome, whatever another hook makes of it", async () => {
    const { world, hook, search } = setting({ failures: 1 });
    const softener = { priority: 299, afterToolCall: () => ({ result: "nothing found" }) };
    const script: ScriptedStep[] = [{ toolCalls: [{ name: "search" }] }, { toolCalls: [{ name: "search" }] }];
    const agent = new Agent({
      model: new ScriptedModel([...script, "Done."]),
      tools: [search],
      hooks: [hook, softener],
    });
    await agent.run("Go.");
    expect(world.calls).toBe(1);
  });

  it("that is not watched is called however often it fails", async () => {
    const { ask } = setting({ failures: 1, tools: ["other"] });
    await ask();
    expect(await ask()).toEqual(["tool_error"]);
  });
});

describe("a model", () => {
  const busy = new ServerError("busy", { status: 503 });

  it("that failed several times in a row is not asked, and the run ends with an error that says so", async () => {
    const { time, now } = clock();
    const hook = circuitBreakerHook({ failures: 2, coolDownMs: 5000, now });
    const model = new ScriptedModel([{ error: busy }, { error: busy }, "Here.", "Again."]);
    const agent = new Agent({ model, hooks: [hook] });
    await expect(agent.run("Hello?")).rejects.toThrow("busy");
    await expect(agent.run("Hello?")).rejects.toThrow("busy");
    const ended = await new Agent({ model, hooks: [hook] }).run("Hello?");
    expect(ended).toMatchObject({ success: false, stopReason: "error" });
    expect(ended.stopDetail).toBe(
      "circuit-breaker: scripted:scripted has failed several times in a row and is not asked for another 5 s",
    );
    expect(model.requests).toHaveLength(2);
    time.now = 5000;
    expect((await agent.run("Hello?")).text).toBe("Here.");
    expect((await agent.run("Hello?")).text).toBe("Again.");
  });

  it("is not blamed for a request that is wrong, nor is another model", async () => {
    const hook = circuitBreakerHook({ failures: 1 });
    const wrong = new InvalidRequestError("no such option");
    const model = new ScriptedModel([{ error: wrong }, { error: busy }]);
    const agent = new Agent({ model, hooks: [hook] });
    await expect(agent.run("Hello?")).rejects.toThrow("no such option");
    await expect(agent.run("Hello?")).rejects.toThrow("busy");
    const other = new ScriptedModel(["Here."], { modelId: "other" });
    expect((await new Agent({ model: other, hooks: [hook] }).run("Hello?")).text).toBe("Here.");
  });

  it.each(["before", "behind"])(
    "is counted the same with the breaker %s a hook that retries",
    async (place) => {
      const breaker = circuitBreakerHook({ failures: 2 });
      const retry = modelRetryHook({ initialDelayMs: 0, maxDelayMs: 0 });
      const hooks = place === "before" ? [breaker, retry] : [retry, breaker];
      const model = new ScriptedModel([{ error: busy }], { repeat: true });
      const ended = await new Agent({ model, hooks }).run("Hello?");
      expect(ended.stopDetail).toMatch("has failed several times in a row");
      expect(model.requests).toHaveLength(2);
    },
  );

  it("of the same name at another server, and one whose credentials were refused, are asked", async () => {
    const hook = circuitBreakerHook({ failures: 1 });
    const refused = new AuthenticationError("no", { status: 401 });
    const model = new ScriptedModel([{ error: refused }, { error: busy }]);
    const agent = new Agent({ model, hooks: [hook] });
    await expect(agent.run("Hello?")).rejects.toThrow("no");
    await expect(agent.run("Hello?")).rejects.toThrow("busy");
    expect((await agent.run("Hello?")).stopReason).toBe("error");
    const there = Object.defineProperty(new ScriptedModel(["Here."]), "cacheIdentity", {
      value: "https://elsewhere.example",
    });
    const elsewhere = new Agent({ model: there, hooks: [hook] });
    expect((await elsewhere.run("Hello?")).text).toBe("Here.");
  });
});
