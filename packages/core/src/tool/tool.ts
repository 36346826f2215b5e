/** `tool()`: declares something the model can call. */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { JsonObject, JsonValue } from "../json/json.ts";
import {
  boolean,
  type Checks,
  checkOptions,
  either,
  func,
  isObject,
  json,
  must,
  oneOf,
  shape,
  text,
  time,
  wait,
} from "../options/check.ts";
import { isStandardSchema, readSchema } from "../schema/read.ts";
import type { Awaitable, Idempotence, Tool, ToolContext, ToolRetry, UnknownOutcomePolicy } from "./types.ts";

/** Decides from the arguments whether a person is asked. (A method's type, so that tools of all kinds fit in one list.) */
export type ApprovalRule<Args> = {
  rule(args: Args, context: ToolContext): Awaitable<boolean | string>;
}["rule"];

/** (A method's type, for the same reason.) */
type AnswerRule<Args> = {
  rule(answer: JsonValue, args: Args, context: ToolContext): unknown;
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
  readonly idempotent?: boolean | Idempotence | undefined;
  /**
   * What becomes of a call that had begun when its process died: `"tell"` the model (default for idempotent tools),
   * `"retry"` with the same `ctx.idempotencyKey` (default for others), or `"ask"` a person.
   */
  readonly onUnknownOutcome?: UnknownOutcomePolicy | undefined;
  /** Milliseconds for one try. Default: none. */
  readonly timeoutMs?: number | undefined;
  /** Tries in all, or how to space them. Default: one try. */
  readonly retry?: number | ToolRetry | undefined;
  /** Asks a person before the body runs; a rule may return the question to ask. Default `false`. */
  readonly needsApproval?: boolean | ApprovalRule<Args> | undefined;
  /** `"return"` (default) shows a failure to the model; `"throw"` ends the run with a `ToolError`. */
  readonly onError?: "return" | "throw" | undefined;
  /**
   * Whether an answer can rest on its results (`grounding`, `gsar`). `false` for a tool that only gives back what a model has
   * said: a scratch pad, another model's answer. Default `true`.
   */
  readonly evidence?: boolean | undefined;
  /** Turns a person's answer to `ctx.interrupt(...)` into the result. Default: the answer is the result. */
  readonly onAnswer?: AnswerRule<Args> | undefined;
  /** JSON Schema of `parameters`, for schema libraries that cannot write it themselves. */
  readonly jsonSchema?: JsonObject | undefined;
}

const isTries = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 1;
const TRIES = "a whole number of tries from 1";

const OPTIONS: Checks<ToolOptions<unknown> & { readonly parameters: unknown }> = {
  name: must(
    '1 to 64 letters, digits, "_" or "-"',
    (value) => typeof value === "string" && /^[\w-]{1,64}$/.test(value),
  ),
  description: text,
  parameters: must("a schema or JSON Schema", (value) => isStandardSchema(value) || isObject(value)),
  execute: func,
  idempotent: either(
    isObject,
    shape<Idempotence>(
      {
        scope: oneOf("run", "thread"),
        ttlMs: must(
          "a number of milliseconds above 0",
          (value) => Number.isFinite(value) && Number(value) > 0,
        ),
      },
      ["scope"],
    ),
    must("true, false or { scope, ttlMs }", (value) => typeof value === "boolean"),
  ),
  onUnknownOutcome: oneOf("tell", "retry", "ask"),
  timeoutMs: time,
  retry: either(
    isObject,
    shape<ToolRetry>({ attempts: must(TRIES, isTries), delayMs: wait, maxDelayMs: wait }, ["attempts"]),
    must(`${TRIES}, or { attempts, delayMs, maxDelayMs }`, isTries),
  ),
  needsApproval: must(
    "true, false or a function",
    (value) => typeof value === "boolean" || typeof value === "function",
  ),
  onError: oneOf("return", "throw"),
  evidence: boolean,
  onAnswer: func,
  jsonSchema: json,
};

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
  options: ToolOptions<JsonObject> & { readonly parameters?: JsonObject | undefined },
): Tool<JsonObject>;
export function tool(
  options: ToolOptions<unknown> & { readonly parameters?: StandardSchemaV1 | JsonObject | undefined },
): Tool {
  const owner = typeof options?.name === "string" ? `tool "${options.name}"` : "tool";
  checkOptions(owner, options, OPTIONS, ["name", "description", "execute"]);
  const { parameters = {} } = options;
  const schema = readSchema(parameters, {
    owner: `${owner}: parameters`,
    object: true,
    jsonSchema: options.jsonSchema,
  });
  const { needsApproval = false } = options;
  const idempotent = readIdempotence(options.idempotent);
  const retry = readRetry(options.retry);
  return Object.freeze({
    name: options.name,
    description: options.description,
    parameters: schema.jsonSchema,
    onError: options.onError ?? "return",
    ...(idempotent === undefined ? {} : { idempotent }),
    ...(options.onUnknownOutcome === undefined ? {} : { onUnknownOutcome: options.onUnknownOutcome }),
    ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
    ...(retry === undefined ? {} : { retry }),
    ...(options.evidence === undefined ? {} : { evidence: options.evidence }),
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
  if (option === undefined || option === false) return undefined;
  return Object.freeze(option === true ? { scope: "run" } : { ...option });
}

function readRetry(option: number | ToolRetry | undefined): ToolRetry | undefined {
  if (option === undefined) return undefined;
  return Object.freeze(typeof option === "number" ? { attempts: option } : { ...option });
}
