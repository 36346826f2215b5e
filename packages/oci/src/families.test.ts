/** Which quirks an id gets: the rows of the table, told by ids as they are in use. */
import { encodeChatRequest } from "@locus-sdk/openai";
import { describe, expect, test } from "vitest";
import { ociChatProfile, toolsNeedNoEffort } from "./families.ts";

describe("ociChatProfile", () => {
  test.each([
    ["openai.gpt-oss-120b", "gpt-oss"],
    ["openai.gpt-5.2", "openai-reasoning"],
    ["openai.o3-mini", "openai-reasoning"],
    ["openai.gpt-5-chat-latest", "openai"],
    ["openai.gpt-4.1", "openai"],
    ["openai.gpt-audio", "openai-audio"],
    ["meta.llama-3.3-70b-instruct", "llama-3"],
    ["meta.llama-3.2-90b-vision-instruct", "llama-3-vision"],
    ["meta.llama-4-scout-17b-16e-instruct", "llama-4"],
    ["google.gemini-2.5-flash-lite", "gemini"],
    ["xai.grok-3", "grok-text"],
    ["xai.grok-3-mini-fast", "grok-mini"],
    ["xai.grok-code-fast-1", "grok-text"],
    ["xai.grok-4-fast-non-reasoning", "grok"],
    ["xai.grok-4-1-fast-reasoning", "grok-reasoning"],
    ["XAI.Grok-4", "grok-reasoning"],
    ["vendor.of-tomorrow", "oci"],
  ])("%s is of the family %s", (modelId, family) => {
    expect(ociChatProfile(modelId).name).toBe(family);
  });

  test("no family sends a message without text, on which the backend fails", () => {
    for (const modelId of ["openai.gpt-5", "meta.llama-4", "google.gemini", "xai.grok-4", "x.y"]) {
      const { body } = encodeChatRequest(
        {
          messages: [
            { role: "user", content: "Hi" },
            { role: "assistant", content: [] },
            { role: "user", content: "?" },
          ],
        },
        { modelId, profile: ociChatProfile(modelId), stream: false },
      );
      expect(body.messages).toMatchObject([{}, { role: "assistant", content: "." }, {}]);
    }
  });
});

test("gpt-5.6 takes tools only without reasoning", () => {
  expect(toolsNeedNoEffort("openai.gpt-5.6-sol")).toBe(true);
  expect(toolsNeedNoEffort("openai.gpt-5.5")).toBe(false);
});
