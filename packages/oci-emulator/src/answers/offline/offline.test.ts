// The rule-based responder: which tools it calls with what, what it says of their results, what it remembers.
import { Validator } from "@cfworker/json-schema";
import { describe, expect, it } from "vitest";
import { isJsonObject, type JsonObject, parseJson } from "../../json.ts";
import type { Question, QuestionMessage, QuestionTool } from "../question.ts";
import { evaluate, expressions } from "./arithmetic.ts";
import { respond } from "./index.ts";

const string = { type: "string" };
const number = { type: "number" };

const tool = (
  name: string,
  description: string,
  properties: JsonObject,
  required = Object.keys(properties),
): QuestionTool => ({
  name,
  description,
  parameters: { type: "object", properties, required },
});

const weather = tool(
  "get_weather",
  "Current weather for a city.",
  { city: string, unit: { enum: ["celsius", "fahrenheit"] }, days: { type: "integer" } },
  ["city"],
);
const calculator = tool("calculator", "Evaluates an arithmetic expression.", { expression: string });
const search = tool("web_search", "Searches the web.", { query: string });
const flights = tool(
  "search_flights",
  "Search flights.",
  { origin: string, destination: string, date: string },
  ["origin", "destination"],
);
const booking = tool("book_flight", "Book a flight.", { flight_id: string, passenger: string });

const user = (text: string): QuestionMessage => ({
  role: "user",
  text,
  toolCalls: [],
  toolCallId: undefined,
});
const assistant = (
  text: string,
  ...calls: readonly (readonly [id: string, name: string, args: JsonObject])[]
): QuestionMessage => ({
  role: "assistant",
  text,
  toolCalls: calls.map(([id, name, args]) => ({ id, name, arguments: JSON.stringify(args) })),
  toolCallId: undefined,
});
const result = (id: string, value: unknown): QuestionMessage => ({
  role: "tool",
  text: typeof value === "string" ? value : JSON.stringify(value),
  toolCalls: [],
  toolCallId: id,
});

function question(
  messages: readonly QuestionMessage[],
  tools: readonly QuestionTool[],
  change: Partial<Question> = {},
): Question {
  return {
    surface: "chat.completions",
    parallelToolCalls: true,
    model: "openai.gpt-oss-120b",
    family: "gpt-oss",
    messages,
    tools,
    toolChoice: "auto",
    outputSchema: undefined,
    jsonOutput: false,
    stream: false,
    principal: { kind: "session", tenancyId: "t", userId: "u" },
    body: {},
    signal: new AbortController().signal,
    ...change,
  };
}

const calls = (
  prompt: string,
  tools: readonly QuestionTool[],
  change?: Partial<Question>,
): readonly (readonly [string, unknown])[] =>
  (respond(question([user(prompt)], tools, change)).toolCalls ?? []).map(({ name, arguments: args }) => [
    name,
    args,
  ]);

const says = (
  messages: readonly QuestionMessage[],
  tools: readonly QuestionTool[] = [],
  change?: Partial<Question>,
): string => {
  const turn = respond(question(messages, tools, change));
  expect(turn.toolCalls).toBeUndefined();
  return String(turn.text);
};

