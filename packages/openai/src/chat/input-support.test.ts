/** What is refused of a user's new words, what of it is not looked at, and how the error helps. */
import {
  assistantMessage,
  InvalidRequestError,
  type Message,
  toolMessage,
  type UserPart,
  userMessage,
} from "@locus-sdk/core";
import { describe, expect, it } from "vitest";
import { CHAT_INPUT, type InputTarget, RESPONSES_INPUT, refuseUnsupportedInput } from "./input-support.ts";
import { chatProfile, DEFAULT_CHAT_PROFILE, type InputSupport } from "./profile.ts";

const READER: InputSupport = { image: true, file: true, audio: true };
const target = (input: Partial<InputSupport> = {}, transport = RESPONSES_INPUT): InputTarget => ({
  provider: "test",
  modelId: "m",
  profile: chatProfile({ name: "p", input: { ...READER, ...input } }),
  transport,
});
const thrownBy = (messages: readonly Message[], of: InputTarget): unknown => {
  try {
    refuseUnsupportedInput(messages, of);
    return undefined;
  } catch (error) {
    return error;
  }
};
const url = "https://example.com/a";

describe("new input", () => {
  it.each<[UserPart, InputTarget, string, string]>([
    [
      { type: "image", data: "AAAA", mediaType: "image/png" },
      target({ image: false }),
      'test model "m" over the Responses API takes no images, and part 1 of the user\'s message is an image (image/png)',
      "Use a model that sees images, or put it in words.",
    ],
    [
      { type: "file", url: "data:text/plain,secret", filename: "a.txt" },
      target({ file: false }),
      'takes no files as data, and part 1 of the user\'s message is the file "a.txt" (text/plain)',
      "Send its text, or use a model that reads files.",
    ],
    [
      { type: "file", fileId: "file-1" },
      target({ fileIds: ["chat"], fileIdsElsewhere: "Ids are for others." }),
      'takes no files by id, and part 1 of the user\'s message is the file "file-1"',
      "Ids are for others. Send the bytes, or a URL.",
    ],
    [
      { type: "file", url },
      target({}, CHAT_INPUT),
      "over chat completions takes no files by URL, and part 1 of the user's message is the file",
      "Files by URL are taken by the Responses API. Send the bytes, or the id of an uploaded file.",
    ],
    [
      { type: "image" },
      target(),
      "was given part 1 of the user's message, of type image, without data or url",
      "",
    ],
  ])("%j that cannot be sent is refused by what it is, with what would work", (part, of, message, hint) => {
    const error = thrownBy([userMessage([part])], of);
    expect(error).toBeInstanceOf(InvalidRequestError);
    expect(error).toMatchObject({ code: "unsupported_input", retryable: false });
    expect(error).toMatchObject({ message: expect.stringContaining(message) });
    expect(error instanceof InvalidRequestError ? (error.hint ?? "") : "none").toBe(hint);
    expect(String(error)).not.toMatch(/AAAA|secret|example\.com/);
  });

  it("is what users said behind the model's last answer; tools' results and history are left to the codec", () => {
    const image: UserPart = { type: "image", url };
    const blind = target({ image: false });
    const called = assistantMessage([{ type: "tool_call", id: "c", name: "look", arguments: "{}" }]);
    const seen = toolMessage({ id: "c", name: "look" }, [image]);
    expect(thrownBy([userMessage([image]), assistantMessage("Yes.")], blind)).toBeUndefined();
    expect(thrownBy([userMessage("Look."), called, seen], blind)).toBeUndefined();
    const words = [userMessage("One."), userMessage(["Two.", image].map(asPart))];
    expect(thrownBy([called, seen, ...words], blind)).toMatchObject({
      message: expect.stringContaining("part 2 of new user message 2"),
    });
  });

  it("of a plain server may be anything its API has a form for", () => {
    const parts: readonly UserPart[] = [
      { type: "image", url },
      { type: "file", data: "AAAA" },
      { type: "file", fileId: "file-1" },
      { type: "audio", data: "AAAA", format: "wav" },
    ];
    for (const transport of [CHAT_INPUT, RESPONSES_INPUT]) {
      const of = { ...target(), profile: DEFAULT_CHAT_PROFILE, transport };
      expect(thrownBy([userMessage(parts)], of)).toBeUndefined();
    }
  });
});

const asPart = (part: string | UserPart): UserPart =>
  typeof part === "string" ? { type: "text", text: part } : part;
