/** Answers as the server writes them, folded: whole lines, lines cut anywhere, and what is no answer. */
import { readFileSync } from "node:fs";
import {
  ContextLengthError,
  IncompleteStreamError,
  ModelError,
  type ModelResponse,
  type ModelStreamPart,
  ServerError,
} from "@locus-sdk/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ends, says } from "../test/server.ts";
import { AnswerDecoder } from "./decode.ts";
import { LineSplitter } from "./ndjson.ts";

const fixture = (name: string): Buffer =>
  readFileSync(new URL(`../fixtures/${name}.ndjson`, import.meta.url));

interface Folded {
  readonly parts: readonly ModelStreamPart[];
  readonly response: ModelResponse;
}

function fold(pieces: readonly (string | Uint8Array)[]): Folded {
  const parts: ModelStreamPart[] = [];
  let ids = 0;
  const newCallId = (): string => {
    ids += 1;
    return `id_${ids}`;
  };
  const decoder = new AnswerDecoder({ modelId: "asked", warnings: ["lost"], newCallId }, (part) =>
    parts.push(part),
  );
  const splitter = new LineSplitter();
  for (const piece of pieces) {
    for (const line of splitter.push(Buffer.from(piece))) decoder.push(line);
  }
  for (const line of splitter.end()) decoder.push(line);
  return { parts, response: decoder.end() };
}

const FIXTURES = ["llama3.2-text", "qwen3-thinking-tools", "gpt-oss-calls-with-ids"] as const;

describe("an answer", () => {
  it("is its text, tokens and model", () => {
    expect(fold([fixture("llama3.2-text")]).response).toEqual({
      message: {
        role: "assistant",
        content: [{ type: "text", text: 'The sky über 東京 👩‍👩‍👧‍👦\n"blue".' }],
      },
      usage: { inputTokens: 26, outputTokens: 282, totalTokens: 308 },
      stopReason: "stop",
      modelId: "llama3.2",
      warnings: ["lost"],
    });
  });

  it("keeps thoughts apart, and gives every call an id of its own", () => {
    const { response, parts } = fold([fixture("qwen3-thinking-tools")]);
    const call = (id: string, location: string): object => ({
      type: "tool_call",
      id,
      name: "get_weather",
      arguments: `{"format":"celsius","location":"${location}"}`,
    });
    expect(response.message.content).toEqual([
      { type: "reasoning", text: "Okay, two cities.\n" },
      call("id_1", "Toronto"),
      call("id_2", "Zürich"),
    ]);
    expect(response.stopReason).toBe("tool_calls");
    expect(parts.filter((part) => part.type === "tool_call_delta").map(({ index }) => index)).toEqual([0, 1]);
  });

  it("does not trust the ids of a server that gives some: they start anew with each answer", () => {
    const calls = fold([fixture("gpt-oss-calls-with-ids")]).response.message.content.slice(1);
    expect(calls).toEqual([
      { type: "tool_call", id: "id_1", name: "add", arguments: '{"a":1,"b":2.5}' },
      { type: "tool_call", id: "id_2", name: "now", arguments: "{}" },
    ]);
  });

  it.each(FIXTURES)("is the same wherever the network cuts it: %s", (name) => {
    const bytes = fixture(name);
    const whole = fold([bytes]);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 12 }), (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const pieces = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
        expect(fold(pieces)).toEqual(whole);
      }),
    );
  });

  it("is its parts put together, in the order in which they were produced", () => {
    const piece = fc.record({ type: fc.constantFrom("content", "thinking"), text: fc.string() });
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const lines = pieces.map(({ type, text }) => says({ [type]: text }));
        const { parts, response } = fold([...lines, ends()]);
        const said = (type: string): string =>
          pieces.flatMap((one) => (one.type === type ? one.text : [])).join("");
        const told = (type: string): string =>
          parts.flatMap((part) => ("text" in part && part.type === type ? part.text : [])).join("");
        const kept = (type: string): string =>
          response.message.content
            .flatMap((part) => ("text" in part && part.type === type ? part.text : []))
            .join("");
        expect([told("text_delta"), kept("text")]).toEqual([said("content"), said("content")]);
        expect([told("reasoning_delta"), kept("reasoning")]).toEqual([said("thinking"), said("thinking")]);
        const types = response.message.content.map((part) => part.type);
        expect(types.some((type, index) => type === types[index - 1])).toBe(false);
      }),
    );
  });

  it("hands on the arguments of calls whatever they hold", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (given) => {
        const args: unknown = JSON.parse(JSON.stringify(given));
        const { response } = fold([
          says({ tool_calls: [{ function: { name: "f", arguments: args } }] }),
          ends(),
        ]);
        const [call] = response.message.content;
        expect(call?.type === "tool_call" ? JSON.parse(call.arguments) : undefined).toEqual(args);
      }),
    );
  });

  it("may be one whole answer, and lack its last line end", () => {
    const { response } = fold([ends("stop").replace('"content":""', '"content":"Yes."').trimEnd()]);
    expect(response.message.content).toEqual([{ type: "text", text: "Yes." }]);
  });

  it.each([
    ["length", "length", undefined],
    ["stop", "stop", undefined],
    ["sleepy", "stop", /unknown reason "sleepy"/],
  ])("that ended with %s stopped for %s", (reason, stopReason, warning) => {
    const { response } = fold([says({ content: "It" }), ends(reason)]);
    expect(response.stopReason).toBe(stopReason);
    if (warning !== undefined) expect(response.warnings?.join()).toMatch(warning);
    else expect(response.warnings).toEqual(["lost"]);
  });

  it("of a server that counts nothing says so, and one that knew the prompt already counts none of it", () => {
    const { response } = fold(['{"message":{"content":"Hi"},"done":true}']);
    expect(response).toMatchObject({
      modelId: "asked",
      usage: { totalTokens: 0 },
      warnings: ["lost", "the server reported no token usage"],
    });
    expect(fold(['{"message":{"content":"Hi"},"done":true,"eval_count":3}']).response).toMatchObject({
      usage: { inputTokens: 0, outputTokens: 3, totalTokens: 3 },
      warnings: ["lost"],
    });
  });

  it("is over with its last line", () => {
    const { response } = fold([says({ content: "Yes." }), ends(), says({ content: " No." })]);
    expect(response.message.content).toEqual([{ type: "text", text: "Yes." }]);
  });
});

