/** Managers at work in runs: what is sent, what goes on record, and what is never done twice. */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { quiet } from "../../test/conversation.ts";
import { Agent } from "../agent/agent.ts";
import { MemoryCheckpointer } from "../checkpoint/memory.ts";
import { ConfigurationError, ContextLengthError, ServerError } from "../errors/errors.ts";
import { durableEventSchema } from "../events/schema.ts";
import type { AgentEvent, DurableEvent, EventOf } from "../events/types.ts";
import { isDurable } from "../events/types.ts";
import { messageText } from "../messages/messages.ts";
import type { Message } from "../messages/types.ts";
import type { TokenCountRequest } from "../model/types.ts";
import { emptyState, fold } from "../state/reduce.ts";
import { ScriptedModel, type ScriptedStep } from "../testing/scripted-model.ts";
import { MemoryResultStore } from "../tool/result-store.ts";
import { tool } from "../tool/tool.ts";
import { compactor } from "./compactor.ts";
import { slidingWindow } from "./sliding-window.ts";
import { summarizing } from "./summarizing.ts";
import { summaryOf } from "./summary-message.ts";

const look = tool({
  name: "look",
  description: "Looks something up.",
  parameters: z.object({ chars: z.number() }),
  execute: ({ chars }) => "x".repeat(chars),
});

const tooLong = new ContextLengthError("the conversation has 9,000 tokens, the model takes 8,192");
const echo: ScriptedStep = (request) => `answer ${request.messages.length}`;
const textOf = (message: Message | undefined): string => (message === undefined ? "" : messageText(message));

async function stored(checkpointer: MemoryCheckpointer, threadId: string): Promise<readonly DurableEvent[]> {
  const events: DurableEvent[] = [];
  for await (const event of checkpointer.events(threadId)) events.push(event);
  return events;
}
const compactions = (events: readonly AgentEvent[]): readonly EventOf<"context_compacted">[] =>
  events.filter((event) => event.type === "context_compacted");

async function talk(agent: Agent, threadId: string, turns: number): Promise<void> {
  for (let turn = 1; turn <= turns; turn++) {
    await agent.run(`${threadId} says ${turn}: ${"word ".repeat(40)}`, { threadId });
  }
}

