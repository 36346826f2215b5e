/** Conversations on the wire: every kind of part, and the rules that reach over several messages. */
import { type AssistantPart, deepFreeze, type Message, type UserPart } from "@locus-sdk/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { messageEncoder } from "./encode-message.ts";
import { encodeMessages } from "./encode-messages.ts";
import { type ChatProfile, chatProfile, DEFAULT_CHAT_PROFILE } from "./profile.ts";

const encode = (
  messages: readonly Message[],
  profile: ChatProfile = DEFAULT_CHAT_PROFILE,
): ReturnType<typeof encodeMessages> => encodeMessages(messages, profile);
const user = (...content: readonly UserPart[]): Message => ({ role: "user", content });
const assistant = (...content: readonly AssistantPart[]): Message => ({ role: "assistant", content });
const call = (id: string, args = "{}"): AssistantPart => ({
  type: "tool_call",
  id,
  name: "f",
  arguments: args,
});
const result = (callId: string, content = `result of ${callId}`): Message => ({
  role: "tool",
  callId,
  name: "f",
  content,
});
const onlyWire = (message: Message, profile?: ChatProfile): unknown => encode([message], profile).messages[0];

describe("user messages", () => {
  it("keep a plain text plain", () => {
    expect(onlyWire({ role: "user", content: "Hi" })).toEqual({ role: "user", content: "Hi" });
  });

  it("carry images by URL or as data URLs, whose type is told from the data where it is missing", () => {
    const { messages, warnings } = encode([
      user(
        { type: "text", text: "Look:" },
        { type: "image", url: "https://example.com/a.png", detail: "low" },
        { type: "image", data: "AAAA", mediaType: "image/webp" },
        { type: "image", data: "/9j/4AAQ" },
      ),
    ]);
    expect(messages[0]?.content).toEqual([
      { type: "text", text: "Look:" },
      { type: "image_url", image_url: { url: "https://example.com/a.png", detail: "low" } },
      { type: "image_url", image_url: { url: "data:image/webp;base64,AAAA" } },
      { type: "image_url", image_url: { url: "data:image/jpeg;base64,/9j/4AAQ" } },
    ]);
    expect(warnings).toEqual([]);
  });

  it("carry files by id or as data, and audio; a file by URL becomes its address, with a warning", () => {
    const { messages, warnings } = encode([
      user(
        { type: "file", fileId: "file-1" },
        { type: "file", data: "JVBE", mediaType: "application/pdf", filename: "a.pdf" },
        { type: "audio", data: "UklG", format: "wav" },
        { type: "file", url: "DATA:application/pdf;base64,JVBE", filename: "c.pdf" },
        { type: "file", url: "https://example.com/b.pdf", filename: "b.pdf" },
      ),
    ]);
    expect(messages[0]?.content).toEqual([
      { type: "file", file: { file_id: "file-1" } },
      { type: "file", file: { filename: "a.pdf", file_data: "data:application/pdf;base64,JVBE" } },
      { type: "input_audio", input_audio: { data: "UklG", format: "wav" } },
      { type: "file", file: { filename: "c.pdf", file_data: "data:application/pdf;base64,JVBE" } },
      { type: "text", text: "[file: b.pdf, https://example.com/b.pdf]" },
    ]);
    expect(warnings).toEqual([expect.stringContaining("no file by URL")]);
  });

  it("say what was left out where the family cannot read it", () => {
    const blind = chatProfile({ name: "blind", input: { image: false, file: true, audio: true } });
    const { messages, warnings } = encode([user({ type: "image", url: "https://example.com/a.png" })], blind);
    expect(messages[0]?.content).toEqual([{ type: "text", text: expect.stringContaining("image left out") }]);
    expect(warnings).toEqual([expect.stringContaining('"blind" take no image')]);
  });
});

