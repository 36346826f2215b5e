/** An agent with an `outputSchema`: its answer is an object that fits, or the run is no success. */
import { describe, expect, expectTypeOf, it, test } from "vitest";
import { z } from "zod";
import { Agent } from "../agent/agent.ts";
import type { GateContext } from "../agent/gates.ts";
import type { AgentOptions } from "../agent/options.ts";
import { MemoryCheckpointer } from "../checkpoint/memory.ts";
import type { ModelCapabilities } from "../model/types.ts";
import { ScriptedModel, type ScriptedStep } from "../testing/scripted-model.ts";
import { tool } from "../tool/tool.ts";

const weather = z.object({ city: z.string(), tempC: z.number() });
const oslo = { city: "Oslo", tempC: 21 };
const good = JSON.stringify(oslo);
const bad = JSON.stringify({ city: "Oslo" });

const measure = tool({
  name: "measure",
  description: "Measures.",
  parameters: z.object({}),
  execute: () => 21,
});
const calls = (name: string, args: object = {}): ScriptedStep => ({ toolCalls: [{ name, arguments: args }] });

const can: Readonly<Record<string, Partial<ModelCapabilities>>> = {
  schema: { structuredOutput: "schema" },
  json: { structuredOutput: "json" },
  tool: { structuredOutput: "none" },
  prompt: { structuredOutput: "none", tools: false },
};

function agentOf(
  script: readonly ScriptedStep[],
  capabilities = can.schema,
  options: Partial<AgentOptions> = {},
) {
  const model = new ScriptedModel(script, { capabilities: capabilities ?? {} });
  return { model, agent: new Agent({ ...options, model, outputSchema: weather }) };
}

describe("by what the model can do", () => {
  it("the provider binds the answer to the schema, strictly", async () => {
    const { model, agent } = agentOf([good]);
    const result = await agent.run("Weather?");
    expect(result).toMatchObject({ output: oslo, text: good, stopReason: "complete", success: true });
    expectTypeOf(result.output).toEqualTypeOf<{ city: string; tempC: number } | undefined>();
    expect(model.requests[0]?.outputSchema).toMatchObject({
      strict: true,
      schema: { required: ["city", "tempC"] },
    });
    expect(model.requests[0]?.messages).toHaveLength(1);
  });

  it("the provider binds it to JSON, and the model is told the schema", async () => {
    const { model, agent } = agentOf([good], can.json, { systemPrompt: "Be brief." });
    expect((await agent.run("Weather?")).output).toEqual(oslo);
    expect(model.requests[0]?.outputSchema).toBeDefined();
    const system = model.requests[0]?.messages[0]?.content;
    expect(system).toMatch(/^Be brief\.\n\nGive your final answer as one JSON object/);
    expect(system).toContain('"tempC":{"type":"number"}');
  });

  it("the answer is given by calling a tool, which the model has to where it has no other", async () => {
    const { model, agent } = agentOf([calls("final_answer", oslo)], can.tool);
    const result = await agent.run("Weather?");
    expect(result).toMatchObject({ output: oslo, text: good, stopReason: "complete", iterations: 1 });
    expect(model.requests[0]).toMatchObject({ toolChoice: { name: "final_answer" } });
    expect(model.requests[0]?.tools?.map(({ name }) => name)).toEqual(["final_answer"]);
  });

  it("the model is told what to write", async () => {
    const { model, agent } = agentOf([`Here:\n\`\`\`json\n${good}\n\`\`\``], can.prompt);
    expect((await agent.run("Weather?")).output).toEqual(oslo);
    expect(model.requests[0]).not.toHaveProperty("outputSchema");
    expect(model.requests[0]).not.toHaveProperty("tools");
  });

  it("a model that is not bound while it has tools gives its answer by one", async () => {
    const capabilities: Partial<ModelCapabilities> = { structuredOutputWithTools: false };
    const { model, agent } = agentOf([calls("measure"), calls("final_answer", oslo)], capabilities, {
      tools: [measure],
    });
    expect((await agent.run("Weather?")).output).toEqual(oslo);
    expect(model.requests[0]?.tools?.map(({ name }) => name)).toEqual(["measure", "final_answer"]);
    expect(model.requests[0]).not.toHaveProperty("toolChoice");
  });

  it("a strategy that the model cannot follow is refused by name", async () => {
    const { agent } = agentOf([], can.tool, { outputStrategy: "native" });
    await expect(agent.run("Weather?")).rejects.toThrow(
      /outputStrategy "native": scripted:scripted binds no answer/,
    );
    expect(() => agentOf([], can.schema, { outputStrategy: "native", completionMode: "explicit" })).toThrow(
      /explicit/,
    );
  });
});

