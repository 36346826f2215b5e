// The body of a response request: checked at the boundary; which fields exist, and which moved elsewhere, is a table.
import { z } from "zod";
import type { Question, ToolChoice } from "../answers/question.ts";
import type { Principal } from "../auth/principal.ts";
import { type ErrorReply, openaiError } from "../http/envelopes.ts";
import { isJsonObject, type JsonObject, type JsonValue, plainText } from "../json.ts";
import { familyOf } from "../models/families.ts";
import { type Item, toMessages } from "./items.ts";

/** A response request's body, checked. Fields not named here are still in it. */
export interface ResponsesBody {
  readonly [field: string]: unknown;
  readonly model: string;
  readonly input: string | readonly JsonObject[];
  readonly instructions?: string | null | undefined;
  readonly tools?: readonly JsonObject[] | null | undefined;
  readonly tool_choice?: "auto" | "none" | "required" | JsonObject | null | undefined;
  readonly text?: { readonly format?: TextFormat | undefined } | null | undefined;
  readonly reasoning?:
    | { readonly effort?: string | null | undefined; readonly summary?: string | null | undefined }
    | null
    | undefined;
  readonly include?: readonly string[] | null | undefined;
  readonly store?: boolean | null | undefined;
  readonly stream?: boolean | null | undefined;
  readonly background?: boolean | null | undefined;
  readonly previous_response_id?: string | null | undefined;
  readonly conversation?: string | { readonly id: string } | null | undefined;
  readonly metadata?: JsonObject | null | undefined;
}

type TextFormat =
  | { readonly type: "text" | "json_object" }
  | { readonly type: "json_schema"; readonly name: string; readonly schema: JsonObject };

const json: z.ZodType<JsonObject> = z.custom<JsonObject>(isJsonObject, "expected an object");

/** Items whose fields matter; any other type passes as it is. */
const knownItems: Readonly<Record<string, z.ZodType>> = {
  message: z.looseObject({
    role: z.enum(["user", "assistant", "system", "developer"]),
    content: z.union([z.string(), z.array(z.looseObject({ type: z.string() }))]),
  }),
  function_call: z.looseObject({ call_id: z.string(), name: z.string(), arguments: z.string() }),
  function_call_output: z.looseObject({
    call_id: z.string(),
    output: z.union([z.string(), z.array(z.looseObject({ type: z.string() }))]),
  }),
  reasoning: z.looseObject({
    summary: z.array(json),
    encrypted_content: z.string().nullish(),
  }),
  item_reference: z.looseObject({ id: z.string() }),
  mcp_approval_response: z.looseObject({ approval_request_id: z.string(), approve: z.boolean() }),
};

const item: z.ZodType<JsonObject> = json.superRefine((value, context) => {
  const type = value.type ?? "message";
  const known = typeof type === "string" ? knownItems[type] : z.looseObject({ type: z.string() });
  const checked = known?.safeParse(value);
  for (const { path, message } of checked?.error?.issues ?? []) {
    context.addIssue({ code: "custom", path: [...path], message });
  }
});

const tool: z.ZodType<JsonObject> = json.superRefine((value, context) => {
  if (typeof value.type !== "string") {
    context.addIssue({ code: "custom", path: ["type"], message: "expected a string" });
  }
  if (value.type === "function" && typeof value.name !== "string") {
    context.addIssue({ code: "custom", path: ["name"], message: "expected a string" });
  }
});

const responsesBody: z.ZodType<ResponsesBody> = z.looseObject({
  model: z.string().min(1),
  input: z.union([z.string(), z.array(item).min(1)]),
  instructions: z.string().nullish(),
  tools: z.array(tool).nullish(),
  tool_choice: z
    .union([z.enum(["auto", "none", "required"]), json.refine(({ type }) => typeof type === "string")])
    .nullish(),
  text: z
    .looseObject({
      format: z
        .discriminatedUnion("type", [
          z.looseObject({ type: z.literal("text") }),
          z.looseObject({ type: z.literal("json_object") }),
          z.looseObject({ type: z.literal("json_schema"), name: z.string(), schema: json }),
        ])
        .optional(),
    })
    .nullish(),
  reasoning: z.looseObject({ effort: z.string().nullish(), summary: z.string().nullish() }).nullish(),
  include: z.array(z.string()).nullish(),
  store: z.boolean().nullish(),
  stream: z.boolean().nullish(),
  background: z.boolean().nullish(),
  previous_response_id: z.string().nullish(),
  conversation: z.union([z.string(), z.looseObject({ id: z.string() })]).nullish(),
  metadata: json.nullish(),
});

