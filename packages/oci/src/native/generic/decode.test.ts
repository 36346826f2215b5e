/** GENERIC answers: every family's way to stream tool calls as it was observed, and what is not an answer. */
import { IncompleteStreamError, type ToolCallPart } from "@locus-sdk/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { callsFrom, contextFor, decodeStream, fixture, sse } from "../../../test/native-decode.ts";
import { targetFor } from "../../../test/native-encode.ts";
import { decodeWhole } from "../frames.ts";
import { genericCodec } from "./index.ts";

const read = (name: string, model: string, cuts?: readonly number[]) =>
  decodeStream(genericCodec, fixture(import.meta.url, name), contextFor(model), cuts);
const callsOf = (response: { message: { content: readonly unknown[] } }) =>
  response.message.content.filter(
    (part): part is ToolCallPart => (part as ToolCallPart).type === "tool_call",
  );
const call = (id: string, name: string, args: string) => ({ type: "tool_call", id, name, arguments: args });

describe("tool calls as the families stream them", () => {
  test("gpt-oss: fragments without an id belong to the call opened last", () => {
    const { response, parts } = read("gpt-oss-parallel", "openai.gpt-oss-120b");
    expect(callsOf(response)).toEqual([
      call("chatcmpl-tool-1", "get_weather", '{"city":"Tromsø"}'),
      call("chatcmpl-tool-2", "get_weather", '{"city":"Bergen"}'),
    ]);
    expect(callsFrom(parts)).toEqual(
      callsOf(response).map(({ name, arguments: args }) => ({ name, arguments: args })),
    );
    expect(response.message.content[0]).toEqual({ type: "reasoning", text: "Two cities, two calls." });
    expect(response.stopReason).toBe("tool_calls");
    // It comes behind the finish reason.
    expect(response.usage).toEqual({
      inputTokens: 120,
      outputTokens: 48,
      totalTokens: 168,
      cachedInputTokens: 64,
      reasoningTokens: 7,
    });
  });

  test("Grok: every call in a frame of its own, two of them word for word alike", () => {
    const { response } = read("grok-own-frames", "xai.grok-4");
    expect(callsOf(response)).toEqual([
      call("call_23100861", "get_weather", '{"city":"Oslo"}'),
      call("call_65243211", "get_weather", '{"city":"Oslo"}'),
      call("call_77777777", "get_time", "{}"),
    ]);
  });

  test("Gemini: calls without ids get ids of their own, parts without text are no text, and grounding is kept", () => {
    const { response } = read("gemini-no-ids", "google.gemini-2.5-pro");
    expect(callsOf(response)).toEqual([
      call("made_1", "get_weather", '{"city":"Oslo"}'),
      call("made_2", "get_weather", '{"city":"Oslo"}'),
      call("made_3", "get_weather", '{"city":"Rio"}'),
      call("made_4", "get_time", "{}"),
    ]);
    // "stop" with calls means calls.
    expect(response.stopReason).toBe("tool_calls");
    expect(response.message.content.at(-1)).toEqual({
      type: "provider",
      provider: "oci",
      item: { type: "grounding_metadata", items: [{ webSearchQueries: ["weather oslo"] }] },
    });
  });

  test("Llama: arguments that were encoded twice are decoded twice, and [DONE] is the end", () => {
    const { response } = read("llama-double-encoded", "meta.llama-3.3-70b-instruct");
    expect(callsOf(response)).toEqual([call("chatcmpl-tool-9", "get_weather", '{"city": "Oslo"}')]);
  });

  test("Llama: what the stream tells of arguments is what the answer says", () => {
    const name = "get_weather";
    const toolCalls = ['{"a":"x"}', '{"b":[1]}'].map((text, index) => {
      const args = JSON.stringify(text);
      return { id: `c${index}`, name, arguments: args };
    });
    const { parts, response } = decodeStream(
      genericCodec,
      sse({ message: { toolCalls } }, { finishReason: "tool_calls" }),
      contextFor("meta.llama-3.3-70b-instruct"),
    );
    expect(callsFrom(parts)).toEqual([
      { name, arguments: '{"a":"x"}' },
      { name, arguments: '{"b":[1]}' },
    ]);
    expect(callsOf(response)).toEqual([call("c0", name, '{"a":"x"}'), call("c1", name, '{"b":[1]}')]);
  });

  test("an id that is announced again goes on with its own call", () => {
    const { response } = read("openai-reannounced", "openai.gpt-4o");
    expect(callsOf(response)).toEqual([
      call("call_a", "get_weather", '{"city":"Oslo"}'),
      call("call_b", "get_time", "{}"),
    ]);
    expect(response.message.content[0]).toEqual({ type: "text", text: "One moment. Æ 🙂" });
    expect(response.warnings).toEqual(["the provider reported no token usage"]);
  });
});

