import { describe, expect, it } from "vitest";
import { ConfigurationError } from "../errors/errors.ts";
import type { AgentInput } from "../messages/types.ts";
import { readInput } from "./input.ts";

const read = (input: unknown): unknown => readInput(input as AgentInput);

describe("an input", () => {
  it("is text, content parts or messages", () => {
    const parts = [{ type: "text", text: "Look." }];
    expect(read("Hello.")).toEqual([{ role: "user", content: "Hello." }]);
    expect(read(parts)).toEqual([{ role: "user", content: parts }]);
    expect(read([{ role: "user", content: parts }])).toEqual([{ role: "user", content: parts }]);
    expect(Object.isFrozen(parts) || Object.isFrozen(parts[0])).toBe(false);
  });

  it.each<[unknown, string]>([
    [[], "and not empty"],
    [undefined, "the input must be text"],
    [[{ role: "tool", callId: "c1", name: "look", content: "seen" }], "nothing but tool messages"],
    [
      [{ type: "txt", text: "hi" }],
      'not a list of content parts: [0].type: expected "text" or "image" or "file" or "audio"',
    ],
    [[{ type: "text", text: 5 }], "not a list of content parts: [0].text: Invalid input: expected string"],
    [
      [{ type: "text", text: "hi" }, null],
      "not a list of content parts: [1]: Invalid input: expected object",
    ],
    [[3], "not a list of content parts: [0]: Invalid input: expected object"],
    [
      [{ role: "user", content: [{ type: "txt", text: "hi" }] }],
      'not a conversation: [0].content[0].type: expected "text" or "image" or "file" or "audio"',
    ],
    [
      [{ role: "user", content: [{ type: "image", detail: "big" }] }],
      'not a conversation: [0].content[0].detail: Invalid option: expected one of "auto"|"low"|"high"',
    ],
    [
      [{ role: "user", content: 3 }],
      "[0].content: Invalid input: expected string, received number, or Invalid input: expected array",
    ],
    [
      [{ role: "robot", content: "hi" }],
      'not a conversation: [0].role: expected "system" or "user" or "assistant" or "tool"',
    ],
  ])("%o is refused, its wrong part named with what is expected", (input, message) => {
    expect(() => read(input)).toThrow(ConfigurationError);
    expect(() => read(input)).toThrow(message);
  });
});
