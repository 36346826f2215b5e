import { describe, expect, it } from "vitest";
import { MemoryCheckpointer } from "../checkpoint/memory.ts";
import { readStoredEvent } from "../checkpoint/stored.ts";
import { ConfigurationError, InterruptError, ModelError } from "../errors/errors.ts";
import { type AgentEvent, type DurableEvent, SCHEMA_VERSION } from "../events/types.ts";
import type { Hook } from "../hooks/types.ts";
import { deepFreeze } from "../json/json.ts";
import type { Logger } from "../log/logger.ts";
import type { ModelRequest } from "../model/types.ts";
import { ScriptedModel, type ScriptedStep } from "../testing/scripted-model.ts";
import { tool } from "../tool/tool.ts";
import { Agent } from "./agent.ts";
import type { AgentOptions } from "./options.ts";

const callT = { toolCalls: [{ name: "t" }] };
const t = tool({ name: "t", description: "T.", execute: () => "ok" });
/** What no compiler let through: a user of plain JavaScript hands it over. */
const hostile = (value: unknown): never => value as never;

function logging(): { readonly logger: Logger; readonly logged: unknown[] } {
  const logged: unknown[] = [];
  const keep = (fields: unknown, message?: string): void => void logged.push({ fields, message });
  return { logger: { debug: keep, info: keep, warn: keep, error: keep }, logged };
}

