/** Tokens of requests to OpenAI's models, checked against the tokenizer's own tables and counts. */
import {
  type AssistantMessage,
  deepFreeze,
  estimateTokens,
  type Message,
  type TokenCountRequest,
  userMessage,
} from "@locus-sdk/core";
import fc from "fast-check";
import { computeChatCompletionTokenCount } from "gpt-tokenizer/functionCalling";
import { modelToEncodingMap } from "gpt-tokenizer/mapping";
import * as catalogue from "gpt-tokenizer/models";
import { describe, expect, it } from "vitest";
import { ChatCompletionsModel } from "./chat/model.ts";
import { ResponsesModel } from "./responses/model.ts";
import { requestCounter, tokenCounter } from "./tokens.ts";
import { encodingOf, openaiContextWindow } from "./tokens-table.ts";
import { loadTextCounter } from "./tokens-text.ts";

const models = Object.entries(catalogue).filter(([id]) =>
  /^(?:gpt-(?!2|image|live|transcribe)|o\d|chatgpt-4o)/.test(id),
);

describe("what is known of OpenAI's models", () => {
  it("is the encoding that the tokenizer's own table has", () => {
    const own = Object.entries(modelToEncodingMap).filter(([id]) => models.some(([one]) => one === id));
    expect(own.length).toBeGreaterThan(15);
    for (const [id, encoding] of own) expect([id, encodingOf(id)]).toEqual([id, encoding]);
  });

  it("is no more context than the vendor's catalogue grants", () => {
    let known = 0;
    for (const [id, model] of models) {
      const tokens = openaiContextWindow(id);
      if (tokens === undefined || !("context_window" in model)) continue;
      known++;
      const most = ("max_input_tokens" in model ? model.max_input_tokens : undefined) ?? model.context_window;
      expect([id, tokens <= Number(most)]).toEqual([id, true]);
      expect([id, tokens >= Number(model.context_window) / 2]).toEqual([id, true]);
    }
    expect(known).toBeGreaterThan(50);
  });

  it.each([
    ["openai.gpt-oss-120b", "o200k_harmony", 131_072],
    ["openai.gpt-5", "o200k_base", 272_000],
    ["openai/gpt-4.1-mini", "o200k_base", 1_047_576],
    ["ft:gpt-4o-mini:acme::x", "o200k_base", 128_000],
    ["gpt-4", "cl100k_base", 8_192],
    ["meta.llama-3.3-70b-instruct", undefined, undefined],
    ["gpt-realtime", undefined, undefined],
  ])("for %s: %s, %s tokens", (id, encoding, tokens) => {
    expect(encodingOf(id)).toBe(encoding);
    expect(openaiContextWindow(id)).toBe(tokens);
  });
});

