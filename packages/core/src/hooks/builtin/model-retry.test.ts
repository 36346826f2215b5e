/** A model that failed in passing is asked again, visibly; what may have been paid for is not. */
import { describe, expect, it } from "vitest";
import { Agent } from "../../agent/agent.ts";
import {
  IncompleteStreamError,
  InvalidRequestError,
  type LocusError,
  RateLimitError,
  ServerError,
  TimeoutError,
} from "../../errors/errors.ts";
import type { EventOf } from "../../events/types.ts";
import { ScriptedModel, type ScriptedStep } from "../../testing/scripted-model.ts";
import { type ModelRetryOptions, modelRetryHook } from "./model-retry.ts";

const busy = new ServerError("busy", { status: 503 });

async function run(script: readonly ScriptedStep[], options: ModelRetryOptions = {}) {
  const model = new ScriptedModel(script);
  const agent = new Agent({ model, hooks: [modelRetryHook({ initialDelayMs: 1, ...options })] });
  const retries: EventOf<"retry">[] = [];
  agent.on("retry", (event) => void retries.push(event));
  const result = await agent.run("Hello?").catch((error: LocusError) => error);
  return { result, retries, asked: model.requests.length };
}

describe("after an error", () => {
  it("that may pass, the model is asked again, each time on record", async () => {
    const { result, retries } = await run([{ error: busy }, { error: busy }, "Here."]);
    expect(result).toMatchObject({ text: "Here.", success: true });
    expect(retries).toMatchObject([
      { what: "busy", attempt: 1 },
      { what: "busy", attempt: 2 },
    ]);
  });

  it("as often as was said, and no more", async () => {
    const { result, asked } = await run([{ error: busy }, { error: busy }, { error: busy }, "Here."], {
      maxRetries: 2,
    });
    expect(result).toMatchObject({ code: "server_error" });
    expect(asked).toBe(3);
  });

  const never: readonly Error[] = [
    new TimeoutError("no answer in 60 s"),
    new IncompleteStreamError("broke off", { retryable: true }),
    new ServerError("failed while it answered"),
    new InvalidRequestError("no such option"),
    new RateLimitError("come back in an hour", { status: 429, retryAfterMs: 3_600_000 }),
  ];
  it.each(never)(
    "that may be paid for, is final or asks for too long a wait, it is not: $message",
    async (error) => {
      const { result, asked } = await run([{ error }, "Here."]);
      expect(result).toMatchObject({ message: error.message });
      expect(asked).toBe(1);
    },
  );

  it("that came after pieces of the answer, it is not, and what had come is counted", async () => {
    const model = new ScriptedModel([{ text: "Partly", error: busy }, "Here."]);
    const agent = new Agent({ model, hooks: [modelRetryHook({ initialDelayMs: 1 })] });
    let shown = "";
    const reading = (async () => {
      for await (const event of agent.stream("Hello?")) {
        if (event.type === "model_chunk") shown += event.text;
        if (event.type === "terminate") expect(event.usage.outputTokens).toBeGreaterThan(0);
      }
    })();
    await expect(reading).rejects.toThrow("busy");
    expect(shown).toBe("Partly");
    expect(model.requests).toHaveLength(1);
  });

  it("waits as long as the server asks, otherwise longer each time up to its bound", async () => {
    const slow = new RateLimitError("slow down", { status: 429, retryAfterMs: 7 });
    const asked = await run([{ error: slow }, "Here."]);
    expect(asked.retries).toMatchObject([{ delayMs: 7 }]);
    const grown = await run([{ error: busy }, { error: busy }, { error: busy }, "Here."], {
      initialDelayMs: 4,
      factor: 3,
      maxDelayMs: 20,
    });
    const [first = 0, second = 0, third = 0] = grown.retries.map(({ delayMs }) => delayMs);
    for (const [delay, bound] of [
      [first, 4],
      [second, 12],
      [third, 20],
    ] as const) {
      expect(delay).toBeGreaterThanOrEqual(bound / 2);
      expect(delay).toBeLessThanOrEqual(bound);
    }
  });

  it("is asked about by `on`, where it may be tried again at all", async () => {
    const { result } = await run([{ error: busy }, "Here."], { on: ({ status }) => status === 429 });
    expect(result).toMatchObject({ message: "busy" });
  });
});

describe("an empty answer", () => {
  const usage = { inputTokens: 10, outputTokens: 0, totalTokens: 10 };
  const empty: ScriptedStep = { text: " ", usage };

  it("is asked for again, and what it cost is counted", async () => {
    const { result, retries } = await run([empty, { text: "Here.", usage }]);
    expect(result).toMatchObject({ text: "Here.", usage: { inputTokens: 20 } });
    expect(retries).toMatchObject([{ usage: { inputTokens: 10 } }]);
  });

  it("of thoughts alone is empty, too; a refusal is not", async () => {
    const thoughts: ScriptedStep = { content: [{ type: "reasoning", text: "Hm." }] };
    expect(await run([thoughts, "Here."])).toMatchObject({ asked: 2, result: { text: "Here." } });
    const refusal: ScriptedStep = { content: [{ type: "refusal", text: "I cannot." }] };
    expect(await run([refusal, "Here."])).toMatchObject({
      asked: 1,
      result: { stopReason: "guardrail", stopDetail: "refusal" },
    });
  });

  it("stands once the tries are used up, or where that is not wanted", async () => {
    expect(await run([empty, empty, empty, empty])).toMatchObject({
      asked: 4,
      result: { success: true, text: " " },
    });
    expect(await run([empty], { retryOnEmpty: false })).toMatchObject({ asked: 1 });
  });

  it.each(["length", "content_filter"] as const)(
    "for the reason of %s is not asked for again",
    async (stopReason) => {
      expect(await run([{ text: "", stopReason }, "Here."])).toMatchObject({ asked: 1 });
    },
  );
});

it("an option that does not fit is refused", () => {
  expect(() => modelRetryHook({ maxRetries: 5 })).toThrow("a whole number from 0 to 4");
  expect(() => modelRetryHook({ factor: 0.5 })).toThrow("a number from 1");
});