/** A model whose answer has these members instead of its own. */
class BadModel extends ScriptedModel {
  readonly #members: Readonly<Record<string, unknown>>;
  constructor(members: Readonly<Record<string, unknown>>, script: readonly ScriptedStep[] = ["fine"]) {
    super(script, { capabilities: { streaming: false } });
    this.#members = members;
  }
  override async complete(request: ModelRequest): ReturnType<ScriptedModel["complete"]> {
    return { ...(await super.complete(request)), ...this.#members };
  }
}

const message = (...content: readonly unknown[]): Record<string, unknown> => ({
  message: { role: "assistant", content },
});
const toolCall = { type: "tool_call", id: "c", name: "t", arguments: "{}" } as const;

/** What is stored of the thread, as its bytes would be read back. */
async function stored(store: MemoryCheckpointer, threadId = "t"): Promise<readonly DurableEvent[]> {
  const events: DurableEvent[] = [];
  for await (const event of store.events(threadId)) {
    const raw: unknown = JSON.parse(JSON.stringify(event));
    events.push(readStoredEvent(raw, { threadId, schemaVersion: SCHEMA_VERSION }));
  }
  return events;
}

async function outcome(options: Partial<AgentOptions> & Pick<AgentOptions, "model">) {
  const store = new MemoryCheckpointer();
  const { logger, logged } = logging();
  const agent = new Agent({ checkpointer: store, tools: [t], logger, ...options });
  const settled = await agent.run("go", { threadId: "t" }).then(
    (result) => ({ result, error: undefined }),
    (error: unknown) => ({ result: undefined, error }),
  );
  const events = await stored(store);
  // Whatever came in, the thread goes on.
  const next = await new Agent({ model: new ScriptedModel(["next"]), checkpointer: store }).run("and now?", {
    threadId: "t",
  });
  expect(next.text).toBe("next");
  return { ...settled, events, logged, agent };
}

describe("a model's answer that is none", () => {
  const cyclic: Record<string, unknown> = {};
  cyclic.self = cyclic;
  it.each<[string, Record<string, unknown>]>([
    ["stopReason", { stopReason: "because" }],
    ["modelId", { modelId: undefined }],
    ["requestId", { requestId: 7 }],
    ["providerState.data", { providerState: { provider: "p", modelId: "m" } }],
    ["warnings[0]", { warnings: [{ code: 1 }] }],
    ["hostedTools[0].status", { hostedTools: [{ name: "search" }] }],
    ["message", { message: undefined }],
    ["message.content", { message: { role: "assistant", content: "text" } }],
    ["message.role", { message: { role: "user", content: [] } }],
    ["message.content[0].type", message({ type: "hologram" })],
    ["message.content[0].text", message({ type: "text", text: undefined })],
    ["message.content[0].arguments", message({ ...toolCall, arguments: { a: 1 } })],
    ["message.content[0].id", message({ ...toolCall, id: 7 })],
    ["message.content[0].name", message({ ...toolCall, name: undefined })],
    ["BigInt", message({ type: "provider", provider: "p", item: 1n })],
    ["circular", message({ type: "provider", provider: "p", item: cyclic })],
  ])("names %s, ends the run, and leaves the thread readable", async (member, members) => {
    const { error, events } = await outcome({ model: new BadModel(members) });
    expect(error).toBeInstanceOf(ModelError);
    expect(error).toMatchObject({ retryable: false, message: expect.stringContaining(member) });
    expect(events.map(({ type }) => type)).toEqual(["run_start", "terminate"]);
  });

  it.each([undefined, null, 5, "text"])("is %s", async (answer) => {
    const model = new ScriptedModel([], { capabilities: { streaming: false } });
    model.complete = () => Promise.resolve(hostile(answer));
    const { error } = await outcome({ model });
    expect(error).toBeInstanceOf(ModelError);
  });
});

describe("a model's answer that says too little does no harm", () => {
  it.each<[string, Record<string, unknown>]>([
    ["usage", { usage: undefined }],
    ["counts", { usage: { inputTokens: 3 } }],
    ["a count that is a number", { usage: { inputTokens: Number.NaN, outputTokens: "10" } }],
    ["a count that can be", { usage: { inputTokens: 1, outputTokens: -1, totalTokens: 0 } }],
    ["usage that is one", { usage: "many" }],
    [
      "optional members",
      { requestId: null, providerState: null, warnings: null, hostedTools: null, rawOutput: undefined },
    ],
    ["members of parts", message({ type: "text", text: "fine", citation: undefined })],
  ])("without %s", async (_what, members) => {
    const { result } = await outcome({ model: new BadModel(members) });
    expect(result?.text).toBe("fine");
    expect(result?.usage).toMatchObject({ estimated: true });
    expect(result?.cost).toMatchObject({ knownUsd: 0, unpriced: [expect.any(String)] });
    expect(result?.cost).not.toHaveProperty("usd");
  });

  it.each([{ id: undefined }, { id: null }, { id: "" }])(
    "its calls are given ids, where they have %o",
    async (id) => {
      const script: ScriptedStep[] = ["a", "b"];
      const model = new ScriptedModel(script, { capabilities: { streaming: false } });
      const complete = model.complete.bind(model);
      let turn = 0;
      model.complete = async (request) => {
        const answer = await complete(request);
        if (turn++ > 0) return answer;
        const parts = [
          { ...toolCall, ...id },
          { ...toolCall, ...id },
        ];
        return Object.assign({ ...answer }, message(...parts));
      };
      const { result } = await outcome({ model });
      const ids = result?.toolExecutions.map(({ callId }) => callId) ?? [];
      expect(ids).toEqual([expect.stringMatching(/^call_/), expect.stringMatching(/^call_/)]);
      expect(new Set(ids).size).toBe(2);
      expect(result?.text).toBe("b");
    },
  );

  it("and a message that nobody can change is the very same in the conversation", async () => {
    const kept = deepFreeze({ role: "assistant", content: [{ type: "text", text: "fine" }] });
    const { result } = await outcome({ model: new BadModel({ message: kept }) });
    expect(result?.messages.at(-1)).toBe(kept);
  });

  it("and what a hosted tool did cannot pass for another event", async () => {
    const run = { name: "search", status: "done", type: "terminate", sequence: 99, threadId: "other" };
    const { events } = await outcome({ model: new BadModel({ hostedTools: [run] }) });
    expect(events[1]).toMatchObject({ type: "hosted_tool", name: "search", sequence: 2, threadId: "t" });
  });

  it("and a retry that is none is logged and passed over", async () => {
    const model = new ScriptedModel([
      ({ onRetry }) => {
        onRetry?.(hostile({ what: 5, type: "terminate" }));
        onRetry?.(hostile(undefined));
        onRetry?.(hostile({ what: "busy", attempt: 1, delayMs: 5, type: "terminate", sequence: 9 }));
        return "fine";
      },
    ]);
    const { events, logged } = await outcome({ model });
    expect(events.filter(({ type }) => type === "retry")).toMatchObject([{ what: "busy", sequence: 2 }]);
    expect(logged).toHaveLength(2);
  });
});

describe("a tool's question that is none", () => {
  it.each([{ question: "?", options: [{ label: "yes" }] }, {}, 5, undefined, { question: 5 }])(
    "fails its call: %o",
    async (asked) => {
      const asking = tool({
        name: "t",
        description: "T.",
        execute: (_, ctx) => ctx.interrupt(hostile(asked)),
      });
      const { result } = await outcome({ model: new ScriptedModel([callT, "sorry"]), tools: [asking] });
      expect(result?.toolExecutions[0]?.error?.message).toContain("ctx.interrupt() asks");
      expect(result?.text).toBe("sorry");
    },
  );

  it("fails its call where it is inside of something else", async () => {
    const asking = tool({
      name: "t",
      description: "T.",
      execute: (_, ctx) => ({ out: [ctx.interrupt("?")] }),
    });
    const { result } = await outcome({ model: new ScriptedModel([callT, "sorry"]), tools: [asking] });
    expect(result?.toolExecutions[0]?.error?.message).toContain("return the interrupt itself");
  });

  it("of a rule is answered by asking with a question of ours", async () => {
    const ruled = tool({
      name: "t",
      description: "T.",
      needsApproval: () => hostile({ because: 1 }),
      execute: () => "ok",
    });
    const { result, logged } = await outcome({ model: new ScriptedModel([callT]), tools: [ruled] });
    expect(result?.interrupt?.question).toBe("May t be called?");
    expect(JSON.stringify(logged)).toContain("a person is asked");
  });
});

describe("what a tool returned that is nearly content", () => {
  it.each<readonly object[][]>([
    [[{ type: "image", url: "https://x/y.png", detail: "ultra" }]],
    [[{ type: "audio", data: "AAAA" }]],
    [
      [
        { type: "text", text: "a" },
        { type: "image", url: "x", mediaType: 5 },
      ],
    ],
  ])("is data: %o", async (returned) => {
    const drawing = tool({ name: "t", description: "T.", execute: () => returned });
    const { result } = await outcome({ model: new ScriptedModel([callT, "done"]), tools: [drawing] });
    expect(result?.text).toBe("done");
    expect(result?.toolExecutions[0]?.result).toEqual(returned);
  });
});

describe("what nobody else has found", () => {
  it("ends the run with an error that names it, and is not on record", async () => {
    const { error, events } = await outcome({
      model: new ScriptedModel(["done"]),
      termination: hostile({
        check: (state: { readonly messages: readonly unknown[] }) =>
          state.messages.length > 1 ? { reason: "complete", detail: 5 } : undefined,
        and: () => undefined,
        or: () => undefined,
      }),
    });
    expect(error).toMatchObject({
      code: "internal",
      message: expect.stringContaining("no terminate event: stopDetail"),
    });
    expect(events.map(({ type }) => type)).toEqual(["run_start", "model_complete", "terminate"]);
    expect(events.at(-1)).toMatchObject({ reason: "error", error: { code: "internal" } });
  });
});

describe("a person's answer that is not JSON", () => {
  it.each([undefined, () => 1, Symbol("s"), 1n, Number.NaN, new Date(0), { when: new Date(0) }])(
    "is refused, and the question stays open: %s",
    async (answer) => {
      const store = new MemoryCheckpointer();
      const asking = tool({ name: "t", description: "T.", execute: (_, ctx) => ctx.interrupt("?") });
      const model = new ScriptedModel([callT, "done"]);
      const agent = new Agent({ model, tools: [asking], checkpointer: store });
      const { interrupt } = await agent.run("go", { threadId: "t" });
      const before = await stored(store);
      const id = interrupt?.interruptId ?? "";
      await expect(agent.resume("t", { [id]: hostile(answer) })).rejects.toThrow(InterruptError);
      expect(await stored(store)).toEqual(before);
      const given = { nested: { list: [1] } };
      expect((await agent.resume("t", { [id]: given })).text).toBe("done");
      expect(Object.isFrozen(given.nested.list)).toBe(false);
    },
  );
});

describe("an approval that changes the arguments of a call that the provider runs", () => {
  it("is refused, as nothing could come of the change", async () => {
    const store = new MemoryCheckpointer();
    const hosted = { ...toolCall, name: "mcp", hosted: true } as const;
    const model = new ScriptedModel([{ content: [hosted], stopReason: "tool_calls" }, "done"]);
    const agent = new Agent({ model, checkpointer: store });
    const { interrupt } = await agent.run("go", { threadId: "t" });
    const before = await stored(store);
    const id = interrupt?.interruptId ?? "";
    const edited = { [id]: { approved: true, arguments: { path: "/tmp" } } };
    await expect(agent.resume("t", edited)).rejects.toThrow(InterruptError);
    expect(await stored(store)).toEqual(before);
    expect((await agent.resume("t", { [id]: { approved: true } })).text).toBe("done");
  });
});

describe("a hook's decision that is none", () => {
  const bad: readonly [string, keyof Hook, unknown][] = [
    ["end without a reason", "beforeRun", { end: {} }],
    ["an unknown reason", "beforeModelCall", { end: { reason: "bored" } }],
    ["a run that nothing could resume", "afterModelCall", { end: { reason: "interrupted" } }],
    ["a text that is none", "afterModelCall", { end: { reason: "guardrail", text: 5 } }],
    ["a detail that is none", "afterToolCall", { end: { reason: "guardrail", detail: {} } }],
    ["retry without a delay", "afterModelCall", { retry: {} }],
    ["retry after NaN ms", "afterModelCall", { retry: { delayMs: Number.NaN } }],
    ["text for input", "beforeRun", { input: "hello" }],
    ["content that is none", "beforeRun", { input: [{ role: "user", content: 5 }] }],
    [
      "orphaned results for input",
      "beforeRun",
      { input: [{ role: "tool", callId: "x", name: "t", content: "" }] },
    ],
    ["a request without messages", "beforeModelCall", { request: {} }],
    ["half an answer", "beforeModelCall", { response: { message: { role: "assistant", content: [] } } }],
    ["a bad answer instead", "afterModelCall", { response: { stopReason: "stop" } }],
    ["a question that is none", "beforeToolCall", { ask: { options: ["yes"] } }],
    ["a reason that is none", "beforeToolCall", { deny: { why: "no" } }],
    ["a result that JSON cannot hold", "beforeToolCall", { result: 1n }],
    ["arguments that JSON cannot hold", "beforeToolCall", { arguments: { n: 1n } }],
    ["a result that JSON cannot hold, afterwards", "afterToolCall", { result: 1n }],
  ];

  it.each(bad)("is logged and passed over: %s", async (_what, point, made) => {
    const hook: Hook = { name: "bad", [point]: () => made };
    const { result, logged, events } = await outcome({
      model: new ScriptedModel([callT, "done"]),
      hooks: [hook],
    });
    expect([result?.text, result?.stopReason]).toEqual(["done", "complete"]);
    expect(logged).toMatchObject([{ fields: { hook: "bad", point } }]);
    expect(events[0]).toMatchObject({ input: [{ role: "user", content: "go" }] });
  });

  it.each(bad)("lets nothing through where the hook is a guard: %s", async (_what, point, made) => {
    const hook: Hook = { name: "bad", guard: true, [point]: () => made };
    const { result, events } = await outcome({ model: new ScriptedModel([callT, "done"]), hooks: [hook] });
    if (point.endsWith("ToolCall")) {
      expect(result?.toolExecutions).toMatchObject([{ isError: true }]);
    } else {
      expect(result?.stopReason).toBe("guardrail");
      expect(JSON.stringify(events)).not.toContain("done");
    }
  });

  it("and one that is null or false decides nothing", async () => {
    const hook: Hook = {
      beforeRun: () => hostile({ input: null, end: null }),
      beforeModelCall: () => hostile({ response: null, request: undefined }),
      afterModelCall: () => hostile({ retry: false, end: undefined }),
      beforeToolCall: () => hostile({ ask: null, deny: null }),
      afterToolCall: () => hostile("what an arrow function returns"),
    };
    const { result, logged } = await outcome({ model: new ScriptedModel([callT, "done"]), hooks: [hook] });
    expect([result?.text, logged]).toEqual(["done", []]);
  });

  it("while input with a call nobody answered is repaired, as a caller's is", async () => {
    const dangling = [
      { role: "user", content: "q" },
      { role: "assistant", content: [toolCall] },
    ] as const;
    const { events } = await outcome({
      model: new ScriptedModel(["done"]),
      hooks: [{ beforeRun: () => ({ input: dangling }) }],
    });
    expect(events[0]).toMatchObject({
      input: [{ role: "user" }, { role: "assistant" }, { role: "tool", callId: "c", isError: true }],
    });
  });
});

describe("a conversation manager's decision that is none", () => {
  it.each([
    ["a replacement of no messages", { edits: [{ from: 0, count: 0, replacement: ["hi"] }], origin: "m" }],
    [
      "a bad message",
      { edits: [{ from: 0, count: 0, replacement: [{ role: "user", content: 5 }] }], origin: "m" },
    ],
    [
      "a bad usage",
      { edits: [{ from: 0, count: 0, replacement: [] }], origin: "m", usage: { inputTokens: -1 } },
    ],
    ["a bad origin", { edits: [{ from: 0, count: 0, replacement: [] }], origin: 5 }],
  ])("ends the run and is not on record: %s", async (_what, compaction) => {
    const { error, events } = await outcome({
      model: new ScriptedModel(["done"]),
      conversation: hostile({ compact: () => compaction }),
    });
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(events.map(({ type }) => type)).toEqual(["run_start", "terminate"]);
  });
});

describe("secrets in what failed", () => {
  const key = `sk-proj-${"a1b2".repeat(8)}`;
  it("are neither on record, nor shown, nor logged", async () => {
    const store = new MemoryCheckpointer();
    const { logger, logged } = logging();
    const seen: AgentEvent[] = [];
    const failing = new Error(`401 for Authorization: Bearer ${key}`);
    const hook: Hook = {
      onModelError: ({ attempt }) => (attempt === 1 ? { retry: true } : undefined),
      afterRun: () => {
        throw new Error("could not reach it", { cause: new Error("postgres://u:hunter2@h") });
      },
    };
    const fail = (): never => {
      throw failing;
    };
    const model = new ScriptedModel([fail, fail]);
    const agent = new Agent({ model, checkpointer: store, logger, hooks: [hook] }).on("event", (event) =>
      seen.push(event),
    );
    const error: unknown = await agent.run("go", { threadId: "t" }).catch((thrown: unknown) => thrown);
    // What the model threw is handed on as it was; the words around it are ours.
    expect(error).toMatchObject({ message: expect.stringContaining("[redacted"), cause: failing });
    const told = JSON.stringify([await stored(store), seen]);
    expect(told).toContain("[redacted");
    expect(told).not.toContain(key);
    expect(logged).toHaveLength(1);
    const { err } = (logged[0] as { fields: { err: Error } }).fields;
    expect(err).toBeInstanceOf(Error);
    expect(`${err.stack} ${(err.cause as Error).message} ${(err.cause as Error).stack}`).not.toContain(
      "hunter2",
    );
  });

  it("are not on record of a prompt that could not be written", async () => {
    const { events } = await outcome({
      model: new ScriptedModel(["done"]),
      systemPrompt: () => {
        throw new Error("postgres://u:hunter2@h");
      },
    });
    expect(events.at(-1)).toMatchObject({
      error: { message: expect.stringContaining("postgres://u:[redacted]@h") },
    });
  });
});
