/** What of memory never answers keeps neither runs nor the end of an agent waiting, and no user keeps others from theirs. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Agent } from "../agent/agent.ts";
import { messageText } from "../messages/messages.ts";
import { ScriptedModel } from "../testing/scripted-model.ts";
import { InMemoryStore } from "./in-memory.ts";
import { memory } from "./manager.ts";
import type { MemoryOptions, MemoryReport } from "./manager-options.ts";
import { memoryTools } from "./tools.ts";
import { Turns } from "./turns.ts";

const NEVER = new Promise<never>(() => undefined);
const ADA = { metadata: { userId: "ada" } };
const TEA = '{"facts":[{"text":"The user likes tea.","replaces":null,"standing":false}],"forget":[]}';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** The result of work that waits for timers alone. */
async function passing<T>(work: Promise<T>, ms: number): Promise<T | "still waiting"> {
  let outcome: T | "still waiting" = "still waiting";
  void work.then((value) => {
    outcome = value;
  });
  await vi.advanceTimersByTimeAsync(ms);
  return outcome;
}

function room(options: Partial<MemoryOptions>): {
  readonly agent: Agent;
  readonly model: ScriptedModel;
  readonly warn: ReturnType<typeof vi.fn>;
  readonly reports: MemoryReport[];
} {
  const warn = vi.fn();
  const logger = { debug: vi.fn(), info: vi.fn(), warn, error: vi.fn() };
  const model = new ScriptedModel(["Noted."], { repeat: true });
  const reports: MemoryReport[] = [];
  const plugin = memory({
    store: new InMemoryStore(),
    model: new ScriptedModel([TEA], { repeat: true }),
    onReport: (report) => reports.push(report),
    logger,
    ...options,
  });
  return { agent: new Agent({ model, plugins: [plugin], logger }), model, warn, reports };
}

it("a namespace that never comes costs a run five seconds, and flush() ends", async () => {
  const { agent, warn } = room({ namespace: () => NEVER });
  const run = agent.run("Hello.").then(({ text }) => text);
  expect(await passing(run, 5000)).toBe("Noted.");
  expect(
    await passing(
      agent.close().then(() => "closed"),
      5000,
    ),
  ).toBe("closed");
  expect(warn).toHaveBeenCalledTimes(2);
});

it.each(["put", "search", "get"] as const)(
  "a store whose %s never ends lets the agent close",
  async (method) => {
    const store = new InMemoryStore();
    vi.spyOn(store, method).mockReturnValue(NEVER);
    const { agent, reports } = room({ store });
    expect(
      await passing(
        agent.run("I like tea.", ADA).then(({ text }) => text),
        5000,
      ),
    ).toBe("Noted.");
    const closed = agent.close().then(() => "closed");
    expect(await passing(closed, 61_000)).toBe("closed");
    expect(reports[0]?.error).toBeDefined();
  },
);

it("a tool ends with its run where the store does not answer", async () => {
  const store = new InMemoryStore();
  const asked = Promise.withResolvers<void>();
  vi.spyOn(store, "get").mockImplementation(() => {
    asked.resolve();
    return NEVER;
  });
  const model = new ScriptedModel([{ toolCalls: [{ name: "forget", arguments: { id: "x" } }] }, "Done."]);
  const controller = new AbortController();
  const agent = new Agent({ model, tools: memoryTools({ store }) });
  const run = agent.run("Forget it.", { ...ADA, signal: controller.signal }).then(
    () => "over",
    () => "over",
  );
  await asked.promise;
  controller.abort();
  expect(await passing(run, 1000)).toBe("over");
});