describe("no answer", () => {
  const failing = (...pieces: readonly string[]): unknown => {
    try {
      return fold(pieces);
    } catch (error) {
      return error;
    }
  };

  it("is a stream that ends without its last line, wherever", () => {
    expect(failing(says({ content: "It is" }))).toBeInstanceOf(IncompleteStreamError);
    expect(failing()).toMatchObject({ message: expect.stringContaining("without sending anything") });
    expect(failing(says({ content: "It is" }), ends().slice(0, 40))).toBeInstanceOf(IncompleteStreamError);
  });

  it("is an error told in its midst", () => {
    const broken = failing(
      says({ content: "It" }),
      '{"error":"an error was encountered while running the model"}\n',
    );
    expect(broken).toBeInstanceOf(ModelError);
    expect(String(broken)).toContain("while running the model");
    const memory = '{"error":"model requires more system memory (9 GiB) than is available (3 GiB)"}';
    expect(failing(memory)).toBeInstanceOf(ServerError);
    expect(failing(memory)).toMatchObject({ code: "out_of_memory", retryable: false });
    expect(failing('{"error":"the input exceeds the context length"}')).toBeInstanceOf(ContextLengthError);
  });

  it.each(["load", "unload"])("is a model that was only %sed", (reason) => {
    expect(failing(ends(reason))).toMatchObject({ code: "no_answer", retryable: true });
  });

  it.each(["<html><body>Sign in</body></html>", "[]", '{"status":"ok"}', "null"])(
    "is what another server says: %s",
    (text) => {
      const error = failing(text);
      expect(error).toMatchObject({ code: "invalid_response", hint: expect.stringContaining("`host`") });
      expect(String(error)).not.toContain("<");
    },
  );
});
