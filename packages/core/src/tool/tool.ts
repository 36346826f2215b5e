/** `tool()`: declares something the model can call. */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { ConfigurationError } from "../errors/errors.ts";
import type { JsonObject, JsonValue } from "../json/json.ts";
import { checkKeys, checkTime } from "../options/check.ts";
import { type CompiledSchema, compileJsonSchema, compileStandard, isStandardSchema } from "./schema.ts";
import type { Awaitable, Idempotence, Tool, ToolContext, ToolRetry } from "./types.ts";

/** Decides from the arguments whether a person is asked. (A method's type, so that tools of all kinds fit in one list.) */
export type ApprovalRule<Args> = {
  rule(args: Args, context: ToolContext): Awaitable<boolean | string>;
}["rule"];

/** How a tool is declared. `Args` is inferred from `parameters`. */
export interface ToolOptions<Args> {
  /** 1 to 64 letters, digits, `_` or `-`: what providers accept. */
  readonly name: string;
  /** For the model: what it does and when to use it. */
  readonly description: string;
  /** Returns, or promises, text, JSON, content parts, or `ctx.interrupt(...)`. */
  execute(args: Args, context: ToolContext): unknown;
  /**
   * A repeat of a successful call (same validated arguments) is answered from the first. `true` means within the
   * run; across the thread with `{ scope: "thread", ttlMs }`. Default `false`.
   */
  readonly idempotent?: boolean | Idempotence;
  /** Milliseconds for one try. Default: none. */
  readonly timeoutMs?: number;
  /** Tries in all, or how to space them. Default: one try. */
  readonly retry?: number | ToolRetry;
  /** Asks a person before the body runs; a rule may return the question to ask. Default `false`. */
  readonly needsApproval?: boolean | ApprovalRule<Args>;
  /** `"return"` (default) shows a failure to the model; `"throw"` ends the run with a `ToolError`. */
  readonly onError?: "return" | "throw";
  /** Turns a person's answer to `ctx.interrupt(...)` into the result. Default: the answer is the result. */
  onAnswer?(answer: JsonValue, args: Args, context: ToolContext): unknown;
  /** JSON Schema of `parameters`, for schema libraries that cannot write it themselves. */
  readonly jsonSchema?: JsonObject;
}

const KEYS = [
  "name",
  "description",
  "parameters",
  "execute",
  "idempotent",
  "timeoutMs",
  "retry",
  "needsApproval",
  "onError",
  "onAnswer",
  "jsonSchema",
] as const;

/**
 * Declares a tool. `parameters` is a zod schema, any Standard Schema that can be written as JSON Schema, or JSON
 * Schema; the body's arguments are typed from it and always valid when it runs.
 *
 * @throws ConfigurationError for a name no provider takes, an unknown option, or a schema that is not an object's.
 * @example
 * ```ts
 * import { tool } from "locus-sdk";
 * import { z } from "zod";
 *
 * const getWeather = tool({
 *   name: "get_weather",
 *   description: "Current weather for a city.",
 *   parameters: z.object({ city: z.string() }),
 *   execute: async ({ city }) => ({ city, tempC: 21 }),
 * });
 * ```
 */
export function tool<Schema extends StandardSchemaV1>(
  options: ToolOptions<StandardSchemaV1.InferOutput<Schema>> & { readonly parameters: Schema },
): Tool<StandardSchemaV1.InferOutput<Schema>>;
export function tool(
  options: ToolOptions<JsonObject> & { readonly parameters?: JsonObject },
): Tool<JsonObject>;
export function tool(
  options: ToolOptions<unknown> & { readonly parameters?: StandardSchemaV1 | JsonObject },
): Tool {
  const owner = `tool "${options.name}"`;
  if (!/^[\w-]{1,64}$/.test(options.name)) {
    throw new ConfigurationError(
      `"${options.name}" cannot be a tool's name; expected 1 to 64 letters, digits, "_" or "-"`,
    );
  }
  checkKeys(owner, options, KEYS);
  checkTime(`${owner}: timeoutMs`, options.timeoutMs);
  if (typeof options.execute !== "function")
    throw new ConfigurationError(`${owner}: execute must be a function`);
  const { parameters = {} } = options;
  const schema: CompiledSchema<unknown> = isStandardSchema(parameters)
    ? compileStandard(parameters, owner, options.jsonSchema)
    : compileJsonSchema(parameters, owner);
  const { needsApproval = false } = options;
  const idempotent = readIdempotence(options.idempotent);
  const retry = readRetry(owner, options.retry);
  return Object.freeze({
    name: options.name,
    description: options.description,
    parameters: schema.jsonSchema,
    onError: options.onError ?? "return",
    ...(idempotent === undefined ? {} : { idempotent }),
    ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
    ...(retry === undefined ? {} : { retry }),
    validate: (value: JsonValue) => schema.validate(value),
    needsApproval: (args: unknown, context: ToolContext) =>
      typeof needsApproval === "function" ? needsApproval(args, context) : needsApproval,
    execute: (args: unknown, context: ToolContext) => options.execute(args, context),
    ...(options.onAnswer === undefined
      ? {}
      : {
          onAnswer: (answer: JsonValue, args: unknown, context: ToolContext) =>
            options.onAnswer?.(answer, args, context),
        }),
  });
}

function readIdempotence(option: boolean | Idempotence | undefined): Idempotence | undefined {
  if (option === true) return { scope: "run" };
  return option === false ? undefined : option;
}

function readRetry(owner: string, option: number | ToolRetry | undefined): ToolRetry | undefined {
  const retry = typeof option === "number" ? { attempts: option } : option;
  if (retry !== undefined && !(Number.isInteger(retry.attempts) && retry.attempts >= 1)) {
    throw new ConfigurationError(
      `${owner}: retry must be a whole number of tries from 1, not ${retry.attempts}`,
    );
  }
  checkTime(`${owner}: retry.delayMs`, retry?.delayMs);
  checkTime(`${owner}: retry.maxDelayMs`, retry?.maxDelayMs);
  return retry;
}