describe("a conversation under a manager", () => {
  it("is folded from its events to what the run went on with, message for message", async () => {
    const checkpointer = new MemoryCheckpointer();
    const model = new ScriptedModel([{ toolCalls: [{ name: "look", arguments: { chars: 3000 } }] }, echo], {
      repeat: true,
    });
    const agent = new Agent({
      model,
      tools: [look],
      checkpointer,
      auxiliaryModel: new ScriptedModel(["All was said."], { repeat: true }),
      conversation: compactor({ maxTokens: 3000, keepTail: 4 }),
    });
    const seen: DurableEvent[] = [];
    agent.on("event", (event) => {
      if (isDurable(event)) seen.push(event);
    });
    await talk(agent, "a", 12);
    const events = await stored(checkpointer, "a");
    expect(compactions(events).length).toBeGreaterThan(1);
    const live = fold(emptyState("a"), seen);
    expect(fold(emptyState("a"), events)).toEqual(live);
    expect(await agent.state("a")).toEqual(live);
    const read = events.map((event) => durableEventSchema.parse(JSON.parse(JSON.stringify(event))));
    expect(fold(emptyState("a"), read)).toEqual(live);
    const sent = model.requests.at(-1)?.messages ?? [];
    expect(live.messages.slice(0, sent.length)).toEqual(sent);
  });

  it("keeps the very objects of the messages that stay", async () => {
    const model = new ScriptedModel([echo], { repeat: true });
    const agent = new Agent({
      model,
      conversation: slidingWindow({ maxMessages: 6 }),
      systemPrompt: "Be brief.",
    });
    await talk(agent, "a", 8);
    const [before, after] = model.requests.slice(-2).map(({ messages }) => messages);
    expect(before?.[0]).toEqual({ role: "system", content: "Be brief." });
    const both = after?.filter((message) => before?.includes(message)) ?? [];
    expect(both.length).toBeGreaterThanOrEqual(4);
  });

  it("never shares a summary with another thread, nor with another agent", async () => {
    const auxiliaryModel = new ScriptedModel(
      [(request) => `about ${/\w+ says/.exec(textOf(request.messages.at(-1)))?.[0]}`],
      { repeat: true },
    );
    const conversation = summarizing({ maxMessages: 6, keepRecent: 2 });
    const models = ["one", "two"].map(() => new ScriptedModel([echo], { repeat: true }));
    const agents = models.map((model) => new Agent({ model, auxiliaryModel, conversation }));
    await Promise.all(
      agents.flatMap((agent, index) => ["x", "y"].map((thread) => talk(agent, `${thread}${index}`, 9))),
    );
    for (const request of models.flatMap(({ requests }) => requests)) {
      const whose = /^\w+/.exec(textOf(request.messages.at(-1)))?.[0] ?? "nobody";
      const summaries = request.messages.map(summaryOf).filter((one) => one !== undefined);
      for (const { text } of summaries) expect(text).toBe(`about ${whose} says`);
      for (const said of request.messages.filter(({ role }) => role === "user")) {
        expect(textOf(said)).toContain(whose);
      }
    }
  });

  it("counts what summaries cost into the run", async () => {
    const usage = { inputTokens: 100, outputTokens: 20 };
    const auxiliaryModel = new ScriptedModel([{ text: "All was said.", usage }], { repeat: true });
    const agent = new Agent({
      model: new ScriptedModel([{ text: "yes", usage: { inputTokens: 1, outputTokens: 1 } }], {
        repeat: true,
      }),
      auxiliaryModel,
      conversation: summarizing({ maxMessages: 4, keepRecent: 2 }),
    });
    await talk(agent, "a", 2);
    const { usage: spent } = await agent.run("And now?", { threadId: "a" });
    expect(spent).toMatchObject({ inputTokens: 1, outputTokens: 1 });
    const { usage: more } = await agent.run("And now?", { threadId: "a" });
    expect(more).toMatchObject({ inputTokens: 101, outputTokens: 21, totalTokens: 122 });
  });

  it("merges an earlier summary into the next instead of nesting it", async () => {
    const asked: string[] = [];
    const auxiliaryModel = new ScriptedModel(
      [
        (request, index) => {
          asked.push(textOf(request.messages[1]));
          return `summary number ${index + 1}`;
        },
      ],
      { repeat: true },
    );
    const model = new ScriptedModel([echo], { repeat: true });
    const agent = new Agent({
      model,
      auxiliaryModel,
      conversation: summarizing({ maxMessages: 6, keepRecent: 2 }),
    });
    await talk(agent, "a", 12);
    expect(asked.length).toBeGreaterThan(2);
    expect(asked[1]).toContain("<earlier_summary>\nsummary number 1\n</earlier_summary>");
    const summaries =
      model.requests
        .at(-1)
        ?.messages.map(summaryOf)
        .filter((one) => one !== undefined) ?? [];
    expect(summaries).toHaveLength(1);
    expect(summaries[0]).toMatchObject({ unsummarised: 0, by: "scripted:scripted" });
    // Every message is either there or stood for.
    const state = await agent.state("a");
    const kept = state?.messages.filter((message) => summaryOf(message) === undefined).length ?? 0;
    expect((summaries[0]?.messages ?? 0) + kept).toBe(24);
  });

  it("goes on without a summary where none can be had, and says so to the model", async () => {
    const auxiliaryModel = new ScriptedModel([{ error: new ServerError("down") }], { repeat: true });
    const model = new ScriptedModel([echo], { repeat: true });
    const agent = new Agent({
      model,
      auxiliaryModel,
      logger: quiet,
      conversation: compactor({ maxTokens: 700, keepHead: 0, keepTail: 2 }),
    });
    await talk(agent, "a", 14);
    const told = model.requests
      .at(-1)
      ?.messages.map(summaryOf)
      .find((one) => one !== undefined);
    expect(told?.text).toBe("");
    expect(told?.unsummarised).toBe(told?.messages);
    expect(told?.messages).toBeGreaterThan(5);
  });
});

