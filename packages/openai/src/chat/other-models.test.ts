/** What other models have left in a conversation, as chat completions are told it. */
import { assistantMessage, type Message, toolMessage, userMessage } from "@locus-sdk/core";
import { expect, it } from "vitest";
import { encodeChatRequest } from "./encode.ts";
import { OPENAI_CHAT_PROFILES } from "./openai-profiles.ts";
import { type ChatProfile, chatProfile, findChatProfile } from "./profile.ts";

const gpt = findChatProfile("gpt-4o", OPENAI_CHAT_PROFILES);
const thinker = chatProfile({ name: "thinker", reasoningField: "reasoning_content" });
const encode = (messages: readonly Message[], profile: ChatProfile = gpt) =>
  encodeChatRequest({ messages }, { provider: "openai", modelId: "m", profile, stream: false });

it("gives a model its own thoughts back and nobody else's, and tells of those it keeps", () => {
  const thought = (text: string, author: string) => ({ type: "reasoning", text, author }) as const;
  const { body, warnings } = encode(
    [
      userMessage("Hi"),
      assistantMessage([
        thought("Mine.", "openai:m"),
        thought("Not mine.", "anthropic:claude"),
        { type: "text", text: "Yes." },
      ]),
    ],
    thinker,
  );
  expect(body.messages).toEqual([
    { role: "user", content: "Hi" },
    { role: "assistant", content: "Yes.", reasoning_content: "Mine." },
  ]);
  expect(warnings).toEqual([
    "the reasoning of anthropic:claude was left out: a model is given no thoughts but its own",
  ]);
});

const long = `functions.get_weather:0/${"x".repeat(80)}`;
const call = { type: "tool_call", id: long, name: "f", arguments: "{}" } as const;
const asked = [userMessage("Hi"), assistantMessage([call]), toolMessage(call, "done")];

it("shortens ids that OpenAI would refuse, the same way in every request, and the result follows its call", () => {
  const [, calls, result] = encode(asked).body.messages as readonly Record<string, unknown>[];
  const id = result?.tool_call_id;
  expect(id).toMatch(/^call_[0-9a-f]{32}$/);
  expect(calls).toMatchObject({ tool_calls: [{ id }] });
  expect(encode(asked).body).toEqual(encode(asked).body);
});

it("leaves ids as they are for servers that are not OpenAI's, which may read something in them", () => {
  expect(encode(asked, thinker).body.messages).toMatchObject([
    {},
    { tool_calls: [{ id: long }] },
    { tool_call_id: long },
  ]);
});

it("leaves out calls of tools that another provider hosts, with their answers", () => {
  const hosted = {
    type: "tool_call",
    id: "a",
    name: "mcp:docs.search",
    arguments: "{}",
    hosted: true,
  } as const;
  const { body, warnings } = encode([
    userMessage("Hi"),
    assistantMessage([{ type: "text", text: "May I?" }, hosted]),
    toolMessage(hosted, '{"approved":true}'),
  ]);
  expect(body.messages).toEqual([
    { role: "user", content: "Hi" },
    { role: "assistant", content: "May I?" },
  ]);
  expect(warnings).toEqual([expect.stringContaining('the hosted tool "mcp:docs.search" was left out')]);
});
