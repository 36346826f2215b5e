import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Agent } from "../../agent/agent.ts";
import type { AgentEvent } from "../../events/types.ts";
import type { AfterModelCallContext } from "../../hooks/types.ts";
import type { JsonValue } from "../../json/json.ts";
import { InMemoryStore } from "../../memory/in-memory.ts";
import { messageText } from "../../messages/messages.ts";
import { ScriptedModel, type ScriptedTurn } from "../../testing/scripted-model.ts";
import type { ChatModel, ModelRequest, ModelResponse, ModelStreamPart } from "../types.ts";
import { cacheKey } from "./cache-key.ts";
import { withCache } from "./with-cache.ts";
import { withFailover } from "./with-failover.ts";
import { withRetry } from "./with-retry.ts";

const request: ModelRequest = { messages: [{ role: "user", content: "Hi" }] };
const usage = { inputTokens: 60, outputTokens: 40 };
const FREE = { inputTokens: 0, outputTokens: 0, totalTokens: 0, costUsd: 0 };
const counting = (turn: ScriptedTurn | string = "Hello."): ScriptedModel =>
  new ScriptedModel([typeof turn === "string" ? { text: turn, usage } : { usage, ...turn }], {
    repeat: true,
  });

async function read(stream: AsyncIterable<ModelStreamPart>): Promise<readonly ModelStreamPart[]> {
  const parts: ModelStreamPart[] = [];
  for await (const part of stream) parts.push(part);
  return parts;
}
const responseOf = (parts: readonly ModelStreamPart[]): ModelResponse | undefined =>
  parts.flatMap((part) => (part.type === "finish" ? [part.response] : []))[0];

/** An answer that comes when it is told to. */
function held(): { readonly model: ScriptedModel; readonly go: () => void } {
  const { promise, resolve: go } = Promise.withResolvers<void>();
  const model = new ScriptedModel(
    [
      async ({ signal }) => {
        await Promise.race([promise, new Promise((_, reject) => signal?.addEventListener("abort", reject))]);
        return { text: "Hello there, you.", usage };
      },
    ],
    { repeat: true },
  );
  return { model, go };
}

