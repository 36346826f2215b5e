import { describe, expect, it } from "vitest";
import { Agent } from "../agent/agent.ts";
import type { AgentEvent } from "../events/types.ts";
import type { Hook } from "../hooks/types.ts";
import { ScriptedModel } from "../testing/scripted-model.ts";
import { hostedTool } from "./hosted.ts";

describe("a hosted tool", () => {
  it("is declared to the model beside the tools, and what it did is an event", async () => {
    const model = new ScriptedModel([
      {
        text: "found",
        hostedTools: [{ name: "file_search", status: "completed", input: { queries: ["x"] } }],
      },
    ]);
    const events: AgentEvent[] = [];
    const agent = new Agent({
      model,
      tools: [hostedTool.fileSearch({ vectorStoreIds: ["vs_1"], maxResults: 3 })],
    });
    await agent.on("event", (event) => events.push(event)).run("find");
    expect(model.requests[0]?.hostedTools).toEqual([
      {
        hosted: "file_search",
        name: "file_search",
        options: { vector_store_ids: ["vs_1"], max_num_results: 3 },
      },
    ]);
    expect(events.map((event) => event.type)).toEqual([
      "run_start",
      "hosted_tool",
      "model_complete",
      "terminate",
    ]);
    expect(events[1]).toMatchObject({ name: "file_search", status: "completed", input: { queries: ["x"] } });
  });

  it("is denied by a guard like any call, before a person is asked", async () => {
    const call = {
      type: "tool_call",
      id: "mcpr_1",
      name: "mcp:wiki.search",
      arguments: "{}",
      hosted: true,
    } as const;
    const guard: Hook = { beforeToolCall: ({ call: { name } }) => ({ deny: `${name} is not allowed` }) };
    const result = await new Agent({
      model: new ScriptedModel([{ content: [call] }, "done"]),
      hooks: [guard],
    }).run("look");
    expect(result.toolExecutions).toMatchObject([
      { source: "denied", result: { approved: false, reason: "mcp:wiki.search is not allowed" } },
    ]);
    expect(result.stopReason).toBe("complete");
  });

  it.each([
    [{ approved: true }, { approved: true }, "executed"],
    [{ approved: false, reason: "no" }, { approved: false, reason: "no" }, "denied"],
  ])(
    "that asks first waits for a person's word, which goes back as the call's result",
    async (answer, result, source) => {
      const call = {
        type: "tool_call",
        id: "mcpr_1",
        name: "mcp:wiki.search",
        arguments: '{"q":"x"}',
        hosted: true,
      } as const;
      const model = new ScriptedModel([{ content: [call] }, "done"]);
      const agent = new Agent({
        model,
        tools: [hostedTool.mcp({ label: "wiki", url: "https://example.com/mcp" })],
      });
      const { threadId, interrupt } = await agent.run("look");
      expect(interrupt).toMatchObject({ kind: "approval", name: "mcp:wiki.search", arguments: { q: "x" } });
      const done = await agent.resume(threadId, { [interrupt?.interruptId ?? ""]: answer });
      expect(done.toolExecutions).toMatchObject([{ result, source, isError: false }]);
      expect(done.text).toBe("done");
    },
  );
});
