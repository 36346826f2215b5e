/**
 * One table: every transport × (plain, stream) × what an agent asks of a model. The same turns, the same assertions,
 * over the emulator. A cell that is empty has its reason in `MISSING`.
 */
import {
  Agent,
  type AgentEvent,
  type AgentInput,
  type AgentResult,
  CancelledError,
  type Hook,
  IncompleteStreamError,
  MemoryCheckpointer,
  RateLimitError,
  type RunOptions,
  ServerError,
  type Tool,
  tool,
  toolCalled,
} from "@locus-sdk/core";
import type { ScriptedTurn } from "@locus-sdk/oci-emulator";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Cloud, startCloud } from "../test/emulator.ts";
import { type Transport, transports } from "../test/transports.ts";

let cloud: Cloud;
beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud[Symbol.asyncDispose]());
beforeEach(() => cloud.emulator.reset());

const TRANSPORTS = transports(() => cloud, { maxRetries: 0 });

const FEATURES = [
  "text",
  "one tool",
  "two parallel calls of one tool",
  "structured output",
  "reasoning",
  "image",
  "abort",
  "resume from checkpoint",
  "429",
  "500",
  "truncated stream",
  "malformed arguments",
  "hooks",
  "idempotency",
  "termination",
  "interrupt and resume",
  "cancel and go on",
] as const;
type Feature = (typeof FEATURES)[number];

/** Cells that cannot be, and why. */
const MISSING: Partial<Record<Transport, Partial<Record<Feature, string>>>> = {
  "native COHERE": {
    reasoning: "the format has no reasoning",
    "malformed arguments": "the wire carries arguments as objects, never as text",
  },
  dedicated: { "malformed arguments": "a call in the text that is not JSON stays text" },
};
const PLAIN_MISSING: Partial<Record<Feature, string>> = {
  "truncated stream": "there is no stream to truncate",
};

const declaration = {
  name: "get_weather",
  description: "Current weather for a city.",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
} as const;
const weather: Tool = tool({ ...declaration, execute: ({ city }) => ({ city, tempC: 21 }) });
const call = (city: string) => ({ name: "get_weather", arguments: { city } });

interface Ran {
  readonly result: AgentResult;
  readonly events: readonly AgentEvent[];
}

/** One run, plain or streamed, with all that was seen of it. */
async function run(
  agent: Agent,
  streamed: boolean,
  input: AgentInput,
  options: RunOptions = {},
): Promise<Ran> {
  if (!streamed) return { result: await agent.run(input, options), events: [] };
  const stream = agent.stream(input, options);
  const events: AgentEvent[] = [];
  for await (const event of stream) events.push(event);
  return { result: await stream.result, events };
}

const agentOn = (
  transport: Transport,
  options: Partial<ConstructorParameters<typeof Agent>[0]> = {},
): Agent =>
  new Agent({ model: TRANSPORTS[transport](), tools: [weather], systemPrompt: "Be brief.", ...options });
const script = (...turns: readonly ScriptedTurn[]): void => cloud.emulator.script(...turns);
const textOf = (events: readonly AgentEvent[], kind: string): string =>
  events.map((event) => (event.type === "model_chunk" && event.kind === kind ? event.text : "")).join("");

