/** What other models have left in a conversation, as the Responses API is told it. */
import {
  assistantMessage,
  type JsonObject,
  type Message,
  type ToolCallPart,
  toolMessage,
  userMessage,
} from "@locus-sdk/core";
import { expect, it } from "vitest";
import { DEFAULT_CHAT_PROFILE } from "../chat/profile.ts";
import { encodeResponsesRequest, type ResponsesTarget } from "./encode.ts";

const encode = (messages: readonly Message[], target: Partial<ResponsesTarget> = {}) =>
  encodeResponsesRequest(
    { messages },
    { provider: "openai", modelId: "m", profile: DEFAULT_CHAT_PROFILE, stream: false, ...target },
  );
const callIds = (messages: readonly Message[], target?: Partial<ResponsesTarget>): readonly unknown[] =>
  (encode(messages, target).body.input as readonly JsonObject[]).flatMap(({ call_id: id }) =>
    id === undefined ? [] : [id],
  );
const callOf = (id: string, providerId?: string): ToolCallPart => ({
  type: "tool_call",
  id,
  ...(providerId === undefined ? {} : { providerId }),
  name: "f",
  arguments: "{}",
});
const turn = (...calls: readonly ToolCallPart[]): readonly Message[] => [
  assistantMessage(calls),
  ...calls.map((call) => toolMessage(call, "done")),
];

it("sends sealed thoughts to the model that had them, and tells of those that it does not send", () => {
  const sealed = (author: string) =>
    ({ type: "reasoning", text: "", id: "rs_1", encrypted: "e", author }) as const;
  const said = { type: "text", text: "Yes." } as const;
  const own = encode([assistantMessage([sealed("openai:m"), said])]);
  expect(own.body.input).toMatchObject([{ type: "reasoning", encrypted_content: "e" }, { type: "message" }]);
  expect(own.warnings).toEqual([]);
  const other = encode([assistantMessage([sealed("oci:m"), said])]);
  expect(other.body.input).toMatchObject([{ type: "message" }]);
  expect(other.warnings).toEqual([
    "the reasoning of oci:m was left out: a model is given no thoughts but its own",
  ]);
});

it("sends records of hosted tools to no other server", () => {
  const item = { type: "web_search_call", id: "ws_1" };
  const found = assistantMessage([{ type: "provider", provider: "openai-responses", item, author: "oci:m" }]);
  expect(encode([found])).toMatchObject({
    body: { input: [] },
    warnings: ['an item of type "web_search_call" of oci:m was left out: only its provider understands it'],
  });
});

it("shortens ids that the API would refuse, and the output follows its call", () => {
  const [made, answered] = callIds(turn(callOf(`x/${"y".repeat(80)}`)));
  expect(made).toMatch(/^call_[0-9a-f]{32}$/);
  expect(answered).toBe(made);
});

it("tells apart calls that another provider gave one id", () => {
  const ids = callIds([
    ...turn(callOf("own_1", "call_0"), callOf("own_2", "call_0")),
    ...turn(callOf("own_3", "call_0")),
  ]);
  expect(new Set(ids).size).toBe(3);
  const [a, b, a2, b2, c, c2] = ids;
  expect([a2, b2, c2]).toEqual([a, b, c]);
  expect(a).toBe("call_0");
});

it("answers the server's calls by the server's ids, and tells new ones apart from them", () => {
  const before = [userMessage("Hi"), assistantMessage([callOf("own_1", "call_0")])];
  const after = [toolMessage(callOf("own_1"), "done"), ...turn(callOf("call_0")), userMessage("Go on.")];
  const [answered, made, result] = callIds([...before, ...after], { from: 2, link: { responseId: "r" } });
  expect(answered).toBe("call_0");
  expect(made).not.toBe("call_0");
  expect(result).toBe(made);
});

it("tells what is left out of what it sends, and not of what the server has", () => {
  const thought = { type: "reasoning", text: "Hm.", author: "ollama:qwen3" } as const;
  const messages = [
    userMessage("Hi"),
    assistantMessage([thought, { type: "text", text: "Yes." }]),
    userMessage("And?"),
  ];
  expect(encode(messages, { from: 2, link: { responseId: "r" } }).warnings).toEqual([]);
  expect(encode(messages).warnings).toHaveLength(1);
});
