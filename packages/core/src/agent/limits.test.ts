import { describe, expect, it } from "vitest";
import { z } from "zod";
import { MemoryCheckpointer } from "../checkpoint/memory.ts";
import { CANCELLED_CALL_TEXT } from "../messages/repair.ts";
import { maxIterations, toolCalled } from "../termination/conditions.ts";
import { ScriptedModel, type ScriptedStep } from "../testing/scripted-model.ts";
import { tool } from "../tool/tool.ts";
import { Agent } from "./agent.ts";

const step = tool({
  name: "step",
  description: "One step.",
  parameters: z.object({ n: z.number() }),
  execute: ({ n }) => n,
});
const stepping = (count: number, same = false): ScriptedStep[] =>
  Array.from({ length: count }, (_, n) => ({
    toolCalls: [{ name: "step", arguments: { n: same ? 0 : n } }],
    usage: { inputTokens: 10, outputTokens: 0 },
  }));

describe("the limit of iterations", () => {
  it("runs the calls already made, then asks for one last answer without tools, which counts", async () => {
    const model = new ScriptedModel([...stepping(2), "So far: two steps."]);
    const result = await new Agent({ model, tools: [step], maxIterations: 2 }).run("go");
    expect(result).toMatchObject({
      stopReason: "max_iterations",
      success: false,
      text: "So far: two steps.",
      iterations: 3,
    });
    expect(result.toolExecutions).toHaveLength(2);
    expect(model.requests[2]?.tools).toBeUndefined();
    expect(result.messages.at(-1)).toMatchObject({ role: "assistant" });
  });

  it("asks the auxiliary model, where there is one", async () => {
    const auxiliaryModel = new ScriptedModel(["In short."]);
    const result = await new Agent({
      model: new ScriptedModel(stepping(1)),
      auxiliaryModel,
      tools: [step],
      maxIterations: 1,
    }).run("go");
    expect(result.text).toBe("In short.");
    expect(auxiliaryModel.requests).toHaveLength(1);
  });

  it("ends without a summary on demand, or where none can be had", async () => {
    const off = await new Agent({
      model: new ScriptedModel(stepping(1)),
      tools: [step],
      maxIterations: 1,
      summaryOnLimit: false,
    }).run("go");
    expect(off).toMatchObject({ stopReason: "max_iterations", iterations: 1 });
    const failing = new ScriptedModel([...stepping(1), { error: new Error("down") }]);
    const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
    const result = await new Agent({ model: failing, tools: [step], maxIterations: 1, logger: quiet }).run(
      "go",
    );
    expect(result.stopReason).toBe("max_iterations");
  });

  it("does not run calls that the summary asks for all the same", async () => {
    const result = await new Agent({
      model: new ScriptedModel(stepping(2)),
      tools: [step],
      maxIterations: 1,
    }).run("go");
    expect(result.toolExecutions.map((execution) => execution.source)).toEqual(["executed", "cancelled"]);
  });
});

describe("budgets and loops", () => {
  it("ends with token_budget before the next model call", async () => {
    const result = await new Agent({
      model: new ScriptedModel(stepping(9)),
      tools: [step],
      tokenBudget: 15,
    }).run("go");
    expect(result).toMatchObject({ stopReason: "token_budget", iterations: 2 });
  });

  it("takes the same calls three times in a row for a loop, and paging for none", async () => {
    const loop = await new Agent({ model: new ScriptedModel(stepping(9, true)), tools: [step] }).run("go");
    expect(loop).toMatchObject({
      stopReason: "tool_loop",
      iterations: 3,
      stopDetail: "the same calls 3 times in a row",
    });
    const paging = await new Agent({ model: new ScriptedModel([...stepping(9), "done"]), tools: [step] }).run(
      "go",
    );
    expect(paging.stopReason).toBe("complete");
  });

  it("never leak from one run of a thread to the next", async () => {
    const model = new ScriptedModel([...stepping(2, true), "a", ...stepping(2, true), "b"]);
    const agent = new Agent({ model, tools: [step], maxIterations: 3, tokenBudget: 25 });
    expect((await agent.run("1", { threadId: "t" })).stopReason).toBe("complete");
    expect((await agent.run("2", { threadId: "t" })).stopReason).toBe("complete");
  });
});