it("makes room for the last answer at the limit of iterations as well", async () => {
  const auxiliaryModel = new ScriptedModel(["That is all."]);
  const model = new ScriptedModel([{ toolCalls: [{ name: "look", arguments: { chars: 20_000 } }] }]);
  const conversation = compactor({ maxTokens: 4000 });
  const agent = new Agent({ model, auxiliaryModel, tools: [look], maxIterations: 1, conversation });
  const result = await agent.run("Look.");
  expect(result).toMatchObject({ stopReason: "max_iterations", text: "That is all." });
  const shown = auxiliaryModel.requests[0]?.messages.find(({ role }) => role === "tool");
  expect(textOf(shown)).toMatch(/characters left out here/);
  expect(textOf(shown).length).toBeLessThanOrEqual(2000);
});

describe("a process that dies", () => {
  it("between making room and the model call has not to make room again", async () => {
    const checkpointer = new MemoryCheckpointer();
    const auxiliaryModel = new ScriptedModel(["All was said."], { repeat: true });
    const options = {
      auxiliaryModel,
      checkpointer,
      conversation: summarizing({ maxMessages: 4, keepRecent: 2 }),
    };
    const before = new Agent({ ...options, model: new ScriptedModel([echo], { repeat: true }) });
    await talk(before, "a", 2);
    let fresh = "";
    const dying = new ScriptedModel([
      echo,
      async () => {
        // What is stored now is all that another process will find.
        fresh = "copy";
        const version = (await checkpointer.read("a"))?.version ?? 0;
        await checkpointer.fork("a", version, fresh);
        return "never heard of";
      },
    ]);
    await talk(new Agent({ ...options, model: dying }), "a", 2);
    expect(auxiliaryModel.requests).toHaveLength(1);

    const model = new ScriptedModel(["back again"]);
    const result = await new Agent({ ...options, model }).resume(fresh);
    expect(result.text).toBe("back again");
    expect(auxiliaryModel.requests).toHaveLength(1);
    expect(model.requests[0]?.messages).toEqual(dying.requests[1]?.messages);
    expect(compactions(await stored(checkpointer, fresh))).toHaveLength(1);
  });
});

describe("a call that was left out of the conversation", () => {
  it("keeps its key: a later one of the same id, in the same run after a crash, is another call", async () => {
    const checkpointer = new MemoryCheckpointer();
    const keys: string[] = [];
    const order = tool({
      name: "order",
      description: "Orders.",
      parameters: z.object({}),
      execute: (_nothing, { idempotencyKey }) => {
        keys.push(idempotencyKey);
        return "ordered";
      },
    });
    const calling: ScriptedStep = { toolCalls: [{ name: "order", id: "functions.order:0" }] };
    const other: ScriptedStep = { toolCalls: [{ name: "order", id: "functions.order:1" }] };
    const third: ScriptedStep = { toolCalls: [{ name: "order", id: "functions.order:2" }] };
    const conversation = slidingWindow({ maxMessages: 3 });
    const options = { tools: [order], checkpointer, conversation, toolLoopThreshold: 9 };
    const dying = new ScriptedModel([
      calling,
      other,
      third,
      async () => {
        await checkpointer.fork("a", (await checkpointer.read("a"))?.version ?? 0, "copy");
        return "never heard of";
      },
    ]);
    await new Agent({ ...options, model: dying }).run("Order thrice.", { threadId: "a" });
    expect(JSON.stringify(dying.requests.at(-1)?.messages)).not.toContain("functions.order:0");
    await new Agent({ ...options, model: new ScriptedModel([calling, "done"]) }).resume("copy");
    expect(keys).toHaveLength(4);
    const copied = (await stored(checkpointer, "copy")).filter((event) => event.type === "tool_start");
    expect(new Set(copied.map(({ callId }) => callId)).size).toBe(4);
  });
});

