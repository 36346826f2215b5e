import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import { ConfigurationError } from "../errors/errors.ts";
import { type ToolOptions, tool } from "./tool.ts";

const fine = { name: "look", description: "Looks.", execute: () => "seen" };
/** What an untyped caller may hand in. */
const make = (options: unknown): unknown => tool(options as typeof fine);

describe("tool()", () => {
  it.each<[object, string]>([
    [{ name: undefined }, 'name must be 1 to 64 letters, digits, "_" or "-", not undefined'],
    [{ name: "" }, 'name must be 1 to 64 letters, digits, "_" or "-", not ""'],
    [{ name: "look up" }, 'not "look up"'],
    [{ name: "look\n" }, "name must be"],
    [{ description: undefined }, 'tool "look": description must be text, and not empty, not undefined'],
    [{ description: "" }, "description must be text"],
    [{ execute: "go" }, 'execute must be a function, not "go"'],
    [{ execute: undefined }, "execute must be a function, not undefined"],
    [{ parameters: 5 }, "parameters must be a schema or JSON Schema, not 5"],
    [{ parameters: { type: "array" } }, "parameters must describe an object"],
    [
      { parameters: { type: "object", properties: { a: () => 1 } } },
      "parameters.properties.a must be plain JSON",
    ],
    [{ onError: "thrw" }, 'onError must be "return" or "throw", not "thrw"'],
    [{ onAnswer: 1 }, "onAnswer must be a function"],
    [{ idempotent: "yes" }, 'idempotent must be true, false or { scope, ttlMs }, not "yes"'],
    [{ idempotent: {} }, 'idempotent.scope must be "run" or "thread", not undefined'],
    [{ idempotent: { scope: "thred" } }, 'idempotent.scope must be "run" or "thread", not "thred"'],
    [
      { idempotent: { scope: "thread", ttlMs: -5 } },
      "idempotent.ttlMs must be a number of milliseconds above 0, not -5",
    ],
    [{ retry: { attempts: 2, delay: 5 } }, 'retry: unknown option "delay"; did you mean "delayMs"?'],
    [
      { retry: 0 },
      "retry must be a whole number of tries from 1, or { attempts, delayMs, maxDelayMs }, not 0",
    ],
    [{ retry: {} }, "retry.attempts must be a whole number of tries from 1, not undefined"],
    [{ retry: { attempts: 2, delayMs: -1 } }, "retry.delayMs must be a number of milliseconds from 0"],
    [{ needsApproval: "yes" }, 'needsApproval must be true, false or a function, not "yes"'],
    [{ timeoutMs: 0 }, "timeoutMs must be a number of milliseconds above 0"],
    [{ jsonSchema: "{}" }, "jsonSchema must be a JSON object"],
    [{ excute: 1 }, 'unknown option "excute"; did you mean "execute"?'],
  ])("refuses %o with what fits", (options, message) => {
    expect(() => make({ ...fine, ...options })).toThrow(ConfigurationError);
    expect(() => make({ ...fine, ...options })).toThrow(message);
  });

  it("refuses what is no options object at all", () => {
    expect(() => make(undefined)).toThrow("tool: expected an object of options, not undefined");
  });

  it("takes retries without a wait, and keeps its own copy of them", () => {
    const retry = { attempts: 2, delayMs: 0, maxDelayMs: 0 };
    const made = tool({ ...fine, retry });
    retry.attempts = 9;
    expect(made.retry).toEqual({ attempts: 2, delayMs: 0, maxDelayMs: 0 });
  });

  it("takes undefined for absent", () => {
    const made = tool({
      ...fine,
      parameters: undefined,
      idempotent: undefined,
      timeoutMs: undefined,
      retry: undefined,
      needsApproval: undefined,
      onError: undefined,
      onAnswer: undefined,
      jsonSchema: undefined,
    });
    expect(made).toMatchObject({ name: "look", onError: "return" });
    expect(Object.keys(made)).not.toContain("onAnswer");
    expectTypeOf<
      {
        [K in keyof Required<ToolOptions<unknown>>]: undefined extends Required<ToolOptions<unknown>>[K]
          ? never
          : K;
      }[keyof ToolOptions<unknown>]
    >().toEqualTypeOf<"name" | "description" | "execute">();
  });

  it("still types the body's arguments from the schema", () => {
    tool({
      ...fine,
      parameters: z.object({ city: z.string() }),
      execute: (args) => expectTypeOf(args).toEqualTypeOf<{ city: string }>(),
      onAnswer: (_answer, args) => expectTypeOf(args).toEqualTypeOf<{ city: string }>(),
    });
  });
});
