/** Any conversation that could have come about is one that every transport takes, with a word for what it leaves out. */
import { type AssistantPart, type Message, repairTranscript, type UserPart } from "@locus-sdk/core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cloud, startCloud, TRANSPORTS, type Transport } from "../test/support/any-model/transports.ts";

let cloud: Cloud;
beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud[Symbol.asyncDispose]());

/** Every word is another one, so that it can be looked for. */
let words = 0;
const word = fc.constant(undefined).map(() => `word${words++}.`);
const text = word.map((said) => ({ type: "text", text: said }) as const);
const PNG = "iVBORw0KGgo=";

const file: fc.Arbitrary<UserPart> = fc.constantFrom(
  { type: "image", data: PNG, mediaType: "image/png" },
  { type: "image", url: "https://example.com/a.jpg" },
  { type: "file", data: "JVBERi0xLjcK", mediaType: "application/pdf", filename: "a.pdf" },
  { type: "audio", data: "UklGRg==", format: "wav" },
);
const userParts: fc.Arbitrary<readonly UserPart[]> = fc
  .tuple(text, fc.array(fc.oneof(text, file), { maxLength: 2 }))
  .map(([first, rest]) => [first, ...rest]);

const thought: fc.Arbitrary<AssistantPart> = fc
  .tuple(word, fc.constantFrom({}, { signature: "sig" }, { id: "rs_1", encrypted: "enc" }))
  .map(([said, seal]) => ({
    type: "reasoning",
    text: `thought-${said}`,
    author: "elsewhere:thinker",
    ...seal,
  }));
const item: fc.Arbitrary<AssistantPart> = fc.constantFrom(
  {
    type: "provider",
    provider: "openai-responses",
    item: { type: "web_search_call", id: "ws_1" },
    author: "elsewhere:m",
  },
  {
    type: "provider",
    provider: "anthropic",
    item: { type: "redacted_thinking", data: "x" },
    author: "elsewhere:m",
  },
  {
    type: "provider",
    provider: "oci",
    item: { type: "citations", items: [{ id: "c" }] },
    author: "elsewhere:m",
  },
);
const refusal = word.map((said): AssistantPart => ({ type: "refusal", text: said }));

let calls = 0;
/** As many odd ids as there are providers; an agent sees to it that none comes twice. */
const callId = fc.string({ maxLength: 80 }).map((odd) => `${odd}-${calls++}`);
const call: fc.Arbitrary<AssistantPart> = fc.tuple(callId, word).map(([id, city]) => ({
  type: "tool_call",
  id,
  name: "get_weather",
  arguments: JSON.stringify({ city }),
}));
const broken: fc.Arbitrary<AssistantPart> = callId.map((id) => ({
  type: "tool_call",
  id,
  name: "get_weather",
  arguments: '{"city": "Os',
}));
/** By a name that the model made up, of a tool that there is not. */
const invented: fc.Arbitrary<AssistantPart> = fc
  .tuple(callId, fc.oneof(fc.constantFrom("", "functions.search<|channel|>commentary"), fc.string()))
  .map(([id, name]) => ({ type: "tool_call", id, name, arguments: "{}" }));

/** A user's message, and an answer with its results: some of them missing, for the repair to mend. */
const turn: fc.Arbitrary<readonly Message[]> = fc
  .record({
    asked: fc.oneof(word, userParts),
    parts: fc.array(
      fc.oneof(text, thought, item, refusal, { arbitrary: call, weight: 3 }, broken, invented),
      {
        maxLength: 5,
      },
    ),
    results: fc.array(fc.tuple(fc.oneof(word, userParts), fc.boolean(), fc.boolean()), {
      minLength: 5,
      maxLength: 5,
    }),
    closing: text,
  })
  .map(({ asked, parts, results, closing }) => [
    { role: "user", content: asked },
    { role: "assistant", content: parts.length === 0 ? [closing] : parts },
    ...parts.flatMap((part, place): readonly Message[] => {
      const result = results[place];
      if (part.type !== "tool_call" || result === undefined) return [];
      const [content, isError, isLost] = result;
      if (isLost) return [];
      return [
        {
          role: "tool",
          callId: part.id,
          name: part.name,
          content,
          ...(isError ? { isError: true as const } : {}),
        },
      ];
    }),
    { role: "assistant", content: [closing] },
  ]);
const transcript = fc
  .array(turn, { minLength: 1, maxLength: 3 })
  .map((turns): readonly Message[] =>
    repairTranscript([...turns.flat(), { role: "user", content: "And now?" }]),
  );

const textsOf = (messages: readonly Message[]): readonly string[] =>
  JSON.stringify(messages).match(/(?<!thought-)\bword\d+\./g) ?? [];
const tools = [
  {
    name: "get_weather",
    description: "Weather.",
    parameters: { type: "object", properties: { city: { type: "string" } } },
  },
];

describe.each<Transport>(TRANSPORTS)("$name", (transport) => {
  it("takes any transcript, loses no word of it, and tells of what it leaves out", async () => {
    await using site = await transport.open(cloud);
    await fc.assert(
      fc.asyncProperty(transcript, async (messages) => {
        site.script({ text: "Yes." });
        const { warnings = [] } = await site.model.complete({ messages, tools });
        const heard = JSON.stringify(site.bodies().at(-1));
        for (const said of textsOf(messages)) expect(heard).toContain(said);
        expect(heard).not.toMatch(/thought-|web_search_call|redacted_thinking/);
        const told = warnings.join("\n");
        const had = JSON.stringify(messages);
        if (had.includes('"reasoning"'))
          expect(told).toContain("the reasoning of elsewhere:thinker was left out");
        if (had.includes("web_search_call"))
          expect(told).toContain('"web_search_call" of elsewhere:m was left out');
        if (had.includes(PNG) && !heard.includes(PNG)) expect(told).toMatch(/image|more than text/);
        if (had.includes("JVBERi") && !heard.includes("JVBERi"))
          expect(told).toMatch(/file|document|more than text/);
        if (had.includes("UklGRg") && !heard.includes("UklGRg")) expect(told).toMatch(/audio|more than text/);
      }),
      { numRuns: 30 },
    );
    expect(site.refusals()).toEqual([]);
  });
});