describe("assistant messages", () => {
  it("keep call ids and argument texts word for word, and have no text rather than an empty one", () => {
    expect(onlyWire(assistant(call("call_1", '{"a": 1 }')))).toEqual({
      role: "assistant",
      content: null,
      tool_calls: [{ id: "call_1", type: "function", function: { name: "f", arguments: '{"a": 1 }' } }],
    });
  });

  it("send an empty object for a call without arguments, which some servers parse", () => {
    expect(onlyWire(assistant(call("c", "")))).toMatchObject({
      tool_calls: [{ function: { arguments: "{}" } }],
    });
  });

  it("put pieces of one text together and set apart what something else came between", () => {
    const message = assistant({ type: "text", text: "a" }, { type: "text", text: "b" }, call("c"), {
      type: "text",
      text: "d",
    });
    expect(onlyWire(message)).toMatchObject({ content: "ab\n\nd" });
  });

  it("keep reasoning at home unless the family names a field for it", () => {
    const message = assistant({ type: "reasoning", text: "hm" }, { type: "text", text: "Yes." });
    expect(onlyWire(message)).toEqual({ role: "assistant", content: "Yes." });
    const wants = chatProfile({ name: "r", reasoningField: "reasoning_content" });
    expect(onlyWire(message, wants)).toEqual({ role: "assistant", content: "Yes.", reasoning_content: "hm" });
  });

  it("send a refusal as text, or in the field the family has for it", () => {
    const message = assistant({ type: "refusal", text: "I cannot." });
    expect(onlyWire(message)).toEqual({ role: "assistant", content: "I cannot." });
    const field = chatProfile({ name: "o", refusal: "field" });
    expect(onlyWire(message, field)).toEqual({ role: "assistant", content: null, refusal: "I cannot." });
  });

  it("leave out items of a provider, with one warning however many there are", () => {
    const item: AssistantPart = { type: "provider", provider: "anthropic", item: { a: 1 } };
    const { messages, warnings } = encode([assistant(item, item, { type: "text", text: "x" })]);
    expect(messages).toEqual([{ role: "assistant", content: "x" }]);
    expect(warnings).toEqual([expect.stringContaining('provider "anthropic"')]);
  });

  it("say the family's placeholder where they say nothing", () => {
    const dotted = chatProfile({ name: "d", emptyContent: ".", toolCallContent: "." });
    expect(onlyWire(assistant(), dotted)).toEqual({ role: "assistant", content: "." });
    expect(onlyWire(assistant(call("c")), dotted)).toMatchObject({ content: "." });
  });
});

