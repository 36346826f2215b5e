import { expect, it } from "vitest";
import { assistantMessage, messageText, toolCallsOf, toolMessage, userMessage } from "./messages.ts";

const call = { type: "tool_call", id: "c1", name: "search", arguments: "{}" } as const;

it("reads the text of a message without thoughts, refusals and calls", () => {
  const message = assistantMessage([
    { type: "reasoning", text: "hm" },
    { type: "text", text: "It " },
    call,
    { type: "refusal", text: "no" },
    { type: "text", text: "rains." },
  ]);
  expect(messageText(message)).toBe("It rains.");
  expect(messageText({ role: "system", content: "Be brief." })).toBe("Be brief.");
  expect(toolCallsOf(message)).toEqual([call]);
  expect(toolCallsOf(userMessage("hi"))).toEqual([]);
});

it("makes messages that cannot be changed, not even through the parts they were made of", () => {
  const parts = [{ type: "text" as const, text: "before" }];
  const messages = [userMessage(parts), assistantMessage(parts), toolMessage(call, parts)];
  parts[0] = { type: "text", text: "after" };
  for (const message of messages) {
    expect(messageText(message)).toBe("before");
    expect(Object.isFrozen(message.content) && Object.isFrozen(message.content[0])).toBe(true);
  }
  expect(Object.isFrozen(assistantMessage("hi").content)).toBe(true);
});

it("marks an answer as an error only where it is one", () => {
  expect(toolMessage(call, "fine")).toEqual({ role: "tool", callId: "c1", name: "search", content: "fine" });
  expect(toolMessage(call, "oh", { isError: true })).toMatchObject({ isError: true });
});
