/** What a server says survives our message, and what we say survives a server. */
import {
  type AssistantMessage,
  type AssistantPart,
  assistantMessage,
  type JsonObject,
} from "@locus-sdk/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULT_CHAT_PROFILE } from "../chat/profile.ts";
import { decodeItem } from "./decode-item.ts";
import { encodeItems, MESSAGE_DETAILS, RESPONSES_ITEM } from "./encode-message.ts";
import { mcpName, parseMcpName } from "./hosted.ts";

const encode = (message: AssistantMessage): readonly JsonObject[] =>
  encodeItems(message, DEFAULT_CHAT_PROFILE, undefined).items;
const decode = (items: readonly JsonObject[]): AssistantMessage =>
  assistantMessage(items.flatMap((item) => decodeItem(item, false)));

const word = fc.string({ minLength: 1, unit: "grapheme" });
const object = fc
  .dictionary(fc.string(), fc.jsonValue())
  .map((value) => JSON.parse(JSON.stringify(value)) as JsonObject);
const args = fc.oneof(
  object.map((value) => JSON.stringify(value)),
  // Whatever a model may write; a JSON string is a case of its own.
  word.filter((text) => text.trim() !== "" && !text.trimStart().startsWith('"')),
);

const text: fc.Arbitrary<AssistantPart> = fc.record({ type: fc.constant("text"), text: word });
const refusal: fc.Arbitrary<AssistantPart> = fc.record({ type: fc.constant("refusal"), text: fc.string() });
const call: fc.Arbitrary<AssistantPart> = fc.record({
  type: fc.constant("tool_call"),
  id: word,
  name: word,
  arguments: args,
});
const approval: fc.Arbitrary<AssistantPart> = fc
  .record({ id: word, label: fc.string(), tool: word, arguments: args })
  .map(({ label, tool, ...rest }) => ({
    type: "tool_call",
    name: mcpName(label, tool),
    hosted: true,
    ...rest,
  }));
const reasoning: fc.Arbitrary<AssistantPart> = fc.record({
  type: fc.constant("reasoning"),
  text: fc.string(),
  id: word,
  encrypted: word,
});
const item: fc.Arbitrary<AssistantPart> = object.map((value) => ({
  type: "provider",
  provider: RESPONSES_ITEM,
  item: { ...value, type: "thing_of_tomorrow" },
}));
/** Details belong to the texts right before them, so something else stands before those. */
const detailed: fc.Arbitrary<readonly AssistantPart[]> = fc
  .tuple(call, fc.array(fc.tuple(text, fc.array(object, { minLength: 1 })), { minLength: 1, maxLength: 3 }))
  .map(([before, texts]) => [
    before,
    ...texts.map(([part]) => part),
    {
      type: "provider",
      provider: MESSAGE_DETAILS,
      item: { annotations: texts.map(([, cited]) => cited), phase: "commentary" },
    },
  ]);

describe("a round trip", () => {
  it("of an assistant's message over the wire changes nothing", () => {
    const parts = fc
      .array(fc.oneof(call, approval, reasoning, item, detailed, fc.array(fc.oneof(text, refusal))))
      .map((some) => some.flat());
    fc.assert(
      fc.property(parts, (content) => {
        const message = assistantMessage(content);
        expect(decode(encode(message))).toEqual(message);
      }),
      { numRuns: 500 },
    );
  });

  it("of a server's items through a message loses nothing but their own ids and states", () => {
    const items: readonly JsonObject[] = [
      {
        type: "reasoning",
        id: "rs_1",
        summary: [{ type: "summary_text", text: "Hm." }],
        encrypted_content: "s",
      },
      { type: "function_call", call_id: "c1", name: "f", arguments: "{}" },
      { type: "reasoning", id: "rs_2", summary: [], encrypted_content: "t" },
      {
        type: "message",
        role: "assistant",
        content: [
          { type: "output_text", text: "Hi", annotations: [{ type: "file_citation", file_id: "f" }] },
        ],
        phase: "final_answer",
      },
      { type: "mcp_approval_request", id: "r", server_label: "l", name: "n", arguments: "{}" },
      { type: "web_search_call", id: "ws", status: "completed", action: { type: "search" } },
    ];
    expect(encode(decode(items))).toEqual(items);
  });

  it("of a label and a tool through a name changes neither", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (label, tool) => {
        expect(parseMcpName(mcpName(label, tool))).toEqual({ label, tool });
      }),
    );
  });
});
