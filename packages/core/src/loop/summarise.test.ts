/** The summary at the limit of iterations is a model call like any other: its hooks see it, and may change it. */
import { expect, test } from "vitest";
import { z } from "zod";
import { Agent } from "../agent/agent.ts";
import { ServerError } from "../errors/errors.ts";
import type { Hook } from "../hooks/types.ts";
import type { Logger } from "../log/logger.ts";
import { ScriptedModel, type ScriptedStep } from "../testing/scripted-model.ts";
import { tool } from "../tool/tool.ts";

const quiet = (): void => undefined;
const logger: Logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const look = tool({ name: "look", description: "Looks.", parameters: z.object({}), execute: () => "seen" });

function summarised(summary: readonly ScriptedStep[], hook: Hook) {
  const model = new ScriptedModel([{ toolCalls: [{ name: "look" }] }, ...summary]);
  const agent = new Agent({ model, tools: [look], maxIterations: 1, hooks: [hook], logger });
  return { model, result: agent.run("Look.") };
}

test("a hook may rewrite it before it is on record", async () => {
  const { result } = summarised(["The card is 4111."], {
    afterModelCall: ({ response }) => ({
      response: JSON.parse(JSON.stringify(response).replace("4111", "[card]")),
    }),
  });
  expect(await result).toMatchObject({ stopReason: "max_iterations", text: "The card is [card]." });
});

test("a hook may rewrite what is sent for it", async () => {
  const { model, result } = summarised(["Done."], {
    beforeModelCall: ({ request }) => ({ request: { ...request, messages: request.messages.slice(-1) } }),
  });
  await result;
  expect(model.requests[1]?.messages).toHaveLength(1);
});

test("a guard that fails keeps it back", async () => {
  let calls = 0;
  const { result } = summarised(["The card is 4111."], {
    guard: true,
    afterModelCall: () => {
      if (++calls === 2) throw new Error("out of order");
    },
  });
  const { stopReason, text } = await result;
  expect({ stopReason, text }).toEqual({ stopReason: "guardrail", text: "" });
});

test("a hook may have it tried again", async () => {
  const { result } = summarised([{ error: new ServerError("busy", { status: 503 }) }, "Here it is."], {
    onModelError: ({ attempt }) => (attempt === 1 ? { retry: true } : {}),
  });
  expect(await result).toMatchObject({ stopReason: "max_iterations", text: "Here it is." });
});

test("one that cannot be had is only missing", async () => {
  const { result } = summarised([{ error: new ServerError("busy", { status: 503 }) }], {});
  expect(await result).toMatchObject({ stopReason: "max_iterations", text: "" });
});

test("its thoughts are those of the model that wrote it", async () => {
  const model = new ScriptedModel([{ toolCalls: [{ name: "look" }] }]);
  const auxiliaryModel = new ScriptedModel([{ reasoning: "Hm.", text: "Seen." }], { modelId: "small" });
  const agent = new Agent({ model, auxiliaryModel, tools: [look], maxIterations: 1 });
  const { message } = await agent.run("Look.");
  expect(message?.content[0]).toMatchObject({ type: "reasoning", author: "scripted:small" });
});
