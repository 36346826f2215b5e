/** A model that goes through the AI SDK and back: it answers as before, and sees what it said as it said it. */
import type {
  AssistantPart,
  Message,
  ModelRequest,
  ModelResponse,
  ModelStreamPart,
  Usage,
} from "@locus-sdk/core";
import { ScriptedModel, type ScriptedTurn } from "@locus-sdk/core/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { fromLanguageModel } from "./from/from-language-model.ts";
import { toLanguageModel } from "./to/to-language-model.ts";

const word = fc.string({ minLength: 1, maxLength: 20, unit: "grapheme" });
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined });

/** Without the members that are `undefined`: JSON has none. */
const plain = <T>(value: unknown): T => JSON.parse(JSON.stringify(value)) as T;

const reasoning = fc
  .record({
    type: fc.constant("reasoning"),
    text: fc.string({ maxLength: 20 }),
    id: maybe(word),
    signature: maybe(word),
    encrypted: maybe(word),
    author: maybe(word),
  })
  // Thoughts that say and hold nothing are left out on the way.
  .filter(
    ({ text, id, signature, encrypted, author }) =>
      text !== "" || (id ?? signature ?? encrypted ?? author) !== undefined,
  );
const call = fc.record({
  type: fc.constant("tool_call"),
  id: fc.uuid(),
  providerId: maybe(word),
  name: fc.constantFrom("weather", "search"),
  arguments: fc.oneof(
    fc.object({ maxDepth: 1 }).map((value) => JSON.stringify(value)),
    fc.constantFrom('{ "city": "Oslo" }', '{"n":1.0}', "{}", '{"city": "Osl', "", "[1]", '"x"'),
  ),
});
const item = fc.record({
  type: fc.constant("provider"),
  provider: word,
  item: fc.jsonValue({ maxDepth: 2 }),
  author: maybe(word),
});
const text = fc.record({ type: fc.constant("text"), text: word });
const refusal = fc.record({ type: fc.constant("refusal"), text: word });

const content: fc.Arbitrary<readonly AssistantPart[]> = fc
  .array(fc.oneof(text, reasoning, call, item, refusal), { minLength: 1, maxLength: 7 })
  .map((parts) => plain<readonly AssistantPart[]>(parts));

const count = fc.integer({ min: 0, max: 1000 });
const usage: fc.Arbitrary<Partial<Usage>> = fc
  .record({
    inputTokens: count,
    outputTokens: count,
    cachedInputTokens: maybe(count),
    reasoningTokens: maybe(count),
    costUsd: maybe(count),
  })
  .map((value) => plain<Partial<Usage>>(value));

const turn: fc.Arbitrary<ScriptedTurn> = fc
  .record({
    content,
    usage,
    requestId: maybe(word),
    warnings: maybe(fc.array(word, { minLength: 1, maxLength: 2 })),
    stopReason: maybe(fc.constantFrom("length" as const, "content_filter" as const)),
    providerState: maybe(fc.record({ provider: word, modelId: word, data: fc.jsonValue({ maxDepth: 1 }) })),
  })
  .map((value) => plain<ScriptedTurn>(value));

/** Texts between which a stream tells of nothing else, which it cannot tell apart, as one. */
function asStreamed(parts: readonly AssistantPart[]): readonly AssistantPart[] {
  const all: AssistantPart[] = [];
  let last = -1;
  for (const part of parts) {
    const before = all[last];
    if (part.type === "text" && before?.type === "text") {
      all[last] = { ...before, text: before.text + part.text };
      continue;
    }
    all.push(part);
    const told =
      part.type === "text" || part.type === "tool_call" || (part.type === "reasoning" && part.text !== "");
    if (told) last = all.length - 1;
  }
  return all;
}

async function responseOf(stream: AsyncIterable<ModelStreamPart>): Promise<readonly [ModelResponse, string]> {
  let said = "";
  for await (const part of stream) {
    if (part.type === "finish") return [part.response, said];
    if (part.type === "text_delta") said += part.text;
  }
  throw new Error("no finish");
}