describe("embeddings that never answer", () => {
  async function filled(): Promise<{ readonly store: InMemoryStore; readonly asked: unknown[] }> {
    const asked: unknown[] = [];
    let hangs = false;
    const embeddings = {
      modelId: "e",
      embed: (texts: readonly string[], { kind }: { readonly kind: string }) => {
        if (hangs) asked.push(kind);
        return hangs ? NEVER : Promise.resolve(texts.map(() => [1, 0]));
      },
    };
    const store = new InMemoryStore({ embeddings });
    await store.put(["users", "ada"], "f1", { text: "Has a boat." }, { metadata: { kind: "fact" } });
    await store.put(
      ["users", "ada"],
      "f2",
      { text: "The name is Ada." },
      { metadata: { kind: "fact", standing: true } },
    );
    hangs = true;
    return { store, asked };
  }

  it("leave a run what is found by words and what stands for every conversation", async () => {
    const { store } = await filled();
    const { agent, model } = room({ store, extract: false });
    expect(await passing(agent.run("Where is my boat?", ADA), 5000)).not.toBe("still waiting");
    const shown = model.requests[0]?.messages.map(messageText).join("\n");
    expect(shown).toContain("Has a boat.");
    expect(shown).toContain("The name is Ada.");
  });

  it("are waited for by one run, and not by those right after it", async () => {
    const { store, asked } = await filled();
    const { agent } = room({ store, extract: false });
    await passing(agent.run("Where is my boat?", ADA), 5000);
    expect(await passing(agent.run("My boat?", ADA), 0)).not.toBe("still waiting");
    expect(asked).toEqual(["query"]);
    await vi.advanceTimersByTimeAsync(60_000);
    await passing(agent.run("A boat?", ADA), 5000);
    expect(asked).toEqual(["query", "query"]);
  });

  it("do not keep a note from being learned", async () => {
    const { store } = await filled();
    const { agent } = room({ store });
    await passing(agent.run("I like tea.", ADA), 5000);
    await passing(agent.close(), 30_000);
    expect(await store.search(["users", "ada"], { query: "tea", mode: "text" })).toHaveLength(1);
  });

  it("leave standing notes where words are not answered either", async () => {
    const { store } = await filled();
    vi.spyOn(store, "search").mockReturnValue(NEVER);
    const { agent, model } = room({ store, extract: false });
    await passing(agent.run("Where is my boat?", ADA), 5000);
    expect(model.requests[0]?.messages.map(messageText).join("\n")).toContain("The name is Ada.");
  });
});

it("a user whose runs wait by the hundred keeps nobody else from being learned from", async () => {
  const { agent, reports, warn } = room({
    model: new ScriptedModel(
      [
        (request) =>
          JSON.stringify(request.messages).includes("spam") ? NEVER : Promise.resolve({ text: TEA }),
      ],
      { repeat: true },
    ),
  });
  for (let run = 0; run < 101; run++) await agent.run("spam", { metadata: { userId: "mallory" } });
  await agent.run("I like tea.", ADA);
  await vi.advanceTimersByTimeAsync(0);
  expect(reports.map(({ namespace, learned }) => [namespace, learned.length])).toEqual([
    [["users", "ada"], 1],
  ]);
  expect(warn).toHaveBeenCalledTimes(90);
  expect(warn.mock.calls[0]?.[1]).toContain("10 runs wait already");
});

describe("turns", () => {
  const lanes = (): {
    readonly turns: Turns;
    readonly order: string[];
    readonly add: (name: string) => unknown;
  } => {
    const order: string[] = [];
    const turns = new Turns({ each: 3, all: 5, atOnce: 1 });
    const add = (name: string): unknown =>
      turns.add(name.slice(0, 1), async () => {
        order.push(name);
      });
    return { turns, order, add };
  };

  it("go around: one of each lane, and within a lane in order", async () => {
    const { turns, order, add } = lanes();
    for (const name of ["a1", "a2", "a3", "b1", "b2", "c1"]) expect(add(name)).toBeUndefined();
    await turns.idle();
    expect(order).toEqual(["a1", "a2", "b1", "c1", "a3", "b2"]);
  });

  it("are bounded, for each lane and for all", async () => {
    const { turns, order, add } = lanes();
    for (const name of ["a1", "a2", "a3", "a4"]) expect(add(name)).toBeUndefined();
    expect(add("a5")).toEqual({ waiting: 3 });
    for (const name of ["b1", "c1"]) expect(add(name)).toBeUndefined();
    expect(add("d1")).toEqual({ waiting: 5 });
    await turns.idle();
    expect(order).toHaveLength(6);
    expect(add("d1")).toBeUndefined();
    await turns.idle();
  });
});