describe("tool results", () => {
  it("answer their call, and tell in words that they failed", () => {
    const { messages } = encode([
      assistant(call("a"), call("b"), call("c")),
      result("a", "42"),
      { role: "tool", callId: "b", name: "f", content: "no such city", isError: true },
      { role: "tool", callId: "c", name: "f", content: "Error: out of range", isError: true },
    ]);
    expect(messages.slice(1)).toEqual([
      { role: "tool", tool_call_id: "a", content: "42" },
      { role: "tool", tool_call_id: "b", content: "Error: no such city" },
      { role: "tool", tool_call_id: "c", content: "Error: out of range" },
    ]);
  });

  it("hand their images on in a user message behind all results of the turn", () => {
    const { messages, warnings } = encode([
      assistant(call("a"), call("b")),
      {
        role: "tool",
        callId: "a",
        name: "f",
        content: [
          { type: "text", text: "a plot" },
          { type: "image", url: "https://example.com/p.png" },
        ],
      },
      result("b"),
      { role: "user", content: "And?" },
    ]);
    expect(messages.map((message) => message.role)).toEqual(["assistant", "tool", "tool", "user", "user"]);
    expect(messages[1]?.content).toMatch(/^a plot\n\[1 attachment/);
    expect(messages[3]?.content).toEqual([
      { type: "text", text: expect.stringContaining("call a") },
      { type: "image_url", image_url: { url: "https://example.com/p.png" } },
    ]);
    expect(warnings).toHaveLength(1);
  });

  it("follow each call alone where the family wants pairs, whatever order they came in", () => {
    const pairs = chatProfile({ name: "p", toolResults: "one_to_one" });
    const { messages } = encode(
      [assistant({ type: "text", text: "Let me see." }, call("a"), call("b")), result("b"), result("a")],
      pairs,
    );
    expect(messages).toEqual([
      {
        role: "assistant",
        content: "Let me see.",
        tool_calls: [{ id: "a", type: "function", function: { name: "f", arguments: "{}" } }],
      },
      { role: "tool", tool_call_id: "a", content: "result of a" },
      {
        role: "assistant",
        content: null,
        tool_calls: [{ id: "b", type: "function", function: { name: "f", arguments: "{}" } }],
      },
      { role: "tool", tool_call_id: "b", content: "result of b" },
    ]);
  });
});

describe("instructions", () => {
  const instructions: Message = { role: "system", content: "Be brief." };
  const conversation: readonly Message[] = [instructions, { role: "user", content: "Hi" }];

  it("keep their role, or become developer messages", () => {
    expect(encode(conversation).messages[0]).toEqual({ role: "system", content: "Be brief." });
    const developer = chatProfile({ name: "d", system: "developer" });
    expect(encode(conversation, developer).messages[0]).toEqual({ role: "developer", content: "Be brief." });
  });

  it("are folded into the first user message where there is no role for them", () => {
    const fold = chatProfile({ name: "f", system: "fold" });
    expect(encode(conversation, fold).messages).toEqual([{ role: "user", content: "Be brief.\n\nHi" }]);
    expect(encode([instructions], fold).messages).toEqual([{ role: "user", content: "Be brief." }]);
    const parts = user({ type: "image", url: "https://example.com/a.png" });
    expect(encode([instructions, parts], fold).messages[0]?.content).toEqual([
      { type: "text", text: "Be brief." },
      { type: "image_url", image_url: { url: "https://example.com/a.png" } },
    ]);
  });

  it("are not sent empty", () => {
    expect(encode([{ role: "system", content: " " }, ...conversation]).messages).toHaveLength(2);
  });
});

describe("encoding a long history", () => {
  it("encodes a frozen message once for each profile, and an unfrozen one every time", () => {
    const encodePlain = messageEncoder(DEFAULT_CHAT_PROFILE);
    const encodeOther = messageEncoder(chatProfile({ name: "other" }));
    const frozen = deepFreeze(assistant({ type: "text", text: "x" }));
    expect(encodePlain(frozen)).toBe(messageEncoder(DEFAULT_CHAT_PROFILE)(frozen));
    expect(encodeOther(frozen)).not.toBe(encodePlain(frozen));
    const loose = assistant({ type: "text", text: "x" });
    expect(encodeOther(loose)).not.toBe(encodeOther(loose));
  });

  it("encodes what it remembers as what it sees for the first time, profile by profile", () => {
    const part: fc.Arbitrary<AssistantPart> = fc.oneof(
      fc.constantFrom("", "Yes.").map((text) => ({ type: "text", text }) as const),
      fc.constantFrom("", "No.").map((text) => ({ type: "refusal", text }) as const),
      fc.constant({ type: "reasoning", text: "Hm." } as const),
      fc.constant({ type: "provider", provider: "x", item: {} } as const),
      fc.constantFrom("a", "b", "c".repeat(50)).map((id) => call(id, "")),
    );
    const message: fc.Arbitrary<Message> = fc.oneof(
      fc.constantFrom("", "Be brief.").map((content) => ({ role: "system", content }) as const),
      fc.constantFrom("", "Hi").map((content) => ({ role: "user", content }) as const),
      fc.constant(user({ type: "image", data: "AAAA" })),
      fc.array(part, { maxLength: 4 }).map((parts) => assistant(...parts)),
      fc.constantFrom("a", "b").map((id) => result(id)),
      fc.constant<Message>({
        role: "tool",
        callId: "a",
        name: "f",
        content: [{ type: "image", data: "AAAA" }],
        isError: true,
      }),
    );
    const profiles = [
      DEFAULT_CHAT_PROFILE,
      chatProfile({ name: "fold", system: "fold", refusal: "field", toolResults: "one_to_one" }),
      chatProfile({ name: "thinks", reasoningField: "reasoning_content", system: "developer" }),
    ];
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 12 }),
        fc.array(fc.tuple(fc.nat(12), fc.constantFrom(...profiles)), { minLength: 1, maxLength: 6 }),
        (conversation, sendings) => {
          const frozen = deepFreeze(structuredClone(conversation));
          for (const [length, profile] of sendings) {
            const afresh = encode(structuredClone(conversation.slice(0, length)), profile);
            expect(encode(frozen.slice(0, length), profile)).toEqual(afresh);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it("sends a message that can be changed as it is now", () => {
    const said = { role: "user" as const, content: "before" };
    expect(onlyWire(said)).toEqual({ role: "user", content: "before" });
    said.content = "after";
    expect(onlyWire(said)).toEqual({ role: "user", content: "after" });
  });
});