const ask: Message = { role: "user", content: "Hi" };

const chunkSizes = fc.integer({ min: 1, max: 9 });

test("the model sees its own answer again, part by part, whether it was whole or streamed", async () => {
  await fc.assert(
    fc.asyncProperty(turn, chunkSizes, fc.boolean(), async (said, chunkSize, streamed) => {
      const inner = new ScriptedModel([said, "Done."], { chunkSize });
      const model = fromLanguageModel(toLanguageModel(inner), { maxRetries: 0 });
      const request: ModelRequest = { messages: [ask] };
      const response = streamed
        ? (await responseOf(model.stream(request)))[0]
        : await model.complete(request);
      const results = response.message.content.flatMap((part): readonly Message[] =>
        part.type === "tool_call" ? [{ role: "tool", callId: part.id, name: part.name, content: "ok" }] : [],
      );
      await model.complete({ messages: [ask, response.message, ...results] });
      const { content: parts = [] } = said;
      expect(inner.requests[1]?.messages[1]).toEqual({
        role: "assistant",
        content: streamed ? asStreamed(parts) : parts,
      });
      expect(inner.requests[1]?.providerState).toEqual(said.providerState);
      expect(inner.requests[1]?.messages.slice(2)).toEqual(results);
    }),
    { numRuns: 300 },
  );
});

test("it answers as before: the same words, calls, counts and reasons, whole and streamed", async () => {
  await fc.assert(
    fc.asyncProperty(turn, chunkSizes, async ({ content: parts = [], ...rest }, chunkSize) => {
      // The AI SDK has no word for a refusal: it becomes text.
      const said = { ...rest, content: parts.filter(({ type }) => type !== "refusal") };
      const before = await new ScriptedModel([said]).complete({ messages: [ask] });
      const model = fromLanguageModel(toLanguageModel(new ScriptedModel([said, said], { chunkSize })));
      const whole = await model.complete({ messages: [ask] });
      const [streamed, deltas] = await responseOf(model.stream({ messages: [ask] }));
      for (const after of [whole, streamed]) {
        expect(wordsOf(after)).toEqual(wordsOf(before));
        expect(after.usage).toEqual({ ...before.usage, totalTokens: after.usage.totalTokens });
        expect(after).toMatchObject({ stopReason: before.stopReason, modelId: before.modelId });
        expect(after.requestId).toBe(before.requestId);
        expect(after.warnings).toEqual(before.warnings);
      }
      expect(deltas).toContain(textOf(before));
    }),
    { numRuns: 300 },
  );
});

const textOf = ({ message }: ModelResponse): string =>
  message.content.map((part) => (part.type === "text" ? part.text : "")).join("");

/** What is said, thought and called, each by itself: a stream tells the rest of a message behind what it streamed. */
const wordsOf = ({ message: { content: parts } }: ModelResponse) => ({
  said: parts.map((part) => (part.type === "text" ? part.text : "")).join(""),
  thought: parts.map((part) => (part.type === "reasoning" ? part.text : "")).join(""),
  called: parts.flatMap((part) => (part.type === "tool_call" ? [[part.id, part.name, part.arguments]] : [])),
});

test("settings that the AI SDK has no word for arrive, and errors are the model's own", async () => {
  const error = new TypeError("a bug");
  const inner = new ScriptedModel(["Yes.", { error }]);
  const model = fromLanguageModel(toLanguageModel(inner), { maxRetries: 0 });
  const settings = {
    reasoning: { effort: "high", summary: "auto" },
    verbosity: "low",
    parallelToolCalls: false,
    serviceTier: "flex",
    extraBody: { a: 1 },
  } as const;
  const { warnings } = await model.complete({ messages: [ask], settings });
  expect(inner.requests[0]?.settings).toEqual(settings);
  expect(warnings).toBeUndefined();
  await expect(model.complete({ messages: [ask] })).rejects.toMatchObject({ cause: error });
});
