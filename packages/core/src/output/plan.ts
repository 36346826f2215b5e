/** How an answer is bound to a schema: what a model is asked for, by what it can do. */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { ConfigurationError } from "../errors/errors.ts";
import { deepFreeze, type JsonObject, type JsonValue } from "../json/json.ts";
import type { ChatModel, ModelRequest, ToolDefinition } from "../model/types.ts";
import { type ParameterSchema, readSchema } from "../schema/read.ts";
import { isPlainObject, strictSchema, unwrapped, wrapped } from "../schema/strict.ts";
import type { Awaitable, Tool, Validated } from "../tool/types.ts";
import { FINAL_ANSWER } from "./final-answer.ts";

/**
 * `"native"`: the provider binds the answer to the schema, or to JSON. `"tool"`: the answer is given by calling a tool.
 * `"prompt"`: the model is told what to write. `"auto"`: the first of these that the model can do.
 */
export type OutputStrategy = "auto" | "native" | "tool" | "prompt";

/** An agent's `outputSchema`, ready to be asked for and checked. */
export interface OutputPlan<Output = unknown> {
  /** What the model sees: of an object, as providers bind nothing else; what is none is its member `value`. */
  readonly jsonSchema: JsonObject;
  readonly isWrapped: boolean;
  /** Whether providers can bind an answer to it strictly. */
  readonly isStrict: boolean;
  /** What was written, as the user's own schema has it. */
  restore(written: JsonValue): JsonValue;
  readonly strategy: OutputStrategy;
  readonly retries: number;
  /** What the schema made of the answer of a run, by the run's control: it is asked once. */
  readonly accepted: WeakMap<object, ReadAnswer<Output>>;
  /** A restored value, as the user's schema makes it. */
  validate(value: JsonValue): Awaitable<Validated<Output>>;
}

/** A schema library's schema (zod, Valibot, ArkType, …), or JSON Schema itself, whose values are of type `unknown`. */
export type SchemaOf<Output> = StandardSchemaV1<unknown, Output> | JsonObject;

/** An answer that fits: what was written, and what the schema makes of it. */
export interface ReadAnswer<Output = unknown> {
  readonly written: JsonValue;
  readonly value: Output;
}

/** What a plan is made of. */
export interface OutputPlanOptions {
  /** Begins every error: `Agent: outputSchema`. */
  readonly owner: string;
  readonly strategy?: OutputStrategy | undefined;
  readonly retries?: number | undefined;
}

const RETRIES = 2;

/** @throws ConfigurationError for a schema that cannot be written as JSON Schema. */
export function planOutput<Output>(schema: SchemaOf<Output>, options: OutputPlanOptions): OutputPlan<Output>;
export function planOutput(
  schema: ParameterSchema,
  { owner, strategy = "auto", retries = RETRIES }: OutputPlanOptions,
): OutputPlan {
  const { jsonSchema: own, validate } = readSchema(schema, { owner });
  const isWrapped = !isPlainObject(own);
  const strict = strictSchema(own);
  const isStrict = strict.problem === undefined;
  return Object.freeze({
    jsonSchema: isStrict ? strict.schema : isWrapped ? deepFreeze(wrapped(own)) : own,
    isWrapped,
    isStrict,
    strategy,
    retries,
    restore: isStrict || !isWrapped ? strict.restore : unwrapped,
    accepted: new WeakMap(),
    validate,
  });
}

/** What a strategy comes to with one model. */
export type OutputMeans = "schema" | "json" | "tool" | "prompt";

/** @throws ConfigurationError where the strategy asked for is none that the model can follow. */
export function meansOf({ strategy }: OutputPlan, model: ChatModel, hasTools: boolean): OutputMeans {
  const { structuredOutput, structuredOutputWithTools = true, tools } = model.capabilities;
  const native =
    structuredOutput === "none" || (hasTools && !structuredOutputWithTools) ? undefined : structuredOutput;
  const name = `${model.provider}:${model.modelId}`;
  switch (strategy) {
    case "auto":
      return native ?? (tools ? "tool" : "prompt");
    case "native":
      if (native !== undefined) return native;
      throw new ConfigurationError(
        `outputStrategy "native": ${name} binds no answer to a schema${structuredOutput === "none" ? "" : " while it is offered tools"}`,
        { hint: 'Leave outputStrategy out, or choose "tool" or "prompt".' },
      );
    case "tool":
      if (tools) return "tool";
      throw new ConfigurationError(`outputStrategy "tool": ${name} calls no tools`, {
        hint: 'Leave outputStrategy out, or choose "prompt".',
      });
    case "prompt":
      return "prompt";
  }
}

/** What is asked for along with the conversation; `again` where the last answer did not fit. */
export function outputRequest(
  plan: OutputPlan,
  means: OutputMeans,
  tools: readonly ToolDefinition[],
  again: boolean,
): Pick<ModelRequest, "outputSchema" | "tools" | "toolChoice"> {
  if (means === "schema" || means === "json") {
    return {
      outputSchema: { name: "answer", schema: plan.jsonSchema, strict: means === "schema" && plan.isStrict },
    };
  }
  if (means === "prompt") return {};
  const must = tools.length === 0 || again;
  return {
    tools: [...tools, definitionOf(plan)],
    ...(must ? { toolChoice: { name: FINAL_ANSWER } } : {}),
  };
}

/** What the model is told in its system prompt, where the provider does not see to it. */
export function outputInstructions({ jsonSchema }: OutputPlan, means: OutputMeans): string {
  if (means === "schema") return "";
  if (means === "tool")
    return `Give your final answer by calling ${FINAL_ANSWER}; an answer in plain text is not read.`;
  return `Give your final answer as one JSON object that fits this JSON Schema, and write nothing beside it:\n${JSON.stringify(jsonSchema)}`;
}

const definitions = new WeakMap<OutputPlan, ToolDefinition>();

/** One object for each plan, so that models count and convert it once. */
function definitionOf(plan: OutputPlan): ToolDefinition {
  const known = definitions.get(plan);
  if (known !== undefined) return known;
  const { jsonSchema: parameters } = plan;
  const made = deepFreeze({
    name: FINAL_ANSWER,
    description: "Gives the final answer and ends the task.",
    parameters,
  });
  definitions.set(plan, made);
  return made;
}

/** Takes whatever it is called with: the answer is checked as an answer, however it was given. */
export function finalAnswerTool({ jsonSchema }: OutputPlan): Tool {
  return {
    name: FINAL_ANSWER,
    description: "Gives the final answer and ends the task.",
    parameters: jsonSchema,
    onError: "return",
    validate: (value) => ({ ok: true, value }),
    needsApproval: () => false,
    execute: (value) => value,
  };
}