describe("withCache", () => {
  it("answers the same request from what it has kept, marked and free of charge", async () => {
    const inner = counting({ text: "Hello.", requestId: "req-1" });
    const model = withCache(inner);
    const first = await model.complete(request);
    expect(first).toMatchObject({ usage, requestId: "req-1" });
    expect(first).not.toHaveProperty("cached");
    const second = await model.complete({ ...request, signal: new AbortController().signal });
    const { requestId: _once, ...rest } = first;
    expect(second).toEqual({ ...rest, usage: FREE, cached: true });
    expect(inner.requests).toHaveLength(1);
  });

  it("answers streams from calls and calls from streams, with the same parts in sum", async () => {
    const inner = counting({
      reasoning: "Let me see.",
      text: "I shall look that up.",
      toolCalls: [{ name: "find", arguments: { q: "rain" } }],
    });
    const model = withCache(inner);
    const live = await read(model.stream(request));
    const replayed = await read(model.stream(request));
    const whole = await model.complete(request);
    expect(inner.requests).toHaveLength(1);
    const said = (parts: readonly ModelStreamPart[]): string =>
      parts
        .map((part) => ("text" in part ? part.text : part.type === "finish" ? "" : part.argumentsDelta))
        .join("");
    expect(said(replayed)).toBe(said(live));
    expect(replayed.filter((part) => part.type === "tool_call_delta")).toMatchObject([
      { index: 0, id: "call_1", name: "find", argumentsDelta: '{"q":"rain"}' },
    ]);
    expect(responseOf(replayed)).toEqual({ ...responseOf(live), usage: FREE, cached: true });
    expect(whole).toEqual(responseOf(replayed));
    expect(inner.openStreams).toBe(0);
  });

  it("keeps no answer that was cut, filtered, broke off or was left", async () => {
    const again = async (turn: ScriptedTurn | string, first: (parts: ModelStreamPart) => boolean) => {
      const inner = counting(turn);
      const model = withCache(inner);
      const reading = async (): Promise<void> => {
        for await (const part of model.stream(request)) if (first(part)) break;
      };
      await reading().catch(() => undefined);
      await reading().catch(() => undefined);
      expect(inner.openStreams).toBe(0);
      return inner.requests.length;
    };
    const all = (): boolean => false;
    expect(await again({ text: "Cut", stopReason: "length" }, all)).toBe(2);
    expect(await again({ text: "No", stopReason: "content_filter" }, all)).toBe(2);
    expect(await again({ text: "Off", truncated: true }, all)).toBe(2);
    expect(await again({ text: "Off", error: new Error("off") }, all)).toBe(2);
    expect(await again({ text: "A long answer" }, () => true)).toBe(2);
    expect(await again({ text: "Whole" }, all)).toBe(1);
  });

  it("lets pass what rests on a conversation that the provider keeps", async () => {
    const state = { provider: "scripted", modelId: "scripted", data: "r1" };
    const asked = async (inner: ScriptedModel, one: ModelRequest): Promise<number> => {
      const model = withCache(inner);
      await model.complete(one);
      await read(model.stream(one));
      return inner.requests.length;
    };
    expect(await asked(counting(), { ...request, providerState: state })).toBe(2);
    expect(await asked(counting({ text: "Hi", providerState: state }), request)).toBe(2);
    const serving = new ScriptedModel(["Hi"], { repeat: true, capabilities: { serverState: true } });
    expect(await asked(serving, request)).toBe(2);
  });

  it("makes one call for equal requests at the same time; one of them pays for it", async () => {
    const { model: inner, go } = held();
    const model = withCache(inner);
    const calls = [model.complete(request), model.complete(request), model.complete(request)];
    const streams = [read(model.stream(request)), read(model.stream(request))];
    go();
    const answers = await Promise.all(calls);
    expect(answers.filter(({ cached }) => cached === undefined)).toHaveLength(1);
    expect(answers.filter(({ usage: each }) => each.costUsd === 0)).toHaveLength(2);
    const read2 = (await Promise.all(streams)).map((parts) => responseOf(parts)?.message);
    expect(read2).toEqual([answers[0]?.message, answers[0]?.message]);
    expect(inner.requests.length).toBeLessThanOrEqual(2);
  });

  it.each(["complete", "stream"] as const)(
    "%s: who aborts leaves alone; the call ends when all have left, and the next one is made anew",
    async (how) => {
      const { model: inner, go } = held();
      const model = withCache(inner);
      const ask = (signal?: AbortSignal): Promise<unknown> => {
        const one = signal === undefined ? request : { ...request, signal };
        return how === "complete" ? model.complete(one) : read(model.stream(one));
      };
      const [first, second] = [new AbortController(), new AbortController()];
      const left = [
        expect(ask(first.signal)).rejects.toThrow(),
        expect(ask(second.signal)).rejects.toThrow(),
      ];
      await expect.poll(() => inner.requests.length).toBe(1);
      first.abort();
      await left[0];
      expect(inner.requests[0]?.signal?.aborted).toBe(false);
      second.abort();
      await left[1];
      expect(inner.requests[0]?.signal?.aborted).toBe(true);
      const anew = ask();
      go();
      await anew;
      expect(inner.requests).toHaveLength(2);
      await expect.poll(() => inner.openStreams).toBe(0);
    },
  );

  it("hands everybody the failure of a shared call, and asks again the next time", async () => {
    const inner = new ScriptedModel([{ error: new Error("down") }, "Up again."]);
    const model = withCache(inner);
    const both = [read(model.stream(request)), read(model.stream(request))];
    for (const each of both) await expect(each).rejects.toThrow("down");
    expect(responseOf(await read(model.stream(request)))?.stopReason).toBe("stop");
  });

  it("answers all the same where the store fails, and says so on the answer", async () => {
    const broken = {
      get: () => Promise.reject(new Error("no disk")),
      put: () => Promise.reject(new Error("no disk")),
    };
    const model = withCache(counting(), { store: broken });
    const { warnings } = await model.complete(request);
    expect(warnings).toEqual([
      "the cache could not be read: no disk",
      "the cache could not be written: no disk",
    ]);
    expect(responseOf(await read(model.stream(request)))?.warnings).toHaveLength(2);
    const odd = new InMemoryStore();
    await odd.put(["answers"], cacheKey(counting(), "scripted", request), "not an answer");
    const repaired = withCache(counting(), { store: odd, namespace: ["answers"] });
    expect((await repaired.complete(request)).warnings?.[0]).toContain("the cache could not be read");
    expect((await repaired.complete(request)).cached).toBe(true);
  });

  it("keeps answers in any memory store, for as long as it is told, and apart by namespace", async () => {
    const store = new InMemoryStore();
    const inner = counting();
    await withCache(inner, { store, ttlMs: 60_000 }).complete(request);
    expect((await withCache(inner, { store }).complete(request)).cached).toBe(true);
    await withCache(inner, { store, namespace: ["other"] }).complete(request);
    expect(inner.requests).toHaveLength(2);
    for await (const item of store.list(["model-cache"])) expect(item.expiresAt).toBeDefined();
  });

  it("keeps no more in this process than it is told, and forgets what was not asked for longest", async () => {
    const inner = counting();
    const model = withCache(inner, { maxEntries: 2 });
    const ask = (content: string): Promise<ModelResponse> =>
      model.complete({ messages: [{ role: "user", content }] });
    for (const text of ["a", "b", "a", "c"]) await ask(text);
    expect([(await ask("a")).cached, (await ask("c")).cached, (await ask("b")).cached]).toEqual([
      true,
      true,
      undefined,
    ]);
  });

  it("takes models for one only where what their answers depend on is the same", async () => {
    const store = new InMemoryStore();
    const at = (cacheIdentity: JsonValue | undefined, text: string): ChatModel => {
      const model = counting(text);
      return Object.defineProperty(model, "cacheIdentity", { value: cacheIdentity });
    };
    const ask = async (model: ChatModel, namespace?: readonly string[]): Promise<string | undefined> => {
      const own = namespace === undefined ? {} : { namespace };
      return JSON.stringify((await withCache(model, { store, ...own }).complete(request)).message.content);
    };
    const here = { baseURL: "http://127.0.0.1:1/v1" };
    expect(await ask(at(here, "here"))).toContain("here");
    expect(await ask(at(here, "after a restart"))).toContain("here");
    expect(await ask(at({ baseURL: "http://127.0.0.1:2/v1" }, "there"))).toContain("there");
    expect(await ask(withRetry(at(here, "behind a wrapper")))).toContain("here");
    expect(await ask(withFailover([at(here, "a group")]))).toContain("a group");

    // What says nothing of itself is like nothing else, unless the caller answers for it.
    const unnamed = at(undefined, "unnamed");
    expect(await ask(unnamed)).toContain("unnamed");
    expect(await ask(at(undefined, "another"))).toContain("another");
    expect((await withCache(unnamed, { store }).complete(request)).cached).toBe(true);
    expect(await ask(at(undefined, "mine"), ["mine"])).toContain("mine");
    expect(await ask(at(undefined, "mine, too"), ["mine"])).toContain('"mine"');
  });

  it("shows in a run's events, and costs it nothing", async () => {
    const model = withCache(counting());
    const run = async (): Promise<readonly AgentEvent[]> => {
      const events: AgentEvent[] = [];
      for await (const event of new Agent({ model }).stream("Hi")) events.push(event);
      return events.filter(({ type }) => type === "model_complete");
    };
    expect(await run()).toMatchObject([{ usage }]);
    expect(await run()).toMatchObject([{ cached: true, usage: { totalTokens: 0, costUsd: 0 } }]);
  });
});

