import { describe, expect, it } from "vitest";
import { ConfigurationError } from "../errors/errors.ts";
import { jsonObjectSchema, jsonValueSchema, messageSchema, parseMessages } from "./schema.ts";
import type { Message } from "./types.ts";

const MESSAGES: readonly Message[] = [
  { role: "system", content: "Be brief." },
  { role: "user", content: "Hello." },
  {
    role: "user",
    content: [
      { type: "text", text: "See:" },
      { type: "image", url: "https://example.com/a.png", detail: "low" },
      { type: "image", data: "aGk=", mediaType: "image/png" },
      { type: "file", fileId: "f1", filename: "a.pdf" },
      { type: "audio", data: "aGk=", format: "wav" },
    ],
  },
  {
    role: "assistant",
    content: [
      { type: "reasoning", text: "hm", id: "r1", signature: "s", encrypted: "e" },
      { type: "text", text: "Let me see." },
      { type: "tool_call", id: "c1", providerId: "p1", name: "look", arguments: '{"at": 1' },
      { type: "provider", provider: "oci", item: { nested: [1, null, { deep: true }] } },
      { type: "refusal", text: "No." },
    ],
  },
  { role: "tool", callId: "c1", name: "look", content: "nothing", isError: true },
];

function isDeepFrozen(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  return Object.isFrozen(value) && Object.values(value).every(isDeepFrozen);
}

describe("parseMessages", () => {
  it("takes every message there is, and freezes its own copy", () => {
    const given: unknown = JSON.parse(JSON.stringify(MESSAGES));
    const parsed = parseMessages(given);
    expect(parsed).toEqual(MESSAGES);
    expect(isDeepFrozen(parsed)).toBe(true);
    const frozenOnes: unknown[] = [];
    JSON.stringify(given, (_, value: unknown) => {
      if (typeof value === "object" && Object.isFrozen(value) && value !== null) frozenOnes.push(value);
      return value;
    });
    expect(frozenOnes).toEqual([]);
  });

  it("keeps members it does not know, at every level", () => {
    const later = [{ role: "user", content: [{ type: "text", text: "hi", lang: "en" }], sentBy: { id: 7 } }];
    expect(parseMessages(later)).toEqual(later);
  });

  it("says which message does not fit, and why", () => {
    const refused: readonly (readonly [unknown, string])[] = [
      ["hello", "expected array"],
      [
        [
          { role: "user", content: "hi" },
          { role: "tool", name: "look", content: "x" },
        ],
        "[1].callId",
      ],
      [[{ role: "robot", content: "hi" }], "[0].role"],
      [[{ role: "user", content: 3 }], "[0].content"],
      [
        [{ role: "assistant", content: [{ type: "tool_call", id: "c1", name: "look" }] }],
        "[0].content[0].arguments",
      ],
      [[{ role: "tool", callId: "c1", name: "look", content: "x", isError: false }], "[0].isError"],
    ];
    for (const [value, message] of refused) {
      expect(() => parseMessages(value)).toThrow(ConfigurationError);
      expect(() => parseMessages(value)).toThrow(message);
    }
  });

  it("takes no member given as undefined for one left out", () => {
    expect(
      messageSchema.safeParse({ role: "tool", callId: "c", name: "n", content: "", isError: undefined })
        .success,
    ).toBe(false);
  });
});

describe("the JSON schemas", () => {
  it("take what JSON can say, and nothing else", () => {
    for (const value of [null, 0, "", false, [], {}, [{ a: [null] }]]) {
      expect(jsonValueSchema.parse(value)).toEqual(value);
    }
    for (const value of [undefined, Number.NaN, 1n, new Date(), [undefined], { a: () => 1 }, new Map()]) {
      expect(jsonValueSchema.safeParse(value).success).toBe(false);
    }
    for (const value of [null, 0, [], { a: undefined }])
      expect(jsonObjectSchema.safeParse(value).success).toBe(false);
  });

  it("keep a member called __proto__ a member", () => {
    const parsed = jsonObjectSchema.parse(JSON.parse('{"__proto__": {"admin": true}}'));
    expect(JSON.stringify(parsed)).toBe('{"__proto__":{"admin":true}}');
    expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype);
  });
});
