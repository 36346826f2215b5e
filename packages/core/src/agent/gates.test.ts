/** A run ends as hoped only with an answer that has passed the agent's gates. */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { AgentEvent } from "../events/types.ts";
import { ScriptedModel, type ScriptedStep } from "../testing/scripted-model.ts";
import { tool } from "../tool/tool.ts";
import { Agent } from "./agent.ts";
import type { VerificationGate } from "./gates.ts";
import type { AgentOptions } from "./options.ts";

const runTests = tool({
  name: "run_tests",
  description: "Runs the tests.",
  parameters: z.object({}),
  execute: () => "all pass",
});
const tested: VerificationGate = {
  name: "tested",
  verify: ({ state }) =>
    state.run.toolExecutions.some(({ name, isError }) => name === "run_tests" && !isError) ||
    "Run the tests first.",
};
const short: VerificationGate = {
  name: "short",
  maxRejections: 1,
  verify: ({ text }) => text.length < 20 || "Say it in fewer words.",
};

async function run(script: readonly ScriptedStep[], options: Partial<AgentOptions> = {}) {
  const model = new ScriptedModel(script);
  const events: AgentEvent[] = [];
  const agent = new Agent({ model, tools: [runTests], verify: [tested, short], ...options });
  agent.on("event", (event) => events.push(event));
  const result = await agent.run("Fix it.");
  const verdicts = events.flatMap((event) =>
    event.type === "verification" ? [`${event.verifier} ${event.decision}`] : [],
  );
  return { model, result, verdicts };
}
const test: ScriptedStep = { toolCalls: [{ name: "run_tests" }] };

describe("a gate", () => {
  it("sends an answer back with what is missing, and lets the next one pass", async () => {
    const { model, result, verdicts } = await run(["Done!", test, "Now it is."]);
    expect(result).toMatchObject({ stopReason: "complete", success: true, text: "Now it is." });
    expect(verdicts).toEqual(["tested retry", "tested accept", "short accept"]);
    expect(model.requests[1]?.messages.at(-1)).toEqual({ role: "user", content: "Run the tests first." });
  });

  it("gives up after its rejections, and the run is no success", async () => {
    const long = "This answer is much longer than it needs to be.";
    const { result, verdicts } = await run([test, long, long]);
    expect(result).toMatchObject({ stopReason: "guardrail", success: false });
    expect(result.stopDetail).toBe("short: Say it in fewer words.");
    expect(verdicts.slice(1)).toEqual(["short retry", "tested accept", "short fail"]);
  });

  it("holds for a terminal tool as well: what it rejects does not end the run", async () => {
    const done: ScriptedStep = { toolCalls: [{ name: "task_complete", arguments: { summary: "Fixed." } }] };
    const { result, verdicts } = await run([done, test, done], { completionMode: "explicit" });
    expect(result).toMatchObject({ stopReason: "terminal_tool", text: "Fixed.", iterations: 3 });
    expect(verdicts).toEqual(["tested retry", "tested accept", "short accept"]);
  });

  it("does not make a loop of the answers that it sends back", async () => {
    const patient: VerificationGate = { ...tested, maxRejections: 9 };
    const { result } = await run(["Done.", "Done.", "Done.", "Done.", test, "Done."], { verify: [patient] });
    expect(result.stopReason).toBe("complete");
  });

  it("that throws ends the run with its error, not with the answer", async () => {
    const broken: VerificationGate = {
      name: "broken",
      verify: () => {
        throw new Error("no connection to the linter");
      },
    };
    await expect(run(["Done."], { verify: [broken] })).rejects.toMatchObject({
      message: "the answer could not be checked (broken): no connection to the linter",
      result: { stopReason: "error", success: false },
    });
  });

  it("that hangs does not keep the run from being cancelled", async () => {
    const asked = Promise.withResolvers<void>();
    const hanging: VerificationGate = {
      name: "hanging",
      verify: () => {
        asked.resolve();
        return new Promise(() => undefined);
      },
    };
    const controller = new AbortController();
    const agent = new Agent({ model: new ScriptedModel(["Done."]), verify: [hanging] });
    const running = agent.run("Go.", { signal: controller.signal });
    await asked.promise;
    controller.abort();
    await expect(running).rejects.toMatchObject({ code: "cancelled" });
  });

  it("is asked again about the answer on record where the process died in between", async () => {
    const model = new ScriptedModel(["Done."]);
    let isDown = true;
    const flaky: VerificationGate = {
      name: "flaky",
      verify: () => {
        if (isDown) throw new Error("down");
        return true;
      },
    };
    const agent = new Agent({ model, verify: [flaky] });
    await expect(agent.run("Go.", { threadId: "t" })).rejects.toThrow("down");
    isDown = false;
    const copy = await agent.fork("t", { at: 2 });
    expect(await agent.resume(copy)).toMatchObject({ stopReason: "complete", text: "Done." });
    expect(model.requests).toHaveLength(1);
  });
});

it("two gates of one name are refused", () => {
  expect(() => new Agent({ model: new ScriptedModel([]), verify: [tested, tested] })).toThrow(
    /two .*"tested"/,
  );
});