const knownFields: ReadonlySet<string> = new Set(
  `background context_management conversation include input instructions max_output_tokens max_tool_calls metadata
  model moderation parallel_tool_calls previous_response_id prompt prompt_cache_key prompt_cache_options
  prompt_cache_retention reasoning safety_identifier service_tier store stream stream_options temperature text
  tool_choice tools top_logprobs top_p truncation user`.split(/\s+/),
);

/** Fields of chat completions, and where Responses have them. */
const movedFields: Readonly<Record<string, string>> = {
  messages: "input",
  response_format: "text.format",
  max_tokens: "max_output_tokens",
  max_completion_tokens: "max_output_tokens",
  reasoning_effort: "reasoning.effort",
};

export type ParsedResponses =
  | { readonly ok: true; readonly body: ResponsesBody; readonly source: JsonObject }
  | { readonly ok: false; readonly error: ErrorReply; readonly reason: string };

export function parseResponsesBody(value: JsonValue | undefined): ParsedResponses {
  const refuse = (reason: string, error: ErrorReply): ParsedResponses => ({ ok: false, reason, error });
  if (!isJsonObject(value)) {
    const text = "We could not parse the JSON body of your request.";
    return refuse("the body is not a JSON object", openaiError(400, text));
  }
  const unknown = Object.keys(value).find((field) => !knownFields.has(field));
  if (unknown !== undefined) {
    const moved = movedFields[unknown];
    const text =
      moved === undefined
        ? `Unknown parameter: '${unknown}'.`
        : `Unsupported parameter: '${unknown}'. In the Responses API, this parameter has moved to '${moved}'. Try again with the new parameter.`;
    const code = moved === undefined ? "unknown_parameter" : "unsupported_parameter";
    return refuse(`${unknown} is no field of Responses`, openaiError(400, text, { param: unknown, code }));
  }
  const result = responsesBody.safeParse(value);
  if (result.success) return { ok: true, body: result.data, source: value };
  const { path, message } = result.error.issues[0] ?? { path: [], message: "invalid" };
  const name = path
    .map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`))
    .join("")
    .replace(/^\./, "");
  const missing = at(value, path) === undefined;
  const text = missing
    ? `Missing required parameter: '${name}'.`
    : `Invalid value for '${name}': ${message}.`;
  const code = missing ? "missing_required_parameter" : "invalid_type";
  return refuse(`${name || "body"}: ${message}`, openaiError(400, text, { param: name, code }));
}

function at(value: JsonValue | undefined, path: readonly PropertyKey[]): unknown {
  let held: unknown = value;
  for (const key of path) {
    if (typeof held !== "object" || held === null) return undefined;
    held = Reflect.get(held, key);
  }
  return held;
}

export function toQuestion(
  parsed: { readonly body: ResponsesBody; readonly source: JsonObject },
  items: readonly Item[],
  principal: Principal,
  signal: AbortSignal,
): Question {
  const { body, source } = parsed;
  const format = body.text?.format;
  const system = body.instructions ? [{ role: "system", content: body.instructions }] : [];
  return {
    surface: "responses",
    model: body.model,
    family: familyOf(body.model).name,
    messages: toMessages([...system, ...items]),
    tools: functionTools(body).map((each) => ({
      name: plainText(each.name),
      description: typeof each.description === "string" ? each.description : "",
      parameters: isJsonObject(each.parameters) ? each.parameters : {},
    })),
    toolChoice: toToolChoice(body.tool_choice),
    parallelToolCalls: body.parallel_tool_calls !== false,
    outputSchema: format?.type === "json_schema" ? format.schema : undefined,
    jsonOutput: format?.type === "json_object" || format?.type === "json_schema",
    stream: body.stream === true,
    principal,
    body: source,
    signal,
  };
}

export const functionTools = (body: ResponsesBody): readonly JsonObject[] =>
  (body.tools ?? []).filter(({ type }) => type === "function");

function toToolChoice(choice: ResponsesBody["tool_choice"]): ToolChoice {
  if (choice === undefined || choice === null) return "auto";
  if (typeof choice === "string") return choice;
  return choice.type === "function" && typeof choice.name === "string" ? { name: choice.name } : "auto";
}