describe("the tool a prompt asks for", () => {
  const all = [search, calculator, weather, flights];
  it.each([
    ["Should I take an umbrella in Chicago?", [["get_weather", { city: "Chicago" }]]],
    ["what's the weather like in chicago", [["get_weather", { city: "Chicago" }]]],
    ["What is 17 * 23?", [["calculator", { expression: "17 * 23" }]]],
    ["How much is 17 times 23?", [["calculator", { expression: "17 * 23" }]]],
    ["Search for the history of Rome", [["web_search", { query: "history of Rome" }]]],
    ["Who won the world cup in 2022?", [["web_search", { query: "won the world cup in 2022" }]]],
    [
      "Compare the weather in Chicago, Oslo and New York",
      [
        ["get_weather", { city: "Chicago" }],
        ["get_weather", { city: "Oslo" }],
        ["get_weather", { city: "New York" }],
      ],
    ],
    [
      "Weather in Rio de Janeiro in fahrenheit for 3 days",
      [["get_weather", { city: "Rio de Janeiro", unit: "fahrenheit", days: 3 }]],
    ],
    [
      "What is the weather in Oslo, and what is 2 + 2?",
      [
        ["calculator", { expression: "2 + 2" }],
        ["get_weather", { city: "Oslo" }],
      ],
    ],
    [
      "Find flights from Oslo to Chicago on 2026-12-01",
      [["search_flights", { origin: "Oslo", destination: "Chicago", date: "2026-12-01" }]],
    ],
    ["Hello!", []],
    ["Tell me a joke", []],
  ])("%s", (prompt, expected) => {
    expect(calls(prompt, all)).toEqual(expected);
  });

  it("is filled by types, formats and names", () => {
    const mail = tool("send_email", "Sends an email.", {
      to: string,
      body: string,
      urgent: { type: "boolean" },
    });
    expect(
      calls('Send an email to ada@example.com saying "see you at noon", it is not urgent', [mail]),
    ).toEqual([["send_email", { to: "ada@example.com", body: "see you at noon", urgent: false }]]);
    const add = tool("add", "Adds two numbers.", { a: number, b: number });
    expect(calls("Add 3 and 4.5", [add])).toEqual([["add", { a: 3, b: 4.5 }]]);
    const order = tool("get_order", "Looks up an order.", { order_id: string });
    expect(calls("Where is order A-1234?", [order])).toEqual([["get_order", { order_id: "A-1234" }]]);
    const convert = tool("convert_currency", "Converts money.", {
      amount: number,
      from_currency: string,
      to_currency: string,
    });
    expect(calls("Convert 100 USD to EUR", [convert])).toEqual([
      ["convert_currency", { amount: 100, from_currency: "USD", to_currency: "EUR" }],
    ]);
  });

  it("is none with tool_choice none, the named one when named, and any when one is required", () => {
    const prompt = "Should I take an umbrella in Chicago?";
    expect(calls(prompt, [weather], { toolChoice: "none" })).toEqual([]);
    expect(
      calls(prompt, [weather, search], { toolChoice: { name: "web_search" } }).map(([name]) => name),
    ).toEqual(["web_search"]);
    expect(calls("Hello!", [search], { toolChoice: "required" })).toHaveLength(1);
  });

  it("is called one at a time without parallel calls, until all are made", () => {
    const alone = { parallelToolCalls: false };
    const prompt = "Weather in Chicago and Oslo?";
    expect(calls(prompt, [weather], alone)).toEqual([["get_weather", { city: "Chicago" }]]);
    const next = respond(
      question(
        [user(prompt), assistant("", ["1", "get_weather", { city: "Chicago" }]), result("1", { tempC: 1 })],
        [weather],
        alone,
      ),
    );
    expect(next.toolCalls).toEqual([{ name: "get_weather", arguments: { city: "Oslo" } }]);
  });

  it("is asked again by a follow-up that names something new", () => {
    const history = [
      user("Weather in Chicago?"),
      assistant("", ["1", "get_weather", { city: "Chicago" }]),
      result("1", "sunny"),
      assistant("Sunny."),
    ];
    expect(respond(question([...history, user("And in Oslo?")], [weather])).toolCalls).toEqual([
      { name: "get_weather", arguments: { city: "Oslo" } },
    ]);
  });

  it("waits for what another tool has to find out first", () => {
    const prompt = "Find a flight from Chicago to New York and book it for Ada Lovelace";
    const first = respond(question([user(prompt)], [flights, booking]));
    expect(first.toolCalls?.map(({ name }) => name)).toEqual(["search_flights"]);
    const found = [
      user(prompt),
      assistant("", ["1", "search_flights", { origin: "Chicago", destination: "New York" }]),
      result("1", { flights: [{ flight_id: "UA-100", price: 120 }] }),
    ];
    expect(respond(question(found, [flights, booking])).toolCalls).toEqual([
      { name: "book_flight", arguments: { flight_id: "UA-100", passenger: "Ada Lovelace" } },
    ]);
  });
});

describe("after a tool's result", () => {
  const asked = user("Should I take an umbrella in Chicago?");
  const called = assistant("", ["1", "get_weather", { city: "Chicago" }]);

  it("the answer names its values and says who answers", () => {
    const text = says(
      [asked, called, result("1", { city: "Chicago", tempC: 21.5, sky: "light rain" })],
      [weather],
    );
    for (const part of ["Chicago", "21.5", "light rain", "(offline emulator)"]) expect(text).toContain(part);
  });

  it("the same call is never made again, even if one is required", () => {
    for (const toolChoice of ["auto", "required", { name: "get_weather" }] as const) {
      expect(says([asked, called, result("1", "sunny")], [weather], { toolChoice })).toContain("sunny");
    }
  });

  it("a failure is reported as one", () => {
    expect(says([asked, called, result("1", { error: { message: "no such city" } })], [weather])).toMatch(
      /failed.*no such city/,
    );
  });
});

describe("in an agent's run", () => {
  const run = [
    user("Should I take an umbrella in Chicago?"),
    assistant("", ["1", "get_weather", { city: "Chicago" }]),
    result("1", { sky: "light rain" }),
  ];

  it("a remark put in after a result does not replace the question", () => {
    const reminded = [...run, user("Reminder: you have one step left. Answer now.")];
    expect(says(reminded, [weather])).toContain("light rain");
  });

  it("a new question after an answer does", () => {
    const next = [...run, assistant("It rains."), user("What is 17 * 23?")];
    expect(respond(question(next, [weather, calculator])).toolCalls).toEqual([
      { name: "calculator", arguments: { expression: "17 * 23" } },
    ]);
  });

  it("a tool that hands in the answer is called last, with the answer in it, and once", () => {
    const finish = tool("final_answer", "Hands in the answer.", { answer: string });
    expect(calls("Should I take an umbrella in Chicago?", [finish, weather]).map(([name]) => name)).toEqual([
      "get_weather",
    ]);
    const handedIn = respond(question(run, [finish, weather])).toolCalls ?? [];
    expect(handedIn).toEqual([
      { name: "final_answer", arguments: { answer: expect.stringMatching(/light rain.*offline emulator/) } },
    ]);
    const after = [
      ...run,
      assistant("", ["2", "final_answer", { answer: String(says(run, [weather])) }]),
      result("2", "ok"),
    ];
    expect(says(after, [weather, finish])).toContain("light rain");
  });
});

