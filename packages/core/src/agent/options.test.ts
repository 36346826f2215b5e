import { describe, expect, expectTypeOf, it } from "vitest";
import { MemoryCheckpointer } from "../checkpoint/memory.ts";
import { ConfigurationError } from "../errors/errors.ts";
import type { Hook } from "../hooks/types.ts";
import { readMetadata } from "../options/check.ts";
import { ScriptedModel } from "../testing/scripted-model.ts";
import { tool } from "../tool/tool.ts";
import { Agent } from "./agent.ts";
import { type AgentOptions, defineAgent } from "./options.ts";

const model = new ScriptedModel(["Hello."], { repeat: true });
const echo = tool({ name: "echo", description: "Echoes.", execute: () => "echo" });

/** What an untyped caller may hand in. */
const define = (options: unknown): unknown => new Agent(options as AgentOptions);

describe("agent options", () => {
  it.each<[object, string]>([
    [{ model: 42 }, 'model must be "<provider>:<model id>" or a model'],
    [{ model: {} }, "model must be"],
    [{ model: null }, "not null"],
    [{ model: undefined }, "model is missing"],
    [{ auxiliaryModel: { complete: 1 } }, "auxiliaryModel must be"],
    [{ modelOptions: "x" }, "modelOptions must be an object"],
    [{ name: 5 }, "name must be text"],
    [{ name: "" }, "name must be text, and not empty"],
    [{ systemPrompt: 42 }, "systemPrompt must be text or a function, not 42"],
    [{ tools: {} }, "tools must be a list, not an empty object"],
    [{ tools: [null] }, "tools[0] must be made with tool()"],
    [{ tools: [echo, { name: "mine" }] }, "tools[1] must be made with tool()"],
    [{ summaryOnLimit: "no" }, 'summaryOnLimit must be true or false, not "no"'],
    [{ maxIterations: null }, "maxIterations must be a whole number from 1 to 500, not null"],
    [{ maxConcurrency: 0.5 }, "maxConcurrency must be a whole number from 1, not 0.5"],
    [{ toolExecution: "parallel" }, 'toolExecution must be "concurrent" or "sequential", not "parallel"'],
    [{ resultStore: {} }, "resultStore must be a result store: an object with the methods put, get"],
    [{ terminalTools: "t" }, 'terminalTools must be a list, not "t"'],
    [{ terminalTools: [3] }, "terminalTools[0] must be text"],
    [{ termination: {} }, "termination must be a termination condition: an object with the method check"],
    [{ checkpointer: {} }, "checkpointer must be a checkpointer: an object with the methods append, read"],
    [{ outputKey: 5 }, "outputKey must be text"],
    [{ logger: { info: () => undefined } }, "logger must be a logger"],
    [{ hooks: {} }, "hooks must be a list"],
    [{ hooks: [null] }, "hooks[0] must be an object, not null"],
    [{ hooks: [() => 1] }, "hooks[0] must be an object, not a function"],
    [
      { hooks: [{ beforeToolcall: () => 1 }] },
      'unknown option "beforeToolcall"; did you mean "beforeToolCall"?',
    ],
    [{ hooks: [{ afterRun: "yes" }] }, 'hooks[0].afterRun must be a function, not "yes"'],
    [{ plugins: [{ nme: "p" }] }, 'plugins[0]: unknown option "nme"; did you mean "name"?'],
    [{ plugins: [{}] }, "plugins[0].name must be text"],
    [{ plugins: [{ name: "p", hooks: [3] }] }, "plugins[0].hooks[0] must be an object, not 3"],
    [{ settings: { temperature: "hot" } }, 'settings.temperature must be a number, not "hot"'],
    [{ settings: { temperature: Number.NaN } }, "settings.temperature must be a number, not NaN"],
    [{ settings: { temprature: 1 } }, 'did you mean "temperature"?'],
    [{ settings: { stop: "x" } }, "settings.stop must be a list"],
    [{ settings: { reasoning: { effort: "huge" } } }, "settings.reasoning.effort must be"],
    [{ settings: { reasoning: { efort: "low" } } }, 'did you mean "effort"?'],
    [{ settings: { extraBody: { at: new Date() } } }, "settings.extraBody.at must be plain JSON"],
    [{ settings: 3 }, "settings must be an object, not 3"],
  ])("%o are refused with what fits", (options, message) => {
    expect(() => define({ model, ...options })).toThrow(ConfigurationError);
    expect(() => define({ model, ...options })).toThrow(message);
  });

  it.each([[undefined], [null], ["oci:x"], [[]]])("%o in place of options is refused", (options) => {
    expect(() => define(options)).toThrow(ConfigurationError);
    expect(() => define(options)).toThrow("Agent: expected an object of options");
  });

  it("a hook of a class may have members of its own", () => {
    class Counting implements Hook {
      seen = 0;
      afterRun(): void {
        this.seen += 1;
      }
    }
    expect(() => define({ model, hooks: [new Counting()] })).not.toThrow();
  });

  it("a tool may be of a class, as may a hook", () => {
    class Own {
      readonly name = "own";
      readonly description = "Its own.";
      readonly parameters = { type: "object" };
      readonly onError = "return";
      validate(value: unknown): unknown {
        return { ok: true, value };
      }
      needsApproval(): boolean {
        return false;
      }
      execute(): string {
        return "done";
      }
    }
    expect(() => define({ model, tools: [new Own()] })).not.toThrow();
  });

  it("that are undefined are absent", () => {
    const options: AgentOptions = {
      model,
      name: undefined,
      maxIterations: undefined,
      settings: undefined,
      hooks: undefined,
      tools: undefined,
      metadata: undefined,
      timeBudgetMs: undefined,
      logger: undefined,
    };
    expect(
      defineAgent(options, undefined, (other) => async () => (typeof other === "string" ? model : other)),
    ).toMatchObject({ name: "agent", maxIterations: 20, settings: {} });
    expectTypeOf<{ model: ScriptedModel; maxIterations: undefined }>().toExtend<AgentOptions>();
    expectTypeOf<
      {
        [K in keyof Required<AgentOptions>]: undefined extends Required<AgentOptions>[K] ? never : K;
      }[keyof AgentOptions]
    >().toEqualTypeOf<"model">();
  });
});

