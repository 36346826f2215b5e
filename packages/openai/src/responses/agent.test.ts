/** Agents over a server that keeps the conversation: what is sent, and what survives cancels, crashes and edits. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  Agent,
  type AgentEvent,
  type AgentOptions,
  CancelledError,
  type Checkpointer,
  FileCheckpointer,
  type Hook,
  hostedTool,
  MemoryCheckpointer,
  tool,
} from "@locus-sdk/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { modelOn } from "../../test/responses/model.ts";
import {
  type Item,
  type ResponsesServer,
  type ServerOptions,
  startResponsesServer,
} from "../../test/responses/server.ts";

let server: ResponsesServer;
beforeEach(async () => {
  server = await startResponsesServer();
});
afterEach(() => server.close());
const restart = async (options: ServerOptions): Promise<void> => {
  await server.close();
  server = await startResponsesServer(options);
};

const weather = tool({
  name: "get_weather",
  description: "Current weather for a city.",
  parameters: z.object({ city: z.string() }),
  execute: ({ city }) => Promise.resolve({ city, tempC: 3 }),
});
const asks = { calls: [{ name: "get_weather", arguments: '{"city":"Oslo"}' }] } as const;

const agentOn = (options: Partial<AgentOptions> = {}): Agent =>
  new Agent({ model: modelOn(server), systemPrompt: "Be brief.", tools: [weather], ...options });

const typesOf = (input: unknown): readonly unknown[] =>
  Array.isArray(input) ? input.map((item: Item) => item.type) : [];
const inputs = (): readonly (readonly unknown[])[] => server.bodies().map(({ input }) => typesOf(input));

async function eventsOf(agent: Agent, ...run: Parameters<Agent["stream"]>): Promise<AgentEvent[]> {
  const events: AgentEvent[] = [];
  for await (const event of agent.stream(...run)) events.push(event);
  return events;
}

describe.each([["run"], ["stream"]] as const)("a tool loop by %s()", (how) => {
  it("sends results alone, and the instructions with every request", async () => {
    server.say(asks, { calls: [...asks.calls, ...asks.calls] }, "Cold.", "Still cold.");
    const agent = agentOn();
    const go = async (input: string): Promise<void> => {
      if (how === "run") await agent.run(input, { threadId: "t" });
      else await eventsOf(agent, input, { threadId: "t" });
    };
    await go("Oslo?");
    await go("And now?");
    expect(inputs()).toEqual([
      ["message"],
      ["function_call_output"],
      ["function_call_output", "function_call_output"],
      ["message"],
    ]);
    expect(server.bodies().map(({ instructions }) => instructions)).toEqual(Array(4).fill("Be brief."));
    expect(server.bodies().map(({ previous_response_id: id }) => id === undefined)).toEqual([
      true,
      false,
      false,
      false,
    ]);
    // Nothing was lost, repeated or out of order on the server's side.
    expect(typesOf(server.requests.at(-1)?.view)).toEqual([
      "message",
      "function_call",
      "function_call_output",
      "function_call",
      "function_call",
      "function_call_output",
      "function_call_output",
      "message",
      "message",
    ]);
  });
});

describe("a run that was cancelled in the middle of a tool", () => {
  it("leaves a thread that the next run goes on with, the call answered", async () => {
    const controller = new AbortController();
    const slow = tool({
      name: "get_weather",
      description: "Never answers.",
      parameters: z.object({ city: z.string() }),
      execute: (_args, { signal }) => {
        controller.abort();
        return new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(new Error("aborted")), { once: true });
        });
      },
    });
    server.say(asks, "Never mind.");
    const agent = agentOn({ tools: [slow] });
    await expect(agent.run("Oslo?", { threadId: "t", signal: controller.signal })).rejects.toBeInstanceOf(
      CancelledError,
    );
    const result = await agent.run("Forget it.", { threadId: "t" });
    expect(result.text).toBe("Never mind.");
    expect(inputs()).toEqual([["message"], ["function_call_output", "message"]]);
    expect(JSON.stringify(server.bodies()[1])).toContain("cancelled");
  });

  it("or of the model's answer is gone on with from the answer before", async () => {
    server.say("One.", { text: "A long story.".repeat(20), hang: true }, "Three.");
    const agent = agentOn();
    await agent.run("1", { threadId: "t" });
    const controller = new AbortController();
    const consume = async (): Promise<void> => {
      for await (const event of agent.stream("2", { threadId: "t", signal: controller.signal })) {
        if (event.type === "model_chunk") controller.abort();
      }
    };
    await expect(consume()).rejects.toBeInstanceOf(CancelledError);
    expect((await agent.run("3", { threadId: "t" })).text).toBe("Three.");
    expect(inputs()).toEqual([["message"], ["message"], ["message", "message"]]);
    expect(server.bodies()[2]?.previous_response_id).toBe(server.bodies()[1]?.previous_response_id);
  });
});

describe("a thread in another process", () => {
  it.each<[string, (directory: string) => () => Checkpointer]>([
    [
      "memory",
      () => {
        const shared = new MemoryCheckpointer();
        return () => shared;
      },
    ],
    ["files", (directory) => () => new FileCheckpointer({ directory })],
  ])("goes on by its id, kept in %s", async (_kind, open) => {
    const directory = await mkdtemp(join(tmpdir(), "locus-responses-"));
    try {
      const checkpointer = open(directory);
      server.say({ reasoning: ["Hm."], ...asks }, "Cold.", "Cold still.");
      const first = agentOn({ checkpointer: checkpointer() });
      await first.run("Oslo?", { threadId: "t" });
      const events = await eventsOf(agentOn({ checkpointer: checkpointer() }), "Now?", { threadId: "t" });
      expect(events.some(({ type }) => type === "retry")).toBe(false);
      expect(inputs()).toEqual([["message"], ["function_call_output"], ["message"]]);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

describe("a thread whose history was changed here", () => {
  it("is sent whole, once, and says why in a retry event", async () => {
    server.say("The key is sk-123.", "Two.", "Three.");
    const hide: Hook = {
      name: "hide",
      afterModelCall: ({ response }) =>
        JSON.stringify(response.message).includes("sk-123")
          ? {
              response: {
                ...response,
                message: { role: "assistant", content: [{ type: "text", text: "The key is hidden." }] },
              },
            }
          : undefined,
    };
    const agent = agentOn({ hooks: [hide] });
    await agent.run("1", { threadId: "t" });
    const second = await eventsOf(agent, "2", { threadId: "t" });
    expect(second.filter(({ type }) => type === "retry")).toMatchObject([
      {
        what: "the history has changed since the server saw it: sending the whole history",
        attempt: 1,
        delayMs: 0,
      },
    ]);
    const third = await eventsOf(agent, "3", { threadId: "t" });
    expect(third.some(({ type }) => type === "retry")).toBe(false);
    expect(inputs().map(({ length }) => length)).toEqual([1, 3, 1]);
    expect(JSON.stringify(server.requests.at(-1)?.view)).not.toContain("sk-123");
  });

  it("is sent whole where the server has forgotten it, in the same run", async () => {
    server.say("One.", asks, "Three.");
    const agent = agentOn();
    await agent.run("1", { threadId: "t" });
    server.store.expire();
    const result = await agent.run("2", { threadId: "t" });
    expect(result.text).toBe("Three.");
    expect(inputs()).toEqual([
      ["message"],
      ["message"],
      ["message", "message", "message"],
      ["function_call_output"],
    ]);
  });
});

describe("a thread that changes its model", () => {
  it("is sent whole to the other, and what it missed to the first", async () => {
    server.say("One.", "Two.", "Three.");
    const checkpointer = new MemoryCheckpointer();
    const first = agentOn({ checkpointer });
    const other = agentOn({ checkpointer, model: modelOn(server, { modelId: "other", history: "client" }) });
    await first.run("1", { threadId: "t" });
    await other.run("2", { threadId: "t" });
    await first.run("3", { threadId: "t" });
    expect(inputs().map(({ length }) => length)).toEqual([1, 3, 3]);
    expect(server.bodies().map(({ previous_response_id: id }) => id !== undefined)).toEqual([
      false,
      false,
      true,
    ]);
  });
});

describe("a tenancy that keeps nothing", () => {
  it("gets its own sealed thoughts back, in their places, over two turns", async () => {
    await restart({ zdr: true });
    const thinks = { reasoning: ["Looking.", "Twice."], ...asks };
    server.say(thinks, thinks, { reasoning: ["Done."], text: "Cold." }, thinks, "Cold still.");
    const agent = agentOn({ model: modelOn(server, { store: false }) });
    await agent.run("Oslo?", { threadId: "t" });
    await agent.run("Now?", { threadId: "t" });
    const one = ["reasoning", "function_call", "function_call_output"];
    const turn = ["message", ...one, ...one, "reasoning", "message"];
    expect(inputs()).toEqual([
      ["message"],
      ["message", ...one],
      ["message", ...one, ...one],
      [...turn, "message"],
      [...turn, "message", ...one],
    ]);
    for (const body of server.bodies()) {
      expect(body).toMatchObject({ store: false, instructions: "Be brief." });
      expect(body).not.toHaveProperty("previous_response_id");
    }
  });
});

describe("a hosted MCP call that asks first", () => {
  const request = {
    type: "mcp_approval_request",
    id: "mcpr_1",
    server_label: "wiki",
    name: "search",
    arguments: '{"q":"Oslo"}',
  };
  const ran = {
    type: "mcp_call",
    id: "mcp_1",
    approval_request_id: "mcpr_1",
    server_label: "wiki",
    name: "search",
    arguments: '{"q":"Oslo"}',
    output: "rain",
  };
  const answer = { type: "message", role: "assistant", content: [{ type: "output_text", text: "Rain." }] };

  it.each([
    ["response-id", { approved: true }],
    ["client", { approved: false, reason: "not today" }],
    ["conversation", { approved: true }],
  ] as const)("waits for a person, with history %s, and passes the word on", async (history, word) => {
    server.say({ items: [request] }, { items: [ran, answer] }, "Bye.");
    const mcp = hostedTool.mcp({ label: "wiki", url: "https://example.com/mcp" });
    const agent = agentOn({ model: modelOn(server, { history }), tools: [mcp] });
    const { threadId, interrupt } = await agent.run("Look.", { threadId: "t" });
    expect(interrupt).toMatchObject({ kind: "approval", name: "mcp:wiki.search", arguments: { q: "Oslo" } });
    const result = await agent.resume(threadId, { [interrupt?.interruptId ?? ""]: word });
    expect(result.text).toBe("Rain.");
    const sent = server.bodies()[1]?.input;
    const said: unknown = Array.isArray(sent) ? sent.at(-1) : undefined;
    expect(said).toEqual({
      type: "mcp_approval_response",
      approval_request_id: "mcpr_1",
      approve: word.approved,
      ...("reason" in word ? { reason: word.reason } : {}),
    });
    // The call that the server made is its own: it is in the thread once, and in the events.
    const events = await eventsOf(agent, "Thanks.", { threadId });
    expect(events.some(({ type }) => type === "retry")).toBe(false);
    const view = typesOf(server.requests.at(-1)?.view);
    expect(view.filter((type) => type === "mcp_call")).toHaveLength(1);
    expect(view.filter((type) => type === "mcp_approval_request")).toHaveLength(1);
  });
});

describe("the bytes of a request", () => {
  const sizes = async (history: "response-id" | "client"): Promise<readonly number[]> => {
    server.say(({ items }) =>
      items.length % 4 === 1 ? { text: "x".repeat(200) } : { text: "y".repeat(200) },
    );
    const agent = agentOn({ model: modelOn(server, { history }) });
    for (let turn = 0; turn < 200; turn += 1) await agent.run("Go on, please.", { threadId: "t" });
    return server.requests.map(({ bytes }) => bytes);
  };

  it("stay the same over 200 turns where the server keeps the thread", { timeout: 60_000 }, async () => {
    const [first = 0, second = 0, ...rest] = await sizes("response-id");
    expect(second).toBeGreaterThan(first);
    for (const bytes of rest) expect(Math.abs(bytes - second)).toBeLessThan(5);
  });

  it("grow with every turn where it does not", { timeout: 60_000 }, async () => {
    const all = await sizes("client");
    for (const [turn, bytes] of all.entries()) {
      if (turn > 0) expect(bytes).toBeGreaterThan((all[turn - 1] ?? 0) + 200);
    }
  });
});