describe("a provider that says the conversation does not fit", () => {
  const long = (model: ScriptedModel, conversation = compactor({ keepTail: 2 })): Agent =>
    new Agent({
      model,
      auxiliaryModel: new ScriptedModel(["All was said."], { repeat: true }),
      conversation,
    });
  const said: readonly ScriptedStep[] = Array.from({ length: 8 }, () => echo);

  it("is sent the same turn once more, shorter, and the record says so", async () => {
    const model = new ScriptedModel([...said, { error: tooLong }, "made it"]);
    const agent = long(model);
    await talk(agent, "a", 8);
    const events: AgentEvent[] = [];
    for await (const event of agent.stream("now", { threadId: "a" })) events.push(event);
    const [refused, sent] = model.requests.slice(-2);
    expect(sent?.messages.length).toBeLessThan(refused?.messages.length ?? 0);
    expect(sent?.messages.at(-1)).toBe(refused?.messages.at(-1));
    const types = events.filter(isDurable).map(({ type }) => type);
    expect(types).toEqual(["run_start", "context_compacted", "retry", "model_complete", "terminate"]);
    expect(events.find((event) => event.type === "retry")?.what).toContain("9,000 tokens");
    const [made] = compactions(events);
    expect(made?.tokensAfter).toBeLessThan((made?.tokensBefore ?? 0) / 2 + 1);
  });

  it("a second time has its error stand", async () => {
    const model = new ScriptedModel([...said, { error: tooLong }, { error: tooLong }, "never"]);
    const agent = long(model);
    await talk(agent, "a", 8);
    await expect(agent.run("now", { threadId: "a" })).rejects.toThrow(ContextLengthError);
    expect(model.requests).toHaveLength(10);
  });

  it("has its error stand at once where nothing can give way, or nothing manages the conversation", async () => {
    const model = new ScriptedModel([{ error: tooLong }]);
    await expect(long(model).run("only this")).rejects.toThrow(ContextLengthError);
    const unmanaged = new ScriptedModel([...said, { error: tooLong }, "never"]);
    const agent = new Agent({ model: unmanaged });
    await talk(agent, "a", 8);
    await expect(agent.run("now", { threadId: "a" })).rejects.toThrow(ContextLengthError);
    expect(unmanaged.requests).toHaveLength(9);
  });

  it("makes a sliding window half as long", async () => {
    const model = new ScriptedModel([...said, { error: tooLong }, "made it"]);
    const agent = long(model, slidingWindow());
    await talk(agent, "a", 8);
    await agent.run("now", { threadId: "a" });
    expect(model.requests.at(-1)?.messages).toHaveLength(9);
  });
});

describe("a model whose provider keeps the conversation", () => {
  const providerState = { provider: "p", modelId: "m", data: { responseId: "r" } };
  const turn: ScriptedStep = { text: "yes", providerState };
  const made = (script: readonly ScriptedStep[]): { model: ScriptedModel; agent: Agent } => {
    const model = new ScriptedModel(script, {
      provider: "p",
      modelId: "m",
      capabilities: { serverState: true },
    });
    return { model, agent: new Agent({ model, conversation: slidingWindow({ maxMessages: 4 }) }) };
  };

  it("is left alone while it does", async () => {
    const { model, agent } = made(Array.from({ length: 6 }, () => turn));
    await talk(agent, "a", 6);
    expect(model.requests.at(-1)?.messages).toHaveLength(11);
  });

  it("is sent a shorter conversation once it says that what it keeps does not fit", async () => {
    const { model, agent } = made([turn, turn, turn, { error: tooLong }, turn]);
    await talk(agent, "a", 4);
    expect(model.requests.map(({ messages }) => messages.length)).toEqual([1, 3, 5, 7, 4]);
  });
});

describe("the cost of a turn", () => {
  it("does not grow with the conversation: what was counted once is not counted again", async () => {
    const counted: number[] = [];
    const known = new WeakSet<Message>();
    let fresh = 0;
    const countTokens = ({ messages }: TokenCountRequest): number => {
      for (const message of messages) {
        if (known.has(message)) continue;
        expect(Object.isFrozen(message)).toBe(true);
        known.add(message);
        fresh++;
      }
      return messages.length;
    };
    const model = Object.assign(new ScriptedModel([echo], { repeat: true }), { countTokens });
    const agent = new Agent({
      model,
      conversation: compactor({ maxTokens: 10_000 }),
      systemPrompt: "Be brief.",
    });
    for (let turn = 0; turn < 30; turn++) {
      fresh = 0;
      await agent.run(`turn ${turn}`, { threadId: "a" });
      counted.push(fresh);
    }
    // The first input and the system prompt, which is the same for all runs; then the answer before and the input.
    expect(counted).toEqual(Array.from({ length: 30 }, () => 2));
  });
});

