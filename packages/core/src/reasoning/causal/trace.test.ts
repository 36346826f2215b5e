/** What a record shows of what led to what, and what it does not. */

import { describe, expect, it } from "vitest";
import { z } from "zod";
import { Agent } from "../../agent/agent.ts";
import type { AgentOptions } from "../../agent/options.ts";
import { ConfigurationError } from "../../errors/errors.ts";
import type { AgentEvent } from "../../events/types.ts";
import { ScriptedModel, type ScriptedStep } from "../../testing/scripted-model.ts";
import { tool } from "../../tool/tool.ts";
import type { CausalChain } from "./chain.ts";
import { proposeCauses } from "./propose.ts";
import { causalChainFrom } from "./trace.ts";

const findUser = tool({
  name: "find_user",
  description: "Finds a user.",
  parameters: z.object({ name: z.string() }),
  execute: ({ name }) => ({ id: "user_8831", name }),
});
const orders = tool({
  name: "orders",
  description: "Orders of a user.",
  parameters: z.object({ user: z.string() }),
  execute: ({ user }) => {
    if (user === "Ada Lovelace") throw new Error("no such user id");
    return [];
  },
});
const ask = tool({
  name: "ask",
  description: "Asks.",
  parameters: z.object({}),
  execute: (_, ctx) => ctx.interrupt({ question: "Really?" }),
});
const calling = (name: string, args: object): ScriptedStep => ({ toolCalls: [{ name, arguments: args }] });

async function traced(script: readonly ScriptedStep[], options: Partial<AgentOptions> = {}) {
  const events: AgentEvent[] = [];
  const agent = new Agent({ model: new ScriptedModel(script), tools: [findUser, orders, ask], ...options });
  agent.on("event", (event) => events.push(event));
  await agent.run("What did Ada Lovelace order?", { threadId: "t" });
  return { agent, events };
}
function linksOf(chain: CausalChain, relation: string): readonly string[] {
  return chain.edges.filter((edge) => edge.relation === relation).map(({ from, to }) => `${from} → ${to}`);
}

describe("a chain from a run", () => {
  const script = [
    calling("orders", { user: "Ada Lovelace" }),
    calling("find_user", { name: "Ada Lovelace" }),
    calling("orders", { user: "user_8831" }),
    "Nothing yet.",
  ];

  it("says causes only where the record shows it, and for the rest what came first", async () => {
    const { events } = await traced(script);
    const chain = causalChainFrom(events);
    expect(linksOf(chain, "causes")).toEqual([
      "event:1 → answer:1",
      "answer:1 → call:call_1",
      "call:call_1 → error:call_1",
      "answer:2 → call:call_2",
      "answer:3 → call:call_3",
      expect.stringMatching(/^answer:4 → event:\d+$/),
    ]);
    expect(linksOf(chain, "precedes")).toEqual([
      "error:call_1 → answer:2",
      "call:call_2 → answer:3",
      "call:call_3 → answer:4",
    ]);
    expect(chain.node("error:call_1")).toMatchObject({
      type: "symptom",
      label: "orders failed: no such user id",
    });
    expect(chain.path("event:1", "error:call_1")).toHaveLength(4);
  });

  it("hints at results whose values turn up in later calls, and not at what the user had said", async () => {
    const { events } = await traced(script);
    const chain = causalChainFrom(events);
    expect(linksOf(chain, "correlates_with")).toEqual(["call:call_2 → call:call_3"]);
    expect(chain.edgesTo("call:call_3")).toContainEqual(
      expect.objectContaining({ confidence: 0.6, reason: expect.stringContaining("user_8831") }),
    );
  });

  it("is the same from the state, as far as the state knows", async () => {
    const { agent, events } = await traced(script);
    const state = await agent.state("t");
    if (state === undefined) throw new Error("no state");
    const [fromState, fromEvents] = [causalChainFrom(state), causalChainFrom(events)];
    expect(linksOf(fromState, "precedes")).toEqual(linksOf(fromEvents, "precedes"));
    expect(fromState.nodes).toHaveLength(fromEvents.nodes.length - 1);
  });

  it("shows what a look back was about, and what the model was told before its next answer", async () => {
    const search = calling("find_user", { name: "Ada" });
    const { events } = await traced([search, search, "Sorry."], { reflexion: true });
    const chain = causalChainFrom(events);
    const look = chain.nodes.find(({ label }) => label.startsWith("loop_detected"));
    expect(linksOf(chain, "causes")).toContain(`call:call_2 → ${look?.id}`);
    expect(linksOf(chain, "precedes")).toContain(`${look?.id} → answer:3`);
  });

  it("leads from a call to its question, and from the question to its answer", async () => {
    const { agent, events } = await traced([calling("ask", {}), "As you wish."]);
    const question = events.find((event) => event.type === "interrupt");
    await agent.resume("t", { [question?.interruptId ?? ""]: "Yes." });
    const chain = causalChainFrom(events);
    const resumed = chain.nodes.find(({ label }) => label.startsWith("resumed"));
    expect(chain.path("call:call_1", resumed?.id ?? "")).toHaveLength(3);
  });

  it("tells no secret and no long text", async () => {
    const { events } = await traced([`The key is sk-abcdefghijklmnopqrstuvwxyz123456. ${"x".repeat(5000)}`]);
    const text = JSON.stringify(causalChainFrom(events));
    expect(text).not.toContain("abcdefghijklm");
    expect(text.length).toBeLessThan(1500);
  });
});

describe("causes that a model proposes", () => {
  const proposing = (...causes: readonly (readonly [string, string])[]) =>
    new ScriptedModel([
      {
        text: JSON.stringify({
          causes: causes.map(([from, to]) => ({ from, to, confidence: 0.7, reason: "It shows." })),
        }),
        usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15 },
      },
    ]);

  it("are taken for nodes that are there, and no others", async () => {
    const { events } = await traced([
      calling("orders", { user: "Ada Lovelace" }),
      calling("find_user", { name: "Ada" }),
      "Found </chain> her.",
    ]);
    const model = proposing(
      ["error:call_1", "answer:2"],
      ["error:call_1", "answer:99"],
      ["answer:2", "answer:2"],
      ["answer:1", "call:call_1"],
      ["answer:2", "error:call_1"],
      ["call:call_2", "answer:2"],
    );
    const { chain, proposed, rejected, usage } = await proposeCauses(causalChainFrom(events), { model });
    expect(proposed).toEqual([
      { from: "error:call_1", to: "answer:2", relation: "causes", confidence: 0.7, reason: "It shows." },
    ]);
    expect(rejected.map(({ why }) => why)).toEqual([
      "unknown_node",
      "same_node",
      "known",
      "against_order",
      "cycle",
    ]);
    expect(chain.node("error:call_1")?.type).toBe("intermediate");
    expect(chain.cycles()).toEqual([]);
    expect(usage.totalTokens).toBe(15);
    expect(String(model.requests[0]?.messages.at(-1)?.content).match(/<\/chain>/g)).toHaveLength(1);
  });

  it("are not waited for once nobody wants them", async () => {
    const model = new ScriptedModel([() => new Promise(() => undefined)]);
    const controller = new AbortController();
    const { events } = await traced(["Hello."]);
    const asking = proposeCauses(causalChainFrom(events), { model, signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(asking).rejects.toThrow("enough");
  });
});

it.each([null, 5, {}, { run: 1 }, [null], [{}]])("what is no record of a run is refused: %j", (trace) => {
  expect(() => Reflect.apply(causalChainFrom, undefined, [trace])).toThrow(ConfigurationError);
});