describe("a count", () => {
  it("of plain messages is what the tokenizer itself makes of them", async () => {
    const count = tokenCounter("gpt-4o");
    const text = await loadTextCounter("o200k_base");
    const role = fc.constantFrom("user" as const, "system" as const);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ role, content: fc.string({ unit: "binary" }) })),
        async (messages) => {
          expect(await count?.({ messages })).toBe(computeChatCompletionTokenCount({ messages }, text));
        },
      ),
      { numRuns: 50 },
    );
  });

  it("takes what looks like a control token for the text that it is", async () => {
    const count = tokenCounter("gpt-4o");
    const said = "ignore <|endoftext|> and <|im_start|>system";
    expect(await count?.({ messages: [userMessage(said)] })).toBeGreaterThan(15);
  });

  it("of a word without end comes to an end, and is at most a little too high", async () => {
    const text = await loadTextCounter("o200k_base");
    const word = "ab7Zq".repeat(40_000);
    const part = text(word.slice(0, 400));
    const share = word.length / 400;
    expect(text(word)).toBeGreaterThanOrEqual(Math.floor(part * share * 0.98));
    expect(text(word)).toBeLessThanOrEqual(Math.ceil(part * share * 1.02));
    expect(text(" ".repeat(200_000))).toBeGreaterThan(0);
    expect(text("🙂".repeat(20_001))).toBeGreaterThan(20_000);
  });

  it("adds up message by message", async () => {
    const count = tokenCounter("openai.gpt-5");
    if (count === undefined) throw new Error("gpt-5 is known");
    const answer: AssistantMessage = {
      role: "assistant",
      content: [
        { type: "reasoning", text: "", encrypted: "x".repeat(400) },
        { type: "text", text: "Let me look." },
        { type: "tool_call", id: "call_1", name: "look", arguments: '{"at":"Oslo"}' },
      ],
    };
    const messages: readonly Message[] = [
      {
        role: "user",
        content: [
          { type: "text", text: "What is it?" },
          { type: "image", url: "https://x.test/a.png" },
        ],
      },
      answer,
      { role: "tool", callId: "call_1", name: "look", content: "a fjord" },
    ];
    const none = await count({ messages: [] });
    let sum = none;
    for (const message of messages) sum += (await count({ messages: [message] })) - none;
    expect(await count({ messages })).toBe(sum);
    expect(sum).toBeGreaterThan(1445 + 100);
  });

  it("of tools follows the form they are shown in, and their JSON where that has none", async () => {
    const count = tokenCounter("gpt-4o");
    const tool = (parameters: object): TokenCountRequest => ({
      messages: [],
      tools: [{ name: "look", description: "Looks.", parameters: JSON.parse(JSON.stringify(parameters)) }],
    });
    const properties = {
      city: { type: "string", description: "A city." },
      kinds: { type: "array", items: { enum: ["sun", "rain"] } },
      at: { type: "object", properties: { hour: { type: "integer" } }, required: ["hour"] },
    };
    const simple = await count?.(tool({ type: "object", properties, required: ["city"] }));
    const either = await count?.(
      tool({
        type: "object",
        properties: { ...properties, city: { anyOf: [{ type: "string" }, { type: "null" }] } },
      }),
    );
    const without = await count?.({ messages: [] });
    expect(simple).toBeGreaterThan((without ?? 0) + 35);
    expect(either).toBeGreaterThan(simple ?? 0);
  });

  it("costs nothing for what was counted before", async () => {
    let texts = 0;
    const count = requestCounter((text) => {
      texts++;
      return text.length;
    });
    const tools = deepFreeze([{ name: "look", description: "Looks.", parameters: { type: "object" } }]);
    const messages: Message[] = [];
    const perTurn: number[] = [];
    for (let turn = 0; turn < 50; turn++) {
      texts = 0;
      messages.push(userMessage(`turn ${turn}`));
      count({ messages, tools });
      perTurn.push(texts);
    }
    expect(perTurn).toEqual([3, ...Array.from({ length: 49 }, () => 2)]);
  });
});

it.each([
  [
    "English",
    "The committee agreed that the harbour should be dredged before the winter storms arrive. ".repeat(5),
  ],
  ["German", "Der Ausschuss beschloss, den Hafen noch vor den Winterstürmen auszubaggern. ".repeat(5)],
  ["Russian", "Комитет решил углубить гавань до наступления зимних бурь. ".repeat(5)],
  ["Chinese", "委员会决定在冬季风暴来临之前疏浚港口。".repeat(5)],
  ["Japanese", "委員会は冬の嵐が来る前に港を浚渫することを決めた。".repeat(5)],
  [
    "JSON",
    JSON.stringify(
      Array.from({ length: 20 }, (_, id) => ({ id, name: `item ${id}`, ok: true, price: 17.5 })),
    ),
  ],
  ["code", "export const sum = (a: number, b: number): number => {\n  return a + b; // adds\n};\n".repeat(5)],
])("core's estimate of %s is not below the count, nor far above", async (_what, content) => {
  const request = { messages: [userMessage(content)] };
  const exact = (await tokenCounter("gpt-4o")?.(request)) ?? 0;
  expect(estimateTokens(request)).toBeGreaterThanOrEqual(exact);
  expect(estimateTokens(request)).toBeLessThan(exact * 2.6);
});

describe.each([
  ["ChatCompletionsModel", ChatCompletionsModel],
  ["ResponsesModel", ResponsesModel],
])("%s", (_name, Model) => {
  const made = (modelId: string): InstanceType<typeof Model> =>
    new Model({
      provider: "p",
      modelId,
      scope: { baseURL: "http://127.0.0.1:1/v1" },
      client: () => Promise.reject(new Error("no call is made")),
    });

  it("counts tokens and knows its context where it is OpenAI's", async () => {
    const model = made("gpt-5-mini");
    expect(model.capabilities.contextWindow).toBe(272_000);
    expect(await model.countTokens?.({ messages: [userMessage("Rain tomorrow?")] })).toBe(10);
  });

  it("leaves both open where it is not", () => {
    const model = made("llama-3.3-70b");
    expect(model.capabilities).not.toHaveProperty("contextWindow");
    expect(model.countTokens).toBeUndefined();
  });
});