it("the schema binds each answer of a run with tools", async () => {
  const { model, agent } = agentOf([calls("measure"), good], can.schema, { tools: [measure] });
  const result = await agent.run("Weather?");
  expect(result).toMatchObject({ output: oslo, iterations: 2 });
  expect(model.requests.map((request) => request.outputSchema !== undefined)).toEqual([true, true]);
  expect(model.requests[0]?.tools?.map(({ name }) => name)).toEqual(["measure"]);
});

describe("an answer that does not fit", () => {
  test.each(["schema", "json", "prompt"])("goes back with the schema's own words (%s)", async (means) => {
    const { model, agent } = agentOf([bad, good], can[means]);
    const result = await agent.run("Weather?");
    expect(result).toMatchObject({ output: oslo, stopReason: "complete", iterations: 2 });
    const said = model.requests[1]?.messages.at(-1);
    expect(said).toMatchObject({
      role: "user",
      content: expect.stringContaining("tempC: Invalid input: expected number"),
    });
  });

  it("goes back where it was given by the tool, and the tool is then the only choice", async () => {
    const script = [calls("final_answer", { city: "Oslo" }), calls("final_answer", oslo)];
    const { model, agent } = agentOf(script, can.tool, { tools: [measure] });
    expect((await agent.run("Weather?")).output).toEqual(oslo);
    expect(model.requests[1]).toMatchObject({ toolChoice: { name: "final_answer" } });
  });

  it("ends the run output_invalid once its retries are used up: that is no success, and no output", async () => {
    const { agent } = agentOf([bad, bad, bad, good]);
    const result = await agent.run("Weather?");
    expect(result).toMatchObject({ stopReason: "output_invalid", success: false, iterations: 3, text: bad });
    expect(result.stopDetail).toMatch(/^tempC: /);
    expect(result).not.toHaveProperty("output");
  });

  it("is not asked for again with outputRetries: 0", async () => {
    const { agent } = agentOf([bad, good], can.schema, { outputRetries: 0 });
    expect(await agent.run("Weather?")).toMatchObject({ stopReason: "output_invalid", iterations: 1 });
  });

  it("is on record with its verdict, and what it cost is counted", async () => {
    const usage = { inputTokens: 10, outputTokens: 5 };
    const { agent } = agentOf([
      { text: bad, usage },
      { text: good, usage },
    ]);
    const verdicts: unknown[] = [];
    agent.on("verification", ({ verifier, decision, output }) => verdicts.push([verifier, decision, output]));
    const result = await agent.run("Weather?");
    expect(verdicts).toEqual([
      ["output", "retry", undefined],
      ["output", "accept", oslo],
    ]);
    expect(result.usage.totalTokens).toBe(30);
  });

  it("keeps its server thread: the retry goes on from the state that the answer left", async () => {
    const state = (id: string) => ({ provider: "scripted", modelId: "scripted", data: id });
    const { model, agent } = agentOf([
      { text: bad, providerState: state("a") },
      { text: good, providerState: state("b") },
    ]);
    await agent.run("Weather?");
    expect(model.requests[1]?.providerState?.data).toBe("a");
  });
});

describe("in explicit mode", () => {
  it("the answer ends the task; no task_complete is offered", async () => {
    const { model, agent } = agentOf([good, calls("final_answer", oslo)], can.schema, {
      completionMode: "explicit",
    });
    expect(await agent.run("Weather?")).toMatchObject({
      output: oslo,
      stopReason: "complete",
      iterations: 2,
    });
    expect(model.requests[0]?.tools?.map(({ name }) => name)).toEqual(["ask_user", "final_answer"]);
  });
});

describe("what the schema makes of the answer", () => {
  it("is the output: transforms, defaults and dates", async () => {
    const schema = z.object({
      on: z.iso.date().transform((text) => new Date(text)),
      unit: z.string().default("C"),
    });
    const agent = new Agent({ model: new ScriptedModel(['{"on": "2026-01-02"}']), outputSchema: schema });
    const { output } = await agent.run("When?");
    expectTypeOf(output).toEqualTypeOf<{ on: Date; unit: string } | undefined>();
    expect(output).toEqual({ on: new Date("2026-01-02"), unit: "C" });
  });

  it("is told again, typed, to whoever asks for the run later", async () => {
    const { agent } = agentOf([good]);
    await agent.run("Weather?", { threadId: "t" });
    expect((await agent.resume("t")).output).toEqual(oslo);
  });

  it("does not leak into the next run of the thread", async () => {
    const { agent } = agentOf([good, bad, bad, bad]);
    await agent.run("Weather?", { threadId: "t" });
    expect(await agent.run("And now?", { threadId: "t" })).not.toHaveProperty("output");
  });

  it("may be no object at all", async () => {
    const agent = new Agent({
      model: new ScriptedModel(['{"value": "warm"}']),
      outputSchema: z.enum(["warm", "cold"]),
    });
    const { output } = await agent.run("How is it?");
    expectTypeOf(output).toEqualTypeOf<"warm" | "cold" | undefined>();
    expect(output).toBe("warm");
  });

  it("is checked by JSON Schema, too", async () => {
    const schema = { type: "object", properties: { n: { type: "integer", minimum: 3 } }, required: ["n"] };
    const agent = new Agent({ model: new ScriptedModel(['{"n": 1}', '{"n": 3}']), outputSchema: schema });
    const { output } = await agent.run("Pick.");
    expectTypeOf(output).toEqualTypeOf<unknown>();
    expect(output).toEqual({ n: 3 });
  });
});