describe("what hooks are shown", () => {
  it("cannot be changed for later runs, and is not the caller's own", async () => {
    const own = new ScriptedModel(["one", "two"]);
    const settings = { temperature: 0.5, extraBody: { deep: { list: [1] } } };
    const errors: unknown[] = [];
    const vandal: Hook = {
      beforeModelCall: ({ request }) => {
        const open = request as unknown as { settings: typeof settings; tools: { description: string }[] };
        const attempts = [
          () => (open.settings.temperature = 2),
          () => open.settings.extraBody.deep.list.push(2),
          () => open.tools.pop(),
          () => (open.tools[0] = { description: "" }),
          () => Object.assign(open.tools[0] ?? {}, { description: "" }),
          () => Object.assign(request.tools?.[0]?.parameters ?? {}, { type: "string" }),
        ];
        for (const attempt of attempts) {
          try {
            attempt();
          } catch (error) {
            errors.push(error);
          }
        }
      },
    };
    const agent = new Agent({ model: own, tools: [echo], settings, hooks: [vandal] });
    settings.temperature = 1;
    await agent.run("a");
    await agent.run("b");
    expect(errors).toHaveLength(12);
    expect(own.requests[1]?.settings).toEqual({ temperature: 0.5, extraBody: { deep: { list: [1] } } });
    expect(own.requests[1]?.tools).toMatchObject([
      { name: "echo", description: "Echoes.", parameters: { type: "object" } },
    ]);
    settings.extraBody.deep.list.push(2);
  });
});

describe("metadata", () => {
  const cyclic: Record<string, unknown> = {};
  cyclic.self = { again: cyclic };

  it.each<[unknown, string]>([
    ["text", 'metadata must be a JSON object, not "text"'],
    [[1], "metadata must be a JSON object, not a list"],
    [null, "metadata must be a JSON object, not null"],
    [new Map(), "metadata must be a JSON object, not an instance of Map"],
    [{ since: new Date() }, "metadata.since must be plain JSON, not an instance of Date"],
    [{ a: [{ id: 1n }] }, "metadata.a[0].id must be plain JSON, not 1n"],
    [{ a: { f: () => 1 } }, "metadata.a.f must be plain JSON, not a function"],
    [{ a: Number.NaN }, "metadata.a must be plain JSON, not NaN"],
    [{ a: [undefined] }, "metadata.a[0] must be plain JSON, not undefined"],
    [cyclic, "metadata.self.again must be plain JSON, not an object that holds itself"],
  ])("%o is refused", (metadata, message) => {
    expect(() => readMetadata("run options", metadata)).toThrow(ConfigurationError);
    expect(() => readMetadata("run options", metadata)).toThrow(`run options: ${message}`);
    expect(() => define({ model, metadata })).toThrow(`Agent: ${message}`);
  });

  it("is copied and frozen; the caller's own is left alone", () => {
    const shared = { tags: ["a"] };
    const own = { user: shared, again: shared, left: undefined };
    const read = readMetadata("Agent", own);
    expect(read).toEqual({ user: { tags: ["a"] }, again: { tags: ["a"] } });
    expect(Object.keys(read)).toEqual(["user", "again"]);
    expect(Object.isFrozen(read) && Object.isFrozen(read.user)).toBe(true);
    own.user.tags.push("b");
    expect(read.user).toEqual({ tags: ["a"] });
    expect(readMetadata("Agent", undefined)).toEqual({});
  });

  it("is refused where it is nested too deep to be walked", () => {
    let deep: unknown = {};
    for (let level = 0; level < 50_000; level += 1) deep = { a: deep };
    expect(() => readMetadata("Agent", deep)).toThrow("is nested deeper than 200 levels");
  });

  it("keeps a member called __proto__ a member", () => {
    const read = readMetadata("Agent", JSON.parse('{"__proto__":{"admin":true}}'));
    expect(JSON.stringify(read)).toBe('{"__proto__":{"admin":true}}');
  });

  it("takes a checkpointer and a logger as they come", () => {
    expect(() => define({ model, checkpointer: new MemoryCheckpointer(), logger: console })).not.toThrow();
  });
});
