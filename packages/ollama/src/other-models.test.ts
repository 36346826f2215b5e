/** What other models have left in a conversation, as an Ollama model is told it. */
import { assistantMessage, userMessage } from "@locus-sdk/core";
import { expect, it } from "vitest";
import { encodeRequest } from "./encode.ts";

it("thinks on from its own thoughts alone", () => {
  const thought = (text: string, author: string) => ({ type: "reasoning", text, author }) as const;
  const { body, warnings } = encodeRequest(
    {
      messages: [
        userMessage("Hi"),
        assistantMessage([thought("Mine.", "ollama:qwen3"), { type: "text", text: "Yes." }]),
        assistantMessage([thought("Not mine.", "ollama:deepseek-r1"), { type: "text", text: "No." }]),
      ],
    },
    { modelId: "qwen3", vision: true },
  );
  expect(body.messages).toEqual([
    { role: "user", content: "Hi" },
    { role: "assistant", content: "Yes.", thinking: "Mine." },
    { role: "assistant", content: "No." },
  ]);
  expect(warnings).toEqual([
    "the reasoning of ollama:deepseek-r1 was left out: a model is given no thoughts but its own",
  ]);
});
