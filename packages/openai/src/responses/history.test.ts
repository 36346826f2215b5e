import { createHash } from "node:crypto";
import {
  Agent,
  assistantMessage,
  deepFreeze,
  type Message,
  toJson,
  toolMessage,
  userMessage,
} from "@locus-sdk/core";
import fc from "fast-check";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { modelOn } from "../../test/responses/model.ts";
import { startResponsesServer } from "../../test/responses/server.ts";
import { chatProfile, DEFAULT_CHAT_PROFILE } from "../chat/profile.ts";
import { conversationOf, digestsOf, prefixAfter } from "./history.ts";

vi.mock("node:crypto", async (original) => {
  const crypto = await original<typeof import("node:crypto")>();
  return { ...crypto, createHash: vi.fn(crypto.createHash) };
});
beforeEach(() => {
  vi.mocked(createHash).mockClear();
});

const conversation = (length: number): readonly Message[] =>
  deepFreeze(
    Array.from({ length }, (_, index) =>
      index % 2 === 0 ? userMessage(`question ${index}`) : assistantMessage(`answer ${index}`),
    ),
  );

describe("the digest of a conversation", () => {
  it("costs one hash for each message, once, however often it is asked for", () => {
    const messages = conversation(200);
    const first = digestsOf(messages, 200, DEFAULT_CHAT_PROFILE).at;
    expect(createHash).toHaveBeenCalledTimes(200);
    const more = deepFreeze([...messages, userMessage("new")]);
    expect(digestsOf(more, 200, DEFAULT_CHAT_PROFILE).at).toBe(first);
    prefixAfter(more, deepFreeze(assistantMessage("newer")), DEFAULT_CHAT_PROFILE);
    expect(createHash).toHaveBeenCalledTimes(202);
  });

  it("is that of a copy from a store, and of the beginning of a longer conversation", () => {
    const messages = conversation(9);
    const copy = toJson(messages) as unknown as readonly Message[];
    for (const count of [0, 1, 5, 9]) {
      const { at } = digestsOf(messages, count, DEFAULT_CHAT_PROFILE);
      expect(digestsOf(copy, count, DEFAULT_CHAT_PROFILE).at).toBe(at);
      expect(digestsOf(copy.slice(0, count), count, DEFAULT_CHAT_PROFILE).end).toBe(at);
    }
    expect(digestsOf(messages, 10, DEFAULT_CHAT_PROFILE).at).toBeUndefined();
  });

  it("changes with every message: what it says, and where it stands", () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 2 }), fc.nat(), fc.string(), (texts, at, other) => {
        const index = at % texts.length;
        fc.pre(texts[index] !== other && (texts[index] ?? "") + other !== "");
        const messages = texts.map((text) => userMessage(text));
        const digest = digestsOf(messages, 0, DEFAULT_CHAT_PROFILE).end;
        const edited = messages.with(index, userMessage(other));
        expect(digestsOf(edited, 0, DEFAULT_CHAT_PROFILE).end).not.toBe(digest);
        const less = messages.toSpliced(index, 1);
        expect(digestsOf(less, 0, DEFAULT_CHAT_PROFILE).end).not.toBe(digest);
      }),
    );
  });

  it("is that of the wire: our own ids do not count, the provider's do", () => {
    const thread = (id: string, providerId: string): readonly Message[] => [
      assistantMessage([{ type: "tool_call", id, providerId, name: "f", arguments: "{}" }]),
      toolMessage({ id, name: "f" }, "42"),
    ];
    const end = (messages: readonly Message[]): string => digestsOf(messages, 0, DEFAULT_CHAT_PROFILE).end;
    expect(end(thread("a", "call_1"))).toBe(end(thread("b", "call_1")));
    expect(end(thread("a", "call_1"))).not.toBe(end(thread("a", "call_2")));
  });

  it("takes one message in two conversations for what it is in each", () => {
    const answer = deepFreeze(toolMessage({ id: "a", name: "f" }, "42"));
    const call = (providerId: string): Message =>
      deepFreeze(assistantMessage([{ type: "tool_call", id: "a", providerId, name: "f", arguments: "{}" }]));
    const end = (messages: readonly Message[]): string => digestsOf(messages, 0, DEFAULT_CHAT_PROFILE).end;
    const [one, other] = [end([call("1"), answer]), end([call("2"), answer])];
    expect(one).not.toBe(other);
    expect([end([call("1"), answer]), end([call("2"), answer])]).toEqual([one, other]);
  });

  it("is apart for families that are sent the same message differently", () => {
    const blind = chatProfile({ name: "blind", input: { image: false, file: false, audio: false } });
    const messages = deepFreeze([userMessage([{ type: "image", url: "https://example.com/a.png" }])]);
    expect(digestsOf(messages, 0, blind).end).not.toBe(digestsOf(messages, 0, DEFAULT_CHAT_PROFILE).end);
  });
});

describe("a thread of an agent", () => {
  it("costs one hash for each new message of a turn, however long it is", async () => {
    const server = await startResponsesServer();
    const agent = new Agent({ model: modelOn(server) });
    for (let turn = 0; turn < 20; turn += 1) await agent.run("Go on.", { threadId: "t" });
    expect(createHash).toHaveBeenCalledTimes(40);
    await server.close();
  });
});

describe("instructions", () => {
  it("are the system messages, wherever they stand, without empty ones", () => {
    const messages: readonly Message[] = [
      { role: "system", content: "One." },
      userMessage("Hi"),
      { role: "system", content: " " },
      { role: "system", content: "Two." },
    ];
    expect(conversationOf(messages)).toEqual({ instructions: "One.\n\nTwo.", messages: [userMessage("Hi")] });
  });
});