describe("old tool results", () => {
  it("are shortened at both ends, say how much is missing, and can be read back where they are kept", async () => {
    const resultStore = new MemoryResultStore();
    const report = tool({
      name: "report",
      description: "A long report.",
      parameters: z.object({}),
      execute: () => `BEGIN ${"middle ".repeat(1500)} END`,
    });
    const script: readonly ScriptedStep[] = [
      { toolCalls: [{ name: "report", id: "call_old" }] },
      "one",
      "two",
      "three",
      { toolCalls: [{ name: "read_tool_result", arguments: { callId: "call_old", offset: 0, limit: 5 } }] },
      "read",
    ];
    const model = new ScriptedModel(script);
    const agent = new Agent({
      model,
      tools: [report],
      resultStore,
      conversation: compactor({ maxTokens: 3000, keepTail: 2 }),
    });
    await talk(agent, "a", 4);
    const shown = model.requests[4]?.messages.find((message) => message.role === "tool");
    expect(textOf(shown)).toMatch(
      /^BEGIN [\s\S]*\[… \d+ of 10510 characters left out here; read them with read_tool_result and callId "call_old" …\][\s\S]* END$/,
    );
    const read = model.requests[5]?.messages.findLast((message) => message.role === "tool");
    expect(textOf(read)).toContain("BEGIN");
  });
});

describe("a manager of somebody's own", () => {
  const run = async (edits: readonly { from: number; count: number; replacement: readonly Message[] }[]) => {
    const model = new ScriptedModel([
      { toolCalls: [{ name: "look", arguments: { chars: 1 } }] },
      "first",
      "second",
    ]);
    let turns = 0;
    const agent = new Agent({
      model,
      tools: [look],
      conversation: { compact: () => (++turns === 3 ? { edits, origin: "mine" } : undefined) },
    });
    await agent.run("one", { threadId: "a" });
    return agent.run("two", { threadId: "a" });
  };

  it("may leave out what belongs together", async () => {
    const result = await run([{ from: 1, count: 2, replacement: [] }]);
    expect(result.text).toBe("second");
    expect(result.messages.map(({ role }) => role)).toEqual(["user", "assistant", "user", "assistant"]);
  });

  it.each([
    ["parts a call from its result", [{ from: 1, count: 1, replacement: [] }]],
    [
      "puts something between a call and its result",
      [{ from: 2, count: 0, replacement: [{ role: "user", content: "!" }] }],
    ],
    ["touches the input of the run", [{ from: 4, count: 1, replacement: [] }]],
    [
      "overlaps itself",
      [
        { from: 0, count: 1, replacement: [] },
        { from: 0, count: 1, replacement: [] },
      ],
    ],
    ["goes beyond the end", [{ from: 0, count: 9, replacement: [] }]],
  ] as const)("that %s ends the run before anything is put on record", async (_what, edits) => {
    await expect(run(edits)).rejects.toBeInstanceOf(ConfigurationError);
  });

  it("that throws ends the run with its error", async () => {
    const agent = new Agent({
      model: new ScriptedModel(["never"]),
      conversation: {
        compact: () => {
          throw new Error("lost my notes");
        },
      },
    });
    await expect(agent.run("hello")).rejects.toThrow("the conversation manager failed: lost my notes");
  });

  it("that never ends does not keep the run from ending", async () => {
    const agent = new Agent({
      model: new ScriptedModel(["never"]),
      timeBudgetMs: 20,
      conversation: { compact: () => new Promise(() => undefined) },
    });
    expect((await agent.run("hello")).stopReason).toBe("time_budget");
  });
});
