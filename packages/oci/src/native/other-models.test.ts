/** What other models have left in a conversation, as the formats of the native API tell it. */
import { assistantMessage, type Message, userMessage } from "@locus-sdk/core";
import { describe, expect, test } from "vitest";
import { targetFor } from "../../test/native-encode.ts";
import { AnswerBuilder } from "./answer.ts";
import { CODECS, chooseFormat, codecFor } from "./formats.ts";

const encode = (model: string, messages: readonly Message[]) => {
  const request = { messages };
  const codec = codecFor(chooseFormat(model, {}), request);
  const { chatRequest, warnings } = codec.encode(request, targetFor(model, false));
  return { sent: JSON.stringify(chatRequest), warnings, chatRequest };
};
const THINKERS = ["openai.gpt-oss-120b", "cohere.command-a-reasoning-08-2025"];

test.each(THINKERS)("%s thinks on from its own thoughts alone", (model) => {
  const thought = (text: string, author: string) => ({ type: "reasoning", text, author }) as const;
  const { sent, warnings } = encode(model, [
    userMessage("Hi"),
    assistantMessage([thought("Mine.", `oci:${model}`), { type: "text", text: "Yes." }]),
    assistantMessage([thought("Not mine.", "oci:google.gemini-2.5-pro"), { type: "text", text: "No." }]),
    userMessage("And?"),
  ]);
  expect(sent).toContain("Mine.");
  expect(sent).not.toContain("Not mine.");
  expect(warnings).toEqual([
    "the reasoning of oci:google.gemini-2.5-pro was left out: a model is given no thoughts but its own",
  ]);
});

describe("an image that another model was shown", () => {
  const shown = [
    {
      role: "user",
      content: [
        { type: "text", text: "See?" },
        { type: "image", url: "https://x/y.png" },
      ],
    },
    assistantMessage("A dot."),
    userMessage("And now?"),
  ] as const satisfies readonly Message[];

  test.each([
    ["cohere.command-r-plus-08-2024", "COHERE"],
    ["cohere.command-a-reasoning-08-2025", "COHEREV2"],
  ])("is left out for %s, which sees none, with a note and a warning", (model, apiFormat) => {
    const { sent, warnings, chatRequest } = encode(model, shown);
    expect(chatRequest).toMatchObject({ apiFormat });
    expect(sent).not.toContain("https://x/y.png");
    expect(sent).toContain("[image left out: this model cannot read it]");
    expect(warnings).toEqual([expect.stringContaining("takes no image input: it was left out")]);
  });

  test("is shown to a Cohere model that sees", () => {
    expect(encode("cohere.command-a-vision-07-2025", shown)).toMatchObject({
      sent: expect.stringContaining("https://x/y.png"),
      warnings: [],
    });
  });
});

test("ids that are made here are short enough for any provider that the conversation goes to", () => {
  const { profile } = targetFor("cohere.command-r-plus-08-2024", false);
  const answer = new AnswerBuilder({ provider: "oci", modelId: "m", profile });
  const reader = CODECS.COHERE.reader(answer);
  reader.take({ toolCalls: [{ name: "f", parameters: {} }], finishReason: "COMPLETE" }, true);
  reader.end();
  const [call] = answer.calls;
  expect(call?.id).toMatch(/^[a-zA-Z0-9_-]{1,40}$/);
});
