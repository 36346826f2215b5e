import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { ScriptedModel } from "../testing/scripted-model.ts";
import { tool } from "../tool/tool.ts";
import { Agent } from "./agent.ts";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;

describe("what a run leaves behind", () => {
  it("is nothing: 500 concurrent streams left half-way close their models, listeners and timers", async () => {
    const controller = new AbortController();
    let listeners = 0;
    const signal = controller.signal;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners--;
      remove(...args);
    };
    const before = process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const model = new ScriptedModel(["an answer that nobody reads to its end"], {
      repeat: true,
      chunkSize: 1,
    });
    const agent = new Agent({ model, timeBudgetMs: 60_000 });
    await Promise.all(
      Array.from({ length: 500 }, async () => {
        const stream = agent.stream("hi", { signal, timeoutMs: 60_000 });
        for await (const event of stream) if (event.type === "model_chunk") break;
      }),
    );
    expect(model.openStreams).toBe(0);
    expect(listeners).toBe(0);
    expect(process.getActiveResourcesInfo().filter((name) => name === "Timeout").length).toBe(before);
  });

  it("does not keep a finished run's tool arguments or events alive", async () => {
    let collected = 0;
    const registry = new FinalizationRegistry(() => collected++);
    const big = tool({
      name: "big",
      description: "Returns a lot.",
      execute: () => {
        const value = { text: "x".repeat(1000) };
        registry.register(value, undefined);
        return value;
      },
    });
    const agent = new Agent({
      model: new ScriptedModel([{ toolCalls: [{ name: "big" }] }, "done"], { repeat: true }),
      tools: [big],
    });
    for (let run = 0; run < 50; run++) await agent.run("go", { threadId: "t" });
    for (let turn = 0; turn < 20 && collected < 45; turn++) {
      gc();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(collected).toBeGreaterThanOrEqual(45);
  });
});