test("a fragment without an id goes on with the last call, also where a frame before held two", () => {
  const calls = (...toolCalls: readonly object[]) => ({ message: { toolCalls } });
  const { response } = decodeStream(
    genericCodec,
    sse(
      calls({ id: "a", name: "f", arguments: "{}" }, { id: "b", name: "g", arguments: "" }),
      calls({ arguments: '{"x":1}' }),
      { finishReason: "tool_calls" },
    ),
    contextFor("openai.gpt-4o"),
  );
  expect(callsOf(response)).toEqual([call("a", "f", "{}"), call("b", "g", '{"x":1}')]);
});

test("an answer is the same wherever the network cut its bytes", () => {
  const names = [
    "gpt-oss-parallel",
    "grok-own-frames",
    "gemini-no-ids",
    "llama-double-encoded",
    "openai-reannounced",
  ];
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.array(fc.nat(4_000), { maxLength: 40 }), (name, cuts) => {
      expect(read(name, "google.gemini-2.5-pro", cuts)).toEqual(read(name, "google.gemini-2.5-pro"));
    }),
    { numRuns: 150 },
  );
});

test("an answer is the same in one piece and in any number of frames", () => {
  const pieces = fc.array(fc.string({ unit: "grapheme" }), { maxLength: 8 });
  fc.assert(
    fc.property(
      pieces,
      pieces,
      fc.constantFrom("stop", "length", "STOP"),
      (thoughts, words, finishReason) => {
        const usage = { promptTokens: 1, completionTokens: 2, totalTokens: 3 };
        const message = {
          role: "ASSISTANT",
          content: [{ type: "TEXT", text: words.join("") }],
          reasoningContent: thoughts.join(""),
        };
        const chatResponse = { apiFormat: "GENERIC", choices: [{ index: 0, message, finishReason, usage }] };
        const whole = decodeWhole(
          genericCodec,
          JSON.stringify({ chatResponse }),
          contextFor("openai.gpt-oss-20b"),
        );
        const frames = [
          ...thoughts.map((text) => ({ index: 0, message: { reasoningContent: text } })),
          ...words.map((text) => ({ index: 0, message: { content: [{ type: "TEXT", text }] }, pad: "a" })),
          { finishReason },
          { usage },
        ];
        const { response } = decodeStream(genericCodec, sse(...frames), contextFor("openai.gpt-oss-20b"));
        expect(response).toEqual(whole);
      },
    ),
  );
});

test("the last frame counts without the blank line behind it", () => {
  const body = sse(
    { message: { content: [{ type: "TEXT", text: "a" }] } },
    { finishReason: "stop" },
  ).trimEnd();
  expect(decodeStream(genericCodec, body, contextFor("openai.gpt-4o")).response.stopReason).toBe("stop");
});

test("what a model said goes back as it came", () => {
  const named = fc.string({ minLength: 1 });
  const toolName = fc.stringMatching(/^[\w-]{1,64}$/);
  const toolCalls = fc.uniqueArray(fc.record({ id: named, name: toolName, arguments: fc.json() }), {
    selector: ({ id }) => id,
    maxLength: 4,
  });
  fc.assert(
    fc.property(named, fc.string(), toolCalls, (said, thought, calls) => {
      fc.pre(calls.every(({ arguments: args }) => !args.startsWith('"')));
      const message = {
        role: "ASSISTANT",
        content: [{ type: "TEXT", text: said }],
        ...(calls.length === 0 ? {} : { toolCalls: calls.map((each) => ({ ...each, type: "FUNCTION" })) }),
        ...(thought === "" ? {} : { reasoningContent: thought }),
      };
      const body = { chatResponse: { apiFormat: "GENERIC", choices: [{ message, finishReason: "stop" }] } };
      const { message: decoded } = decodeWhole(
        genericCodec,
        JSON.stringify(body),
        contextFor("openai.gpt-oss-20b"),
      );
      const target = targetFor("openai.gpt-oss-20b");
      expect(genericCodec.encode({ messages: [decoded] }, target).chatRequest.messages).toEqual([message]);
    }),
  );
});