describe("without tools", () => {
  const history = [
    user("My name is Ada Lovelace and I live in London."),
    assistant("Hello"),
    user("My favourite colour is dark green."),
  ];
  it.each([
    ["What is my name?", /Ada Lovelace/],
    ["Where do I live?", /in London/],
    ["What is my favourite colour?", /dark green/],
    ["What did I just say?", /My favourite colour is dark green/],
    ["What is 15% of 80?", /12/],
    ["Can you summarise what I said so far?", /London.*dark green/],
    ["What is the capital of France?", /capital of France/],
  ])("%s is answered from the conversation", (prompt, expected) => {
    const text = says([...history, user(prompt)]);
    expect(text).toMatch(expected);
    expect(text).toContain("(offline emulator)");
  });

  it("nothing is made up that was never said", () => {
    expect(says([user("What is my name?")])).toMatch(/not told me/);
  });

  it("the same conversation gets the same answer", () => {
    expect(respond(question(history, []))).toEqual(respond(question(history, [])));
  });
});

describe("structured output", () => {
  const instance = (
    schema: JsonObject,
    messages: readonly QuestionMessage[] = [user("Plan 3 days in Oslo, code ABC-1234, for Ada")],
  ): JsonObject => {
    const text = says(messages, [], { jsonOutput: true, outputSchema: schema });
    const value = parseJson(text);
    const checked = new Validator(schema, "2020-12").validate(value);
    expect(checked.errors).toEqual([]);
    return isJsonObject(value) ? value : {};
  };

  it("is valid against its schema and takes what the prompt says", () => {
    const value = instance({
      type: "object",
      required: ["city", "days", "code", "mood", "cost", "stops", "when", "summary", "ratio", "who"],
      additionalProperties: false,
      properties: {
        city: string,
        days: { type: "integer", minimum: 1, maximum: 7 },
        code: { type: "string", pattern: "^[A-Z]{3}-\\d{4}$" },
        mood: { enum: ["good", "bad"] },
        cost: { type: "number", exclusiveMinimum: 0, multipleOf: 0.5 },
        stops: { type: "array", minItems: 2, items: { $ref: "#/$defs/stop" } },
        when: { type: "string", format: "date-time" },
        summary: { type: "string", minLength: 10, maxLength: 40 },
        ratio: { anyOf: [{ type: "null" }, { type: "number", exclusiveMaximum: 1 }] },
        who: { type: ["string", "null"] },
      },
      $defs: {
        stop: {
          type: "object",
          required: ["title"],
          properties: { title: string, next: { $ref: "#/$defs/stop" } },
        },
      },
    });
    expect(value).toMatchObject({ city: "Oslo", days: 3, code: "ABC-1234" });
  });

  it.each([
    "^[a-z]{2,}$",
    "^\\d{5}(-\\d{4})?$",
    "^(red|green)$",
    "^#[0-9a-f]{6}$",
    "^v\\d+\\.\\d+$",
    "[^\\s]+@x\\.y",
  ])("matches the pattern %s although the prompt has nothing like it", (pattern) => {
    expect(
      instance({ type: "object", required: ["x"], properties: { x: { type: "string", pattern } } }, [
        user("?"),
      ]),
    ).toHaveProperty("x");
  });

  it("takes values from the tools' results", () => {
    const messages = [
      user("Weather in Chicago?"),
      assistant("", ["1", "get_weather", { city: "Chicago" }]),
      result("1", { tempC: 21, sky: "clear" }),
    ];
    const schema: JsonObject = {
      type: "object",
      required: ["temp_c", "sky", "city"],
      properties: { temp_c: number, sky: { enum: ["cloudy", "clear"] }, city: string },
    };
    expect(instance(schema, messages)).toEqual({ temp_c: 21, sky: "clear", city: "Chicago" });
  });

  it("is some object when only JSON is asked for", () => {
    expect(parseJson(says([user("Hello")], [], { jsonOutput: true }))).toMatchObject({
      answer: expect.stringContaining("(offline emulator)"),
    });
  });
});

describe("arithmetic", () => {
  it.each([
    ["17 * 23", 391],
    ["2 + 3 * 4", 14],
    ["(2 + 3) * 4", 20],
    ["2 ^ 3 ^ 2", 512],
    ["-4 / 8", -0.5],
    ["0.1 + 0.2", 0.3],
  ])("%s is %d", (expression, value) => {
    expect(evaluate(expression)).toBe(value);
  });

  it("does not take dates, lone numbers or broken sums for expressions", () => {
    expect(expressions("On 2026-11-21 I had 3 apples")).toEqual([]);
    expect(evaluate("2 +")).toBeUndefined();
    expect(evaluate("1 / 0")).toBeUndefined();
  });
});