describe("the key of a cache", () => {
  const model = { provider: "openai", modelId: "gpt-5" };
  const full: ModelRequest = {
    messages: [{ role: "user", content: "Hi" }],
    tools: [{ name: "t", description: "d", parameters: { type: "object" } }],
    hostedTools: [{ hosted: "web_search", name: "web", options: {} }],
    toolChoice: "auto",
    outputSchema: { name: "o", schema: { type: "object" } },
    settings: { temperature: 0, seed: 1 },
    providerState: { provider: "openai", modelId: "gpt-5", data: 1 },
  };

  it("is the same whatever the signal, the listener, the order of members and what is absent", () => {
    const reordered = Object.fromEntries(Object.entries(full).reverse()) as unknown as ModelRequest;
    const same: readonly ModelRequest[] = [
      { ...full, signal: new AbortController().signal, onRetry: () => undefined },
      reordered,
      structuredClone(full),
      { ...full, settings: { seed: 1, temperature: 0 } },
    ];
    for (const one of same) expect(cacheKey(model, null, one)).toBe(cacheKey(model, null, full));
    expect(cacheKey(model, null, { ...request, settings: {}, tools: [] })).toBe(
      cacheKey(model, null, request),
    );
    expect(cacheKey(model, null, full)).toMatch(/^[0-9a-f]{64}$/);
  });

  it("differs with every member that an answer depends on", () => {
    const keys = [
      cacheKey(model, null, full),
      cacheKey({ ...model, modelId: "gpt-5-mini" }, null, full),
      cacheKey({ ...model, provider: "azure" }, null, full),
      cacheKey(model, { baseURL: "http://127.0.0.1" }, full),
      cacheKey(model, null, { ...full, messages: [{ role: "user", content: "Ho" }] }),
      cacheKey(model, null, { ...full, messages: [{ role: "system", content: "Hi" }] }),
      cacheKey(model, null, { ...full, tools: [] }),
      cacheKey(model, null, { ...full, hostedTools: [] }),
      cacheKey(model, null, { ...full, toolChoice: "none" }),
      cacheKey(model, null, { ...full, outputSchema: { name: "o", schema: { type: "array" } } }),
      cacheKey(model, null, { ...full, settings: { temperature: 0, seed: 2 } }),
      cacheKey(model, null, { ...full, providerState: { provider: "openai", modelId: "gpt-5", data: 2 } }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("tells texts apart, whatever they are", () => {
    const asked = (content: string): string =>
      cacheKey(model, null, { messages: [{ role: "user", content }] });
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (a, b) => {
        expect(asked(a) === asked(b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
  });
});

describe("an answer that a hook has thrown away", () => {
  it.each([false, true])(
    "is asked for anew, and gives its place to the new one (streamed: %s)",
    async (streamed) => {
      const inner = new ScriptedModel(["bad", "good"]);
      const model = withCache(inner);
      const hooks = [
        {
          afterModelCall: ({ response }: AfterModelCallContext) =>
            messageText(response.message) === "bad" ? { retry: true as const } : {},
        },
      ];
      const ask = async (): Promise<string> => {
        const agent = new Agent({ model, hooks });
        return (await (streamed ? agent.stream("q").result : agent.run("q"))).text;
      };
      expect([await ask(), await ask()]).toEqual(["good", "good"]);
      expect(inner.requests).toHaveLength(2);
    },
  );
});