describe("an answer that is not taken for another", () => {
  it("is malformed: what is nested in it is no answer", async () => {
    const order = z.object({ id: z.string(), replaces: z.object({ id: z.string() }).optional() });
    const broken = '{"id": "A-2\n", "replaces": {"id": "A-1"}}';
    const agent = new Agent({ model: new ScriptedModel([broken, '{"id": "A-2"}']), outputSchema: order });
    const result = await agent.run("Which?");
    expect(result).toMatchObject({ output: { id: "A-2" }, iterations: 2 });
  });

  it("is long, and given by a tool: it is checked whole", async () => {
    const text = "x".repeat(100_000);
    const model = new ScriptedModel([calls("final_answer", { text })], { capabilities: can.tool ?? {} });
    const agent = new Agent({ model, outputSchema: z.object({ text: z.string() }) });
    expect((await agent.run("Write.")).output?.text).toHaveLength(100_000);
  });

  it("is a refusal: it is asked for once, and is the run's last word", async () => {
    const refusal: ScriptedStep = { content: [{ type: "refusal", text: "I will not." }] };
    for (const options of [{}, { outputSchema: weather }]) {
      const model = new ScriptedModel([refusal]);
      const result = await new Agent({ model, ...options }).run("Do it.");
      expect(result).toMatchObject({
        stopReason: "guardrail",
        stopDetail: "refusal",
        text: "I will not.",
        success: false,
      });
    }
  });

  it("was not checked, as a hook ended the run: that is no success", async () => {
    const hooks = [{ beforeRun: () => ({ end: { reason: "complete", text: "cached" } as const }) }];
    const { agent } = agentOf([], can.schema, { hooks });
    expect(await agent.run("Weather?")).toMatchObject({
      stopReason: "complete",
      success: false,
      text: "cached",
    });
  });

  it("fits, and was sent back by a gate before a hook ended the run", async () => {
    let turn = 0;
    const hooks = [{ beforeModelCall: () => (++turn === 2 ? { end: { reason: "complete" as const } } : {}) }];
    const { agent } = agentOf([good], can.schema, { hooks, verify: [{ name: "no", verify: () => "No." }] });
    expect(await agent.run("Weather?")).not.toHaveProperty("output");
  });

  it("is a terminal tool's that does not fit: it is the last word all the same", async () => {
    const submit = tool({
      name: "submit",
      description: "Submits.",
      parameters: z.object({}),
      execute: () => ({ no: 1 }),
    });
    const options = { tools: [submit], terminalTools: ["submit"], outputRetries: 0 };
    const { agent } = agentOf([calls("submit")], can.schema, options);
    expect(await agent.run("Weather?")).toMatchObject({ stopReason: "output_invalid", text: '{"no":1}' });
  });
});

describe("the schema", () => {
  it("is asked once for each answer", async () => {
    let asked = 0;
    const once = z.object({ code: z.string().refine(() => ++asked === 1, "redeemed already") });
    const agent = new Agent({ model: new ScriptedModel(['{"code": "A"}']), outputSchema: once });
    expect((await agent.run("Redeem.")).output).toEqual({ code: "A" });
    expect(asked).toBe(1);
  });

  it("that throws fails the run with an error that says so", async () => {
    const broken = z.object({ a: z.number() }).transform(() => {
      throw new TypeError("no connection");
    });
    const agent = new Agent({ model: new ScriptedModel(['{"a": 1}']), outputSchema: broken });
    await expect(agent.run("Go.")).rejects.toMatchObject({
      code: "structured_output",
      message: expect.stringContaining("no connection"),
      hint: expect.stringContaining("report an issue"),
    });
  });

  it("of today does not tell an old answer as its own", async () => {
    const checkpointer = new MemoryCheckpointer();
    const { agent } = agentOf([good], can.schema, { checkpointer });
    await agent.run("Weather?", { threadId: "t" });
    const other = new Agent({
      model: new ScriptedModel([]),
      outputSchema: z.object({ x: z.string() }),
      checkpointer,
    });
    await expect(other.resume("t")).rejects.toMatchObject({ code: "structured_output" });
  });
});

