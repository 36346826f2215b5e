/** What other models have left in a conversation, as Claude is told it. */
import { assistantMessage, type Message, toolMessage, userMessage } from "@locus-sdk/core";
import { expect, it } from "vitest";
import { encodeMessagesRequest } from "./encode.ts";
import { claudeFamily } from "./families.ts";

const MODEL = "claude-sonnet-4-5";
const encode = (messages: readonly Message[]) =>
  encodeMessagesRequest({ messages }, { modelId: MODEL, family: claudeFamily(MODEL), stream: false });
const said = { type: "text", text: "Yes." } as const;

it("gives Claude what any Claude has signed, and tells of other thoughts that it keeps", () => {
  const { body, warnings } = encode([
    userMessage("Hi"),
    assistantMessage([
      { type: "reasoning", text: "Signed.", signature: "s", author: "anthropic:claude-haiku-4-5" },
      { type: "reasoning", text: "Foreign.", author: "ollama:qwen3" },
      { type: "reasoning", text: "Sealed.", id: "rs_1", encrypted: "e", author: "openai:gpt-5" },
      said,
    ]),
  ]);
  expect(body.messages).toMatchObject([
    {},
    { content: [{ type: "thinking", thinking: "Signed.", signature: "s" }, said] },
  ]);
  expect(warnings).toEqual([
    "the reasoning of ollama:qwen3 was left out: a model is given no thoughts but its own",
    "the reasoning of openai:gpt-5 was left out: a model is given no thoughts but its own",
  ]);
});

it("sends no calls that only a person answers: their names are none of its tools", () => {
  const hosted = {
    type: "tool_call",
    id: "a",
    name: "mcp:docs.search",
    arguments: "{}",
    hosted: true,
  } as const;
  const { body, warnings } = encode([
    userMessage("Hi"),
    assistantMessage([hosted]),
    toolMessage(hosted, '{"approved":true}'),
    userMessage("Well?"),
  ]);
  expect(body.messages).toEqual([
    {
      role: "user",
      content: [
        { type: "text", text: "Hi" },
        { type: "text", text: "Well?" },
      ],
    },
  ]);
  expect(warnings).toEqual([expect.stringContaining('the hosted tool "mcp:docs.search" was left out')]);
});
