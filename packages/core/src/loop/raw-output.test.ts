/** What came from the provider as it came: on the event for tracing, in no state, and gone with what a hook took out. */
import { describe, expect, it } from "vitest";
import { Agent } from "../agent/agent.ts";
import { MemoryCheckpointer } from "../checkpoint/memory.ts";
import { durableEventSchema } from "../events/schema.ts";
import type { EventOf } from "../events/types.ts";
import type { Hook } from "../hooks/types.ts";
import { assistantMessage } from "../messages/messages.ts";
import type { ChatModel } from "../model/types.ts";
import { ScriptedModel } from "../testing/scripted-model.ts";

const RAW = [{ type: "message", text: "the secret is xyzzy" }];

function modelThatKeeps(): ChatModel {
  const inner = new ScriptedModel(["the secret is xyzzy"]);
  return {
    provider: inner.provider,
    modelId: inner.modelId,
    capabilities: { ...inner.capabilities, streaming: false },
    complete: async (request) => ({ ...(await inner.complete(request)), rawOutput: RAW }),
    stream: (request) => inner.stream(request),
  };
}

async function run(hooks: readonly Hook[] = []) {
  const checkpointer = new MemoryCheckpointer();
  const agent = new Agent({ model: modelThatKeeps(), hooks, checkpointer });
  const result = await agent.run("Tell.", { threadId: "t" });
  const events: EventOf<"model_complete">[] = [];
  for await (const event of checkpointer.events("t")) if (event.type === "model_complete") events.push(event);
  return { result, event: events[0] };
}

describe("raw output", () => {
  it("is on the event, frozen plain JSON, and in nothing that is folded from it", async () => {
    const { result, event } = await run();
    expect(event?.rawOutput).toEqual(RAW);
    expect(Object.isFrozen(event?.rawOutput?.[0])).toBe(true);
    expect(durableEventSchema.parse(JSON.parse(JSON.stringify(event)))).toEqual(event);
    expect(JSON.stringify(result)).not.toContain('"type":"message"');
  });

  it.each<[string, Hook]>([
    [
      "rewrites the message",
      {
        afterModelCall: ({ response }) => ({
          response: { ...response, message: assistantMessage("[secret]") },
        }),
      },
    ],
    ["stops the answer", { name: "guard", afterModelCall: () => ({ end: { reason: "guardrail" } }) }],
  ])("is not kept where a hook %s", async (_, hook) => {
    const { event } = await run([hook]);
    expect(event).not.toHaveProperty("rawOutput");
    expect(JSON.stringify(event)).not.toContain("xyzzy");
  });
});