describe("terminal tools and explicit completion", () => {
  it("a terminal tool's success ends the run with its result as the text", async () => {
    const submit = tool({ name: "submit", description: "Submits.", execute: () => "submitted #7" });
    const result = await new Agent({
      model: new ScriptedModel([{ toolCalls: [{ name: "submit" }] }]),
      tools: [submit],
      terminalTools: ["submit"],
    }).run("go");
    expect(result).toMatchObject({
      stopReason: "terminal_tool",
      success: true,
      text: "submitted #7",
      stopDetail: "submit",
      iterations: 1,
    });
  });

  it("a terminal tool that fails does not", async () => {
    let tries = 0;
    const submit = tool({
      name: "submit",
      description: "Submits.",
      execute: () => {
        if (++tries === 1) throw new Error("not ready");
        return "ok";
      },
    });
    const turn = { toolCalls: [{ name: "submit" }] };
    const result = await new Agent({
      model: new ScriptedModel([turn, turn]),
      tools: [submit],
      terminalTools: ["submit"],
    }).run("go");
    expect(result).toMatchObject({ stopReason: "terminal_tool", iterations: 2 });
  });

  it("explicit mode goes on after plain text, until task_complete", async () => {
    const model = new ScriptedModel([
      "I will begin.",
      { toolCalls: [{ name: "task_complete", arguments: { summary: "All done." } }] },
    ]);
    const result = await new Agent({ model, completionMode: "explicit" }).run("go");
    expect(result).toMatchObject({ stopReason: "terminal_tool", text: "All done.", iterations: 2 });
    expect(model.requests[1]?.messages.at(-1)).toMatchObject({ role: "user" });
  });

  it("explicit mode ends a run that only talks", async () => {
    const result = await new Agent({
      model: new ScriptedModel(["hm"], { repeat: true }),
      completionMode: "explicit",
    }).run("go");
    expect(result).toMatchObject({ stopReason: "tool_loop", success: false, iterations: 3 });
  });

  it("explicit mode can ask the user", async () => {
    const model = new ScriptedModel([
      { toolCalls: [{ name: "ask_user", arguments: { question: "Which?", options: ["a", "b"] } }] },
    ]);
    const result = await new Agent({ model, completionMode: "explicit" }).run("go");
    expect(result).toMatchObject({
      stopReason: "interrupted",
      interrupt: { question: "Which?", options: ["a", "b"] },
    });
  });
});

describe("termination conditions", () => {
  it("that are limits do not spoil an answer that is there", async () => {
    const result = await new Agent({ model: new ScriptedModel(["done"]), termination: maxIterations(1) }).run(
      "go",
    );
    expect(result).toMatchObject({ stopReason: "complete", success: true });
    const cut = await new Agent({
      model: new ScriptedModel(stepping(5)),
      tools: [step],
      termination: maxIterations(2),
    }).run("go");
    expect(cut).toMatchObject({
      stopReason: "max_iterations",
      stopDetail: "maxIterations(2)",
      iterations: 2,
    });
  });

  it("end the run before the next model call, and name the leaf", async () => {
    const result = await new Agent({
      model: new ScriptedModel(stepping(5)),
      tools: [step],
      termination: toolCalled("step"),
    }).run("go");
    expect(result).toMatchObject({
      stopReason: "terminal_tool",
      stopDetail: 'toolCalled("step")',
      iterations: 1,
    });
  });
});

describe("stop reasons of the model", () => {
  it("an answer cut by the token limit says so", async () => {
    const result = await new Agent({
      model: new ScriptedModel([{ text: "half", stopReason: "length" }]),
    }).run("go");
    expect(result).toMatchObject({ stopReason: "complete", stopDetail: "length", text: "half" });
  });

  it("a content filter ends the run as a guardrail", async () => {
    const result = await new Agent({
      model: new ScriptedModel([{ text: "", stopReason: "content_filter" }]),
    }).run("go");
    expect(result).toMatchObject({ stopReason: "guardrail", success: false, stopDetail: "content_filter" });
  });
});

