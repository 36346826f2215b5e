/** A conversation of several models, as each of them is told it. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { withAuthor } from "./authors.ts";
import { fittingCallId } from "./call-ids.ts";
import { assistantMessage, toolMessage, userMessage } from "./messages.ts";
import { fittingToolName } from "./tool-names.ts";
import { type TranscriptReader, transcriptFor } from "./transcript-for.ts";
import type { AssistantMessage, AssistantPart, Message } from "./types.ts";

const claude = { provider: "anthropic", modelId: "claude-opus-5" };
const gpt = { provider: "openai", modelId: "gpt-5" };
const text = { type: "text", text: "Yes." } as const;
const answer = (...parts: readonly AssistantPart[]) => Object.freeze(assistantMessage([...parts, text]));

it("gives a model its own thoughts, and those that nobody has signed for", () => {
  const own = answer({ type: "reasoning", text: "Hm.", author: "openai:gpt-5" });
  const old = answer({ type: "reasoning", text: "Hm." });
  const { messages, warnings } = transcriptFor([own, old], { author: gpt });
  expect(messages[0]).toBe(own);
  expect(messages[1]).toBe(old);
  expect(warnings).toEqual([]);
});

it("leaves out another model's thoughts, and says whose", () => {
  const foreign = answer({ type: "reasoning", text: "Hm.", author: "ollama:qwen3" });
  const { messages, warnings } = transcriptFor([foreign, foreign], { author: gpt });
  expect(messages).toEqual([assistantMessage([text]), assistantMessage([text])]);
  expect(warnings).toEqual([
    "the reasoning of ollama:qwen3 was left out: a model is given no thoughts but its own",
  ]);
});

it("gives the same copy of a message every time, so that codecs can remember it", () => {
  const foreign = answer({ type: "reasoning", text: "Hm.", author: "ollama:qwen3" });
  const [first] = transcriptFor([foreign], { author: gpt }).messages;
  expect(transcriptFor([foreign], { author: gpt }).messages[0]).toBe(first);
  expect(transcriptFor([foreign], { author: { provider: "ollama", modelId: "qwen3" } }).messages[0]).toBe(
    foreign,
  );
});

it("gives signed thoughts to any model of the provider that signed them, and sealed ones to their model alone", () => {
  const signed = answer({
    type: "reasoning",
    text: "Hm.",
    signature: "s",
    author: "anthropic:claude-haiku-4-5",
  });
  expect(transcriptFor([signed], { author: claude, seal: "signature" }).messages[0]).toBe(signed);
  const sealed = answer({
    type: "reasoning",
    text: "",
    id: "r",
    encrypted: "e",
    author: "openai:gpt-5-mini",
  });
  expect(transcriptFor([sealed], { author: gpt, seal: "encrypted" }).warnings).toHaveLength(1);
});

it("knows thoughts that nobody has signed for by their seal", () => {
  const signed = answer({ type: "reasoning", text: "Hm.", signature: "s" });
  const sealed = answer({ type: "reasoning", text: "Hm.", id: "r", encrypted: "e" });
  const told = (seal?: "signature" | "encrypted") =>
    transcriptFor([signed, sealed], { author: gpt, ...(seal === undefined ? {} : { seal }) }).messages.map(
      (message) => message.content.length,
    );
  expect(told()).toEqual([1, 1]);
  expect(told("signature")).toEqual([2, 1]);
  expect(told("encrypted")).toEqual([1, 2]);
});

it("leaves out what only another provider understands", () => {
  const item = { type: "web_search_call", id: "ws_1" };
  const searched = answer({ type: "provider", provider: "openai-responses", item, author: "openai:gpt-5" });
  expect(transcriptFor([searched], { author: { ...gpt, modelId: "gpt-5-mini" } }).messages[0]).toBe(searched);
  expect(transcriptFor([searched], { author: { provider: "oci", modelId: "openai.gpt-5" } })).toEqual({
    messages: [assistantMessage([text])],
    warnings: [
      'an item of type "web_search_call" of openai:gpt-5 was left out: only its provider understands it',
    ],
  });
});

it("leaves out calls of hosted tools with their answers, where they cannot be told", () => {
  const hosted = {
    type: "tool_call",
    id: "a",
    name: "mcp:docs.search",
    arguments: "{}",
    hosted: true,
  } as const;
  const own = { type: "tool_call", id: "b", name: "look", arguments: "{}" } as const;
  const turn = [
    userMessage("Look."),
    assistantMessage([hosted, own]),
    toolMessage(hosted, '{"approved":true}'),
    toolMessage(own, "seen"),
  ];
  expect(transcriptFor(turn, { hostedCalls: true }).messages).toEqual(turn);
  expect(transcriptFor(turn, {})).toEqual({
    messages: [userMessage("Look."), assistantMessage([own]), toolMessage(own, "seen")],
    warnings: [
      'a call of the hosted tool "mcp:docs.search" was left out, with its answer: only its provider can run it',
    ],
  });
});

it("puts an author to what has none, and to nothing else", () => {
  const message = answer({ type: "reasoning", text: "a" }, { type: "reasoning", text: "b", author: "x:y" });
  expect(withAuthor(message, gpt).content).toEqual([
    { type: "reasoning", text: "a", author: "openai:gpt-5" },
    { type: "reasoning", text: "b", author: "x:y" },
    text,
  ]);
  const plain = answer();
  expect(withAuthor(plain, gpt)).toBe(plain);
});

it("makes any id fit, the same one in the same way and others apart", () => {
  const rules = { maxLength: 40, pattern: /^[\w-]+$/ };
  fc.assert(
    fc.property(fc.string({ maxLength: 90 }), fc.string({ maxLength: 90 }), (one, other) => {
      const fitting = fittingCallId(one, rules);
      expect(fitting).toMatch(/^[\w-]{1,40}$/);
      expect(fittingCallId(one, rules)).toBe(fitting);
      expect(fittingCallId(fitting, rules)).toBe(fitting);
      expect(fittingCallId(other, rules) === fitting).toBe(one === other);
    }),
  );
});

it("makes any tool's name fit, the same one in the same way, and leaves those that fit", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 90, unit: "grapheme" }), (name) => {
      const fitting = fittingToolName(name);
      expect(fitting).toMatch(/^[\w-]{1,64}$/);
      expect(fittingToolName(name)).toBe(fitting);
      expect(fittingToolName(fitting)).toBe(fitting);
      if (/^[\w-]{1,64}$/.test(name)) expect(fitting).toBe(name);
    }),
  );
  expect(fittingToolName("a.b")).not.toBe(fittingToolName("a:b"));
  expect(fittingToolName("")).toMatch(/^unnamed_/);
});

it("tells a call by a name that a model made up, and its result, by one that every API takes", () => {
  const call = {
    type: "tool_call",
    id: "a",
    name: "functions.search<|channel|>commentary",
    arguments: "{}",
  } as const;
  const turn = [answer(call), Object.freeze(toolMessage(call, "no such tool", { isError: true }))];
  const told = transcriptFor(turn, { author: gpt });
  const name = fittingToolName(call.name);
  expect(name).toMatch(/^functions_search_channel_commentary_[0-9a-f]{8}$/);
  expect(told.messages).toMatchObject([{ content: [{ name }, text] }, { name, callId: "a" }]);
  expect(told.warnings).toEqual([
    `a call of "functions.search<|channel|>commentary", which is no name that a tool can have, was told as one of "${name}"`,
  ]);
  expect(transcriptFor(turn, { author: gpt }).messages.map((one, at) => one === told.messages[at])).toEqual([
    true,
    true,
  ]);
  const long = { ...call, name: "x".repeat(100) };
  const toolNames = { maxLength: 128, pattern: /^[\w-]+$/ };
  expect(transcriptFor([answer(long)], { toolNames }).warnings).toEqual([]);
  expect(transcriptFor([answer(long)], {}).warnings).toHaveLength(1);
});

it("tells a conversation that is remembered, reader by reader, as one that is seen for the first time", () => {
  const authors = fc.constantFrom(undefined, "openai:gpt-5", "openai:gpt-5-mini", "ollama:qwen3");
  const author = authors.map((name) => (name === undefined ? {} : { author: name }));
  const part: fc.Arbitrary<AssistantPart> = fc.oneof(
    fc.constant(text),
    fc.constant({ type: "refusal", text: "No." } as const),
    fc
      .tuple(author, fc.constantFrom({}, { signature: "s" }, { id: "r", encrypted: "e" }))
      .map(([by, seal]) => ({ type: "reasoning", text: "Hm.", ...by, ...seal }) as const),
    author.map((by) => ({ type: "provider", provider: "openai", item: { type: "x" }, ...by }) as const),
    fc
      .record({
        id: fc.constantFrom("a", "b"),
        name: fc.constantFrom("look", "a.look", ""),
        hosted: fc.option(fc.constant(true as const), { nil: undefined }),
      })
      .map(({ hosted, ...call }) => ({
        type: "tool_call" as const,
        arguments: "{}",
        ...call,
        ...(hosted === undefined ? {} : { hosted }),
      })),
  );
  const message: fc.Arbitrary<Message> = fc.oneof(
    fc.constant(userMessage("Well?")),
    fc.array(part, { maxLength: 3 }).map((parts) => Object.freeze({ role: "assistant", content: parts })),
    fc
      .record({ callId: fc.constantFrom("a", "b"), name: fc.constantFrom("look", "a.look") })
      .map((result) => Object.freeze({ role: "tool", content: "seen", ...result })),
  );
  const readers: readonly TranscriptReader[] = [
    { author: gpt },
    { author: claude, seal: "signature", hostedCalls: true },
    { author: gpt, seal: "encrypted", toolNames: { maxLength: 8, pattern: /^[a-z.]+$/ } },
    {},
  ];
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 12 }),
      fc.array(fc.tuple(fc.nat(12), fc.constantFrom(...readers)), { minLength: 1, maxLength: 6 }),
      (conversation, tellings) => {
        for (const [length, reader] of tellings) {
          const said = conversation.slice(0, length);
          expect(transcriptFor(said, reader)).toEqual(transcriptFor(structuredClone(said), reader));
        }
      },
    ),
    { numRuns: 500 },
  );
});

it("tells a message that can be changed as it is now", () => {
  const thought = { type: "reasoning", text: "Hm.", author: "openai:gpt-5" };
  const loose = { role: "assistant", content: [thought] } as AssistantMessage;
  expect(transcriptFor([loose], { author: gpt }).warnings).toEqual([]);
  thought.author = "ollama:qwen3";
  expect(transcriptFor([loose], { author: gpt }).messages).toEqual([assistantMessage([])]);
  thought.author = "openai:gpt-5";
  expect(transcriptFor([loose], { author: gpt }).messages).toEqual([loose]);
});