const CHECKS: Record<Feature, (transport: Transport, streamed: boolean) => Promise<void>> = {
  async text(transport, streamed) {
    script({ text: "Grüß Gott, 世界 🌍.", usage: { inputTokens: 11, outputTokens: 7 } });
    const { result, events } = await run(agentOn(transport), streamed, "Hello");
    expect(result).toMatchObject({ text: "Grüß Gott, 世界 🌍.", stopReason: "complete" });
    expect(result.usage).toMatchObject({ inputTokens: 11, outputTokens: 7 });
    if (streamed) expect(textOf(events, "text")).toBe(result.text);
  },
  async "one tool"(transport, streamed) {
    script({ toolCalls: [call("Chicago")] }, { text: "21 degrees." });
    const { result } = await run(agentOn(transport), streamed, "Chicago?");
    expect(result).toMatchObject({ text: "21 degrees.", iterations: 2 });
    expect(result.toolExecutions).toMatchObject([{ arguments: { city: "Chicago" }, result: { tempC: 21 } }]);
    expect(cloud.emulator.requests.at(-1)?.rawBody.toString()).toContain("tempC");
  },
  async "two parallel calls of one tool"(transport, streamed) {
    script({ toolCalls: [call("Oslo"), call("Rome")] }, { text: "Both." });
    const { result } = await run(agentOn(transport), streamed, "Oslo and Rome?");
    expect(result.toolExecutions.map(({ arguments: args }) => args)).toEqual([
      { city: "Oslo" },
      { city: "Rome" },
    ]);
    expect(new Set(result.toolExecutions.map(({ callId }) => callId)).size).toBe(2);
    expect(result.text).toBe("Both.");
  },
  async "structured output"(transport, streamed) {
    script({ text: '{"answer":42}' });
    const model = TRANSPORTS[transport]();
    const schema = { type: "object", properties: { answer: { type: "integer" } }, required: ["answer"] };
    const request = {
      messages: [{ role: "user", content: "Answer?" }],
      outputSchema: { name: "answer", schema },
    } as const;
    let text = "";
    if (streamed) {
      for await (const part of model.stream(request)) if (part.type === "text_delta") text += part.text;
    } else {
      const [part] = (await model.complete(request)).message.content;
      text = part?.type === "text" ? part.text : "";
    }
    expect(JSON.parse(text)).toEqual({ answer: 42 });
    expect(cloud.emulator.requests[0]?.rawBody.toString()).toContain('"answer"');
  },
  async reasoning(transport, streamed) {
    script({ reasoning: "Let me think.", text: "Yes." });
    // Responses shows what was thought only where a summary is asked for.
    const settings = transport.startsWith("responses") ? { reasoning: { summary: "auto" } as const } : {};
    const { result, events } = await run(agentOn(transport, { settings }), streamed, "Sure?");
    const thought = result.message?.content.find((part) => part.type === "reasoning");
    expect(thought).toMatchObject({ text: "Let me think." });
    expect(result.text).toBe("Yes.");
    if (streamed) expect(textOf(events, "reasoning")).toBe("Let me think.");
  },
  async image(transport, streamed) {
    script({ text: "A cat." });
    const input = [
      { type: "text", text: "What is it?" },
      { type: "image", data: "iVBORw0KGgo=", mediaType: "image/png" },
    ] as const;
    const { result } = await run(agentOn(transport, { tools: [] }), streamed, input);
    expect(result.text).toBe("A cat.");
    expect(cloud.emulator.requests[0]?.rawBody.toString()).toContain("data:image/png;base64,iVBORw0KGgo=");
  },
  async abort(transport, streamed) {
    script(
      streamed
        ? { text: ["one ", "two"], wire: { writes: "event", delayMs: 200 } }
        : { text: "late", delayMs: 30_000 },
    );
    const controller = new AbortController();
    const agent = agentOn(transport).on("model_chunk", () => controller.abort());
    const running = run(agent, streamed, "Hello", { signal: controller.signal });
    if (!streamed) {
      await expect.poll(() => cloud.emulator.requests.length).toBe(1);
      controller.abort();
    }
    await expect(running).rejects.toThrow(CancelledError);
    await cloud.emulator.idle();
    expect(cloud.emulator.requests[0]).toMatchObject({ aborted: true });
  },
  async "resume from checkpoint"(transport, streamed) {
    const checkpointer = new MemoryCheckpointer();
    script({ toolCalls: [call("Oslo")] }, { text: "First." }, { text: "Second." });
    await run(agentOn(transport, { checkpointer }), streamed, "Oslo?", { threadId: "t" });
    // As another process would: a new agent, a new model, the same store.
    const { result } = await run(agentOn(transport, { checkpointer }), streamed, "And now?", {
      threadId: "t",
    });
    expect(result.text).toBe("Second.");
    expect(result.messages.map(({ role }) => role)).toEqual([
      "user",
      "assistant",
      "tool",
      "assistant",
      "user",
      "assistant",
    ]);
    expect(cloud.emulator.requests.at(-1)?.rawBody.toString()).toContain("Be brief.");
  },
  async "429"(transport, streamed) {
    // A service of its own: what is throttled here slows its callers down for a while.
    const kept = cloud;
    cloud = await startCloud();
    try {
      script({ error: "TooManyRequests" });
      const failing = run(agentOn(transport), streamed, "Hello");
      await expect(failing).rejects.toThrow(RateLimitError);
      await expect(failing).rejects.toMatchObject({
        retryable: true,
        status: 429,
        result: { stopReason: "error" },
      });
      expect(cloud.emulator.generations).toBe(0);
    } finally {
      await cloud[Symbol.asyncDispose]();
      cloud = kept;
    }
  },
  async "500"(transport, streamed) {
    script({ error: "InternalServerError" });
    const failing = run(agentOn(transport), streamed, "Hello");
    await expect(failing).rejects.toThrow(ServerError);
    await expect(failing).rejects.toMatchObject({ requestId: expect.stringMatching(/./) });
  },
  async "truncated stream"(transport, streamed) {
    script({ text: ["one ", "two ", "three ", "four"], faults: [{ type: "truncate", after: 3 }] });
    await expect(run(agentOn(transport), streamed, "Hello")).rejects.toThrow(IncompleteStreamError);
    // What was paid for once is not paid for again.
    expect(cloud.emulator.generations).toBe(1);
    expect(cloud.emulator.requests).toHaveLength(1);
  },
  async hooks(transport, streamed) {
    script({ toolCalls: [call("Oslo")] }, { text: "Denied, then." });
    const seen: string[] = [];
    const deny: Hook = { beforeToolCall: () => ({ deny: "not today" }) };
    const watch: Hook = {
      priority: 100,
      afterModelCall: ({ response }) => void seen.push(response.stopReason),
    };
    const { result } = await run(agentOn(transport, { hooks: [deny, watch] }), streamed, "Oslo?");
    expect(result).toMatchObject({ text: "Denied, then.", toolExecutions: [{ source: "denied" }] });
    expect(seen).toEqual(["tool_calls", "stop"]);
    expect(cloud.emulator.requests.at(-1)?.rawBody.toString()).toContain("not today");
  },
  async idempotency(transport, streamed) {
    script({ toolCalls: [call("Oslo")] }, { toolCalls: [call("Oslo")] }, { text: "Once." });
    let ran = 0;
    const once = tool({ ...declaration, idempotent: true, execute: () => `run ${++ran}` });
    const { result } = await run(agentOn(transport, { tools: [once] }), streamed, "Oslo, twice?");
    expect([ran, result.text]).toEqual([1, "Once."]);
    expect(result.toolExecutions.map(({ cached }) => cached)).toEqual([false, true]);
  },
  async termination(transport, streamed) {
    script({ toolCalls: [call("Oslo")] }, { text: "Later." });
    const agent = agentOn(transport, { termination: toolCalled("get_weather") });
    const { result } = await run(agent, streamed, "Oslo?", { threadId: "t" });
    expect(result).toMatchObject({ stopReason: "terminal_tool", iterations: 1 });
    expect(
      (await run(agentOn(transport, { checkpointer: new MemoryCheckpointer() }), streamed, "And?")).result
        .text,
    ).toBe("Later.");
  },
  async "interrupt and resume"(transport, streamed) {
    script({ toolCalls: [call("Oslo")] }, { text: "As you wish." });
    const checkpointer = new MemoryCheckpointer();
    const ask = tool({ ...declaration, execute: (_args, context) => context.interrupt("Celsius?") });
    const first = await run(agentOn(transport, { tools: [ask], checkpointer }), streamed, "Oslo?", {
      threadId: "t",
    });
    expect(first.result.stopReason).toBe("interrupted");
    const answers = { [first.result.interrupt?.interruptId ?? ""]: "yes, Celsius" };
    const again = agentOn(transport, { tools: [ask], checkpointer });
    const done = streamed ? await again.resumeStream("t", answers).result : await again.resume("t", answers);
    expect(done.text).toBe("As you wish.");
    expect(cloud.emulator.requests.at(-1)?.rawBody.toString()).toContain("yes, Celsius");
  },
  async "cancel and go on"(transport, streamed) {
    script({ toolCalls: [call("Oslo")] }, { text: "Back again." });
    const controller = new AbortController();
    const slow = tool({
      ...declaration,
      execute: () => {
        controller.abort();
        return new Promise(() => undefined);
      },
    });
    const agent = agentOn(transport, { tools: [slow] });
    const cancelled = run(agent, streamed, "Oslo?", { threadId: "t", signal: controller.signal });
    await expect(cancelled).rejects.toThrow(CancelledError);
    expect((await run(agent, streamed, "Still there?", { threadId: "t" })).result.text).toBe("Back again.");
  },
  async "malformed arguments"(transport, streamed) {
    script({ toolCalls: [{ name: "get_weather", arguments: '{"city": "Os' }] }, { text: "Sorry." });
    const { result } = await run(agentOn(transport), streamed, "Oslo?");
    expect(result.toolExecutions).toMatchObject([{ isError: true, error: { code: "invalid_json" } }]);
    expect(result.text).toBe("Sorry.");
  },
};

for (const transport of Object.keys(TRANSPORTS) as Transport[]) {
  describe.each([
    ["plain", false],
    ["stream", true],
  ] as const)(`${transport}, %s`, (_way, streamed) => {
    for (const feature of FEATURES) {
      const reason = MISSING[transport]?.[feature] ?? (streamed ? undefined : PLAIN_MISSING[feature]);
      if (reason === undefined) test(feature, () => CHECKS[feature](transport, streamed));
      else test.skip(`${feature}: ${reason}`, () => undefined);
    }
  });
}