describe("input", () => {
  it("may be messages, which are repaired where a call has no result", async () => {
    const model = new ScriptedModel(["ok"]);
    await new Agent({ model }).run([
      { role: "user", content: "look it up" },
      { role: "assistant", content: [{ type: "tool_call", id: "c1", name: "look", arguments: "{}" }] },
      { role: "user", content: "never mind" },
    ]);
    expect(model.requests[0]?.messages[2]).toEqual({
      role: "tool",
      callId: "c1",
      name: "look",
      content: CANCELLED_CALL_TEXT,
      isError: true,
    });
  });

  it("may be content parts", async () => {
    const model = new ScriptedModel(["a cat"]);
    const parts = [
      { type: "text", text: "what is it?" },
      { type: "image", url: "https://example.com/cat.png" },
    ] as const;
    await new Agent({ model }).run(parts);
    expect(model.requests[0]?.messages).toEqual([{ role: "user", content: parts }]);
  });

  it("that is neither is refused with what was wrong", async () => {
    const agent = new Agent({ model: new ScriptedModel([]) });
    await expect(agent.run([])).rejects.toThrow("must be text");
    const nonsense = JSON.parse('[{"role":"robot","content":"hi"}]');
    await expect(agent.run(nonsense)).rejects.toThrow("not a conversation");
  });
});

describe("an agent as a tool", () => {
  it("answers its caller, and says why where it cannot", async () => {
    const inner = new Agent({
      model: new ScriptedModel(["42", ...stepping(1), "gave up"]),
      tools: [step],
      maxIterations: 1,
      name: "deep thought",
    });
    const model = new ScriptedModel([
      { toolCalls: [{ name: "deep_thought", arguments: { prompt: "The answer?" } }] },
      { toolCalls: [{ name: "deep_thought", arguments: { prompt: "The question?" } }] },
      "ok",
    ]);
    const result = await new Agent({ model, tools: [inner.asTool()] }).run("go");
    expect(result.toolExecutions).toMatchObject([
      { result: "42" },
      {
        isError: true,
        error: {
          message: "deep_thought failed: deep thought ended with max_iterations; it had said: gave up",
        },
      },
    ]);
  });
});

describe("outputKey and metadata", () => {
  it("keep the answer with the thread, where the system prompt and hooks see it", async () => {
    const model = new ScriptedModel(["first", "second"]);
    const seen: unknown[] = [];
    const agent = new Agent({
      model,
      outputKey: "answer",
      systemPrompt: ({ metadata, threadId, input }) => {
        seen.push({ metadata, threadId, said: input.at(-1)?.content });
        return `for ${String(metadata.user)}`;
      },
    });
    await agent.run("a", { threadId: "t", metadata: { user: "ada" } });
    await agent.run("b", { threadId: "t" });
    expect(seen).toEqual([
      { metadata: { user: "ada" }, threadId: "t", said: "a" },
      { metadata: { user: "ada", answer: "first" }, threadId: "t", said: "b" },
    ]);
    expect(model.requests[1]?.messages[0]).toEqual({ role: "system", content: "for ada" });
  });
});

describe("closing", () => {
  it("closes the models it opened itself, not those it was given", async () => {
    const { registerProvider } = await import("../model/registry.ts");
    const opened = new ScriptedModel(["hi"]);
    registerProvider("closing-test", () => Promise.resolve(() => opened));
    const given = new ScriptedModel([]);
    {
      await using agent = new Agent({ model: "closing-test:x", auxiliaryModel: given });
      await agent.run("hi");
    }
    expect(opened.closed).toBe(true);
    expect(given.closed).toBe(false);
  });
});

describe("a stored thread with a gap", () => {
  it("is repaired on load, never sent as it is", async () => {
    const checkpointer = new MemoryCheckpointer();
    const at = { runId: "r", threadId: "t", timestamp: "2026-01-01T00:00:00.000Z" };
    await checkpointer.append("t", 0, [
      {
        ...at,
        sequence: 1,
        type: "run_start",
        schemaVersion: 1,
        agent: "a",
        input: [
          { role: "user", content: "q" },
          { role: "assistant", content: [{ type: "tool_call", id: "c", name: "look", arguments: "{}" }] },
          { role: "user", content: "and?" },
        ],
      },
      {
        ...at,
        sequence: 2,
        type: "terminate",
        reason: "complete",
        iterations: 0,
        usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
      },
    ]);
    const model = new ScriptedModel(["ok"]);
    await new Agent({ model, checkpointer }).run("go on", { threadId: "t" });
    expect(model.requests[0]?.messages.map((message) => message.role)).toEqual([
      "user",
      "assistant",
      "tool",
      "user",
      "user",
    ]);
  });
});