it("the answer's tool is the only choice only as long as the answer does not fit", async () => {
  const script = [
    calls("final_answer", { city: "Oslo" }),
    calls("final_answer", oslo),
    calls("measure"),
    calls("final_answer", oslo),
  ];
  const measured = {
    name: "measured",
    verify: ({ state }: GateContext) =>
      state.run.toolExecutions.some(({ name }) => name === "measure") || "Measure first.",
  };
  const { model, agent } = agentOf(script, can.tool, { tools: [measure], verify: [measured] });
  expect(await agent.run("Weather?")).toMatchObject({ output: oslo, stopReason: "complete" });
  expect(model.requests.map(({ toolChoice }) => toolChoice !== undefined)).toEqual([
    false,
    true,
    false,
    false,
  ]);
});

it("gates see the output", async () => {
  const seen: unknown[] = [];
  const gate = { name: "look", verify: ({ output }: GateContext) => seen.push(output) > 0 };
  const { agent } = agentOf([good], can.schema, {
    verify: [{ ...gate, verify: (context) => gate.verify(context) || "no" }],
  });
  await agent.run("Weather?");
  expect(seen).toEqual([oslo]);
});

test.each([
  [z.string().nullable(), '{"value": null}', null],
  [weather, good, oslo],
  [z.object({ n: z.number().transform((n) => BigInt(n)) }), '{"n": 1}', '{"n": 1}'],
])("an agent as a tool gives its output: %#", async (outputSchema, answer, result) => {
  const inner = new Agent<unknown>({ model: new ScriptedModel([answer]), outputSchema, name: "inner" });
  const outer = new Agent({
    model: new ScriptedModel([calls("inner", { prompt: "Go." }), "Done."]),
    tools: [inner.asTool()],
  });
  expect((await outer.run("Go.")).toolExecutions[0]?.result).toEqual(result);
});

describe("while it is written", () => {
  const partials = async (script: readonly ScriptedStep[], means = "schema"): Promise<unknown[]> => {
    const { agent } = agentOf(script, can[means]);
    const seen: unknown[] = [];
    for await (const partial of agent.stream("Weather?").partialOutputStream) seen.push(partial);
    return seen;
  };

  test.each([
    ["schema", good],
    ["prompt", `Here it is: ${good} There.`],
    ["tool", calls("final_answer", oslo)],
  ])("partial objects grow into the whole one (%s)", async (means, step) => {
    const seen = await partials([step], means);
    expect(seen[0]).toEqual({});
    expect(seen).toContainEqual({ city: "Oslo" });
    expect(seen.at(-1)).toEqual(oslo);
  });

  it("an answer that is sent back is followed by the next one, from its beginning", async () => {
    const seen = await partials([bad, good]);
    expect(seen.filter((partial) => JSON.stringify(partial) === "{}")).toHaveLength(2);
    expect(seen.at(-1)).toEqual(oslo);
  });

  it("arguments of other tools are no output", async () => {
    const { agent } = agentOf([calls("measure", { city: "no" }), good], can.schema, { tools: [measure] });
    const seen: unknown[] = [];
    for await (const partial of agent.stream("Weather?").partialOutputStream) seen.push(partial);
    expect(JSON.stringify(seen)).not.toContain("no");
  });

  it("a very long list is not copied for each of its pieces", async () => {
    const list = Array.from({ length: 20_000 }, (_, index) => index);
    const model = new ScriptedModel([JSON.stringify({ list })], { chunkSize: 4 });
    const agent = new Agent({ model, outputSchema: z.object({ list: z.array(z.number()) }) });
    let copied = 0;
    let last: unknown;
    for await (const partial of agent.stream("Count.").partialOutputStream) {
      copied += partial.list?.length ?? 0;
      last = partial;
    }
    expect(last).toEqual({ list });
    expect(copied).toBeLessThan(64 * JSON.stringify({ list }).length);
  });

  it("there is none without an outputSchema", () => {
    const agent = new Agent({ model: new ScriptedModel([]) });
    expect(() => agent.stream("Hi").partialOutputStream).toThrow(/no outputSchema/);
  });
});

test.each([
  [{ outputRetries: 11 }, /outputRetries must be a whole number from 0 to 10/],
  [{ outputStrategy: "guess" }, /outputStrategy must be "auto" or/],
  [{ outputSchema: 7 }, /outputSchema must be a schema or JSON Schema, not 7/],
  [{ outputSchema: z.object({ f: z.custom<() => void>() }) }, /outputSchema/],
])("an option that cannot be used is refused: %o", (options, wrong) => {
  // @ts-expect-error what is refused at run time is refused by the types
  expect(() => new Agent({ model: new ScriptedModel([]), outputSchema: weather, ...options })).toThrow(wrong);
});