describe("text that holds calls", () => {
  const context = () => contextFor("ocid1.generativeaiendpoint.oc1..x", { textToolCalls: true });
  const say = (text: string) => ({ index: 0, message: { content: [{ type: "TEXT", text }] } });

  test("gives them as calls where that is asked for, over several frames", () => {
    const frames = [
      say("Let me see. <tool"),
      say('_call>{"name": "f", "argum'),
      say('ents": {"a": 1}}</tool_'),
      say("call> Done <b>"),
    ];
    const { response, parts } = decodeStream(
      genericCodec,
      sse(...frames, { finishReason: "stop" }),
      context(),
    );
    expect(response.message.content).toEqual([
      { type: "text", text: "Let me see.  Done <b>" },
      call("made_1", "f", '{"a":1}'),
    ]);
    expect(response.stopReason).toBe("tool_calls");
    const streamed = parts.map((part) => (part.type === "text_delta" ? part.text : "")).join("");
    expect(streamed).toBe("Let me see.  Done <b>");
  });

  test("is text where it is not asked for", () => {
    const text = '<tool_call>{"name":"f"}</tool_call>';
    const { response } = decodeStream(
      genericCodec,
      sse(say(text), { finishReason: "stop" }),
      contextFor("openai.gpt-4o"),
    );
    expect(response.message.content).toEqual([{ type: "text", text }]);
  });
});

describe("what is not an answer", () => {
  const context = contextFor("openai.gpt-4o", { requestId: "opc-1" });
  const decode = (body: string) => () => decodeStream(genericCodec, body, context);
  const hello = { index: 0, message: { content: [{ type: "TEXT", text: "Hel" }] } };

  test.each([
    ["ends before the finish reason", sse(hello)],
    ["is empty", ""],
    ["holds only comments", ": ping\n\n"],
    ["says [DONE] before the finish reason", sse(hello, "[DONE]")],
    ["breaks off within a frame", `${sse(hello)}data: {"finishRea`],
  ])("a stream that %s is incomplete", (_, body) => {
    expect(decode(body)).toThrow(IncompleteStreamError);
    expect(decode(body)).toThrow(expect.objectContaining({ requestId: "opc-1" }));
  });

  test.each([
    [{ code: "429", message: "slow down" }, "RateLimitError"],
    [{ code: "InternalServerError", message: "boom" }, "ServerError"],
    [{ code: 400, message: "prompt is too long" }, "ContextLengthError"],
    [{ code: "400", message: '{"error":{"message":"bad","code":"content_filter"}}' }, "ContentFilterError"],
    [{ error: { message: "nope", code: 500 } }, "ServerError"],
    [{ code: "503" }, "ServerError"],
  ])("the frame %j is the error it tells of", (frame, name) => {
    expect(decode(sse(hello, frame))).toThrow(expect.objectContaining({ name, requestId: "opc-1" }));
  });

  test.each([
    ["", "IncompleteStreamError"],
    ['{"chatResponse":{"choi', "IncompleteStreamError"],
    ["<html><body>Bad gateway</body></html>", "ModelError"],
    ['{"code":"500","message":"boom"}', "ServerError"],
    ['{"chatResponse":{"apiFormat":"GENERIC","choices":[]}}', "ModelError"],
    ["{}", "ModelError"],
  ])("the body %j of a 200 is an error", (body, name) => {
    expect(() => decodeWhole(genericCodec, body, context)).toThrow(
      expect.objectContaining({ name, requestId: "opc-1" }),
    );
  });

  test("other generations than the first are left aside", () => {
    const other = { index: 1, message: { content: [{ type: "TEXT", text: "other" }] }, finishReason: "stop" };
    const { response } = decodeStream(genericCodec, sse(hello, other, { finishReason: "length" }), context);
    expect(response.message.content).toEqual([{ type: "text", text: "Hel" }]);
    expect(response.stopReason).toBe("length");
  });

  test("refusals, annotations and contents of other kinds are kept", () => {
    const annotations = [
      { type: "URL_CITATION", urlCitation: { url: "https://x", startIndex: 0, endIndex: 1 } },
    ];
    const message = {
      content: [{ type: "AUDIO", audioUrl: { url: "data:," } }],
      refusal: "No.",
      annotations,
    };
    const { response } = decodeStream(genericCodec, sse({ message }, { finishReason: "stop" }), context);
    expect(response.message.content).toEqual([
      { type: "refusal", text: "No." },
      { type: "provider", provider: "oci", item: { type: "content", items: [message.content[0]] } },
      { type: "provider", provider: "oci", item: { type: "annotations", items: annotations } },
    ]);
  });
});
