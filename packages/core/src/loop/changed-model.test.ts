/** A thread whose conversation one model's server keeps, and that goes on with another model. */
import { expect, it } from "vitest";
import { Agent } from "../agent/agent.ts";
import { MemoryCheckpointer } from "../checkpoint/memory.ts";
import { ServerError } from "../errors/errors.ts";
import { ScriptedModel, type ScriptedStep } from "../testing/scripted-model.ts";
import { tool } from "../tool/tool.ts";

const modelOf = (modelId: string, script: readonly ScriptedStep[], serverState = true): ScriptedModel =>
  new ScriptedModel(script, { provider: "p", modelId, capabilities: { serverState } });
const kept = (modelId: string, text = "Yes."): ScriptedStep => ({
  text,
  providerState: { provider: "p", modelId, data: { responseId: "r" } },
});
const noop = tool({ name: "noop", description: "Nothing.", execute: () => "done" });

/** A thread that model "a" has answered once, and what the next runs on it tell of. */
async function thread(): Promise<(model: ScriptedModel) => Promise<readonly string[]>> {
  const checkpointer = new MemoryCheckpointer();
  await new Agent({ model: modelOf("a", [kept("a")]), checkpointer }).run("1", { threadId: "t" });
  return async (model) => {
    const told: string[] = [];
    const agent = new Agent({ model, checkpointer, tools: [noop] });
    for await (const event of agent.stream("2", { threadId: "t" })) {
      if (event.type === "retry") told.push(`${event.what} (${event.attempt}, ${event.delayMs})`);
      if (event.type === "model_complete") told.push("answered");
    }
    return told;
  };
}
const MOVED = "the conversation was kept for p:a; it is sent whole to p:b (1, 0)";

it("says so before the call, and no more once the other model has answered", async () => {
  const runOn = await thread();
  const calls = { ...(kept("b") as object), toolCalls: [{ name: "noop", arguments: {} }] };
  const model = modelOf("b", [calls, kept("b"), kept("b")]);
  expect(await runOn(model)).toEqual([MOVED, "answered", "answered"]);
  expect(await runOn(model)).toEqual(["answered"]);
  expect(model.requests.map(({ providerState }) => providerState?.modelId)).toEqual([undefined, "b", "b"]);
});

it("has nothing to say of the same model, and of one that is always sent everything", async () => {
  const runOn = await thread();
  expect(await runOn(modelOf("a", [kept("a")]))).toEqual(["answered"]);
  expect(await runOn(modelOf("b", ["Yes."], false))).toEqual(["answered"]);
});

it("says so once, however often the call is tried", async () => {
  const checkpointer = new MemoryCheckpointer();
  await new Agent({ model: modelOf("a", [kept("a")]), checkpointer }).run("1", { threadId: "t" });
  const agent = new Agent({
    model: modelOf("b", [{ error: new ServerError("busy") }, kept("b")]),
    checkpointer,
    hooks: [{ name: "again", onModelError: () => ({ retry: true }) }],
  });
  const told: string[] = [];
  for await (const event of agent.stream("2", { threadId: "t" })) {
    if (event.type === "retry") told.push(event.what);
  }
  expect(told).toEqual([MOVED.replace(" (1, 0)", ""), "busy"]);
});
