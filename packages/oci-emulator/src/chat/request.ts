// The body of a chat completion: checked at the boundary, then turned into a question.
import { z } from "zod";
import type { Question, QuestionMessage, ToolChoice } from "../answers/question.ts";
import type { Principal } from "../auth/principal.ts";
import { type ErrorReply, openaiError } from "../http/envelopes.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import { familyOf } from "../models/families.ts";

/** A message's content: text, or parts of which only the text ones are read here. */
export type ChatContent =
  | string
  | null
  | readonly { readonly type: string; readonly text?: string | undefined }[];

interface ChatToolCall {
  readonly id: string;
  readonly function: { readonly name: string; readonly arguments: string };
}

type ChatMessage = { readonly content?: ChatContent | undefined } & (
  | { readonly role: "system" | "developer" | "user" }
  | { readonly role: "assistant"; readonly tool_calls?: readonly ChatToolCall[] | undefined }
  | { readonly role: "tool"; readonly tool_call_id: string }
);

interface ChatTool {
  readonly function: {
    readonly name: string;
    readonly description?: string | undefined;
    readonly parameters?: JsonObject | undefined;
  };
}

/** A chat completion's body, checked. Fields not named here are still in it. */
export interface ChatBody {
  readonly [field: string]: unknown;
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly tools?: readonly ChatTool[] | undefined;
  readonly tool_choice?:
    | "auto"
    | "none"
    | "required"
    | { readonly type: "function"; readonly function: { readonly name: string } }
    | undefined;
  readonly response_format?:
    | { readonly type: "text" | "json_object" }
    | { readonly type: "json_schema"; readonly json_schema: { readonly schema?: JsonObject | undefined } }
    | undefined;
  readonly stream?: boolean | null | undefined;
  readonly stream_options?: { readonly include_usage?: boolean | undefined } | null | undefined;
}

const json: z.ZodType<JsonObject> = z.custom<JsonObject>(isJsonObject, "expected an object");

const content: z.ZodType<ChatContent | undefined> = z
  .union([z.string(), z.array(z.looseObject({ type: z.string(), text: z.string().optional() })), z.null()])
  .optional();

const toolCall: z.ZodType<ChatToolCall> = z.looseObject({
  id: z.string(),
  function: z.looseObject({ name: z.string(), arguments: z.string() }),
});

const message: z.ZodType<ChatMessage> = z.discriminatedUnion("role", [
  z.looseObject({ role: z.enum(["system", "developer", "user"]), content: content }),
  z.looseObject({
    role: z.literal("assistant"),
    content: content,
    tool_calls: z.array(toolCall).optional(),
  }),
  z.looseObject({ role: z.literal("tool"), content: content, tool_call_id: z.string() }),
]);

const chatBody: z.ZodType<ChatBody> = z.looseObject({
  model: z.string().min(1),
  messages: z.array(message).min(1),
  tools: z
    .array(
      z.looseObject({
        type: z.literal("function"),
        function: z.looseObject({
          name: z.string(),
          description: z.string().optional(),
          parameters: json.optional(),
        }),
      }),
    )
    .optional(),
  tool_choice: z
    .union([
      z.enum(["auto", "none", "required"]),
      z.looseObject({ type: z.literal("function"), function: z.looseObject({ name: z.string() }) }),
    ])
    .optional(),
  response_format: z
    .discriminatedUnion("type", [
      z.looseObject({ type: z.literal("text") }),
      z.looseObject({ type: z.literal("json_object") }),
      z.looseObject({
        type: z.literal("json_schema"),
        json_schema: z.looseObject({ name: z.string(), schema: json.optional() }),
      }),
    ])
    .optional(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
});

export type ParsedChat =
  | { readonly ok: true; readonly body: ChatBody; readonly source: JsonObject }
  | { readonly ok: false; readonly error: ErrorReply; readonly reason: string };

export function parseChatBody(value: JsonValue | undefined): ParsedChat {
  if (!isJsonObject(value)) {
    const reason = "the body is not a JSON object";
    return {
      ok: false,
      reason,
      error: openaiError(400, "We could not parse the JSON body of your request."),
    };
  }
  const result = chatBody.safeParse(value);
  if (result.success) return { ok: true, body: result.data, source: value };
  const issue = result.error.issues[0];
  const param = (issue?.path ?? []).map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`));
  const name = param.join("").replace(/^\./, "");
  const missing = !(String(issue?.path[0] ?? "") in value);
  const reason = `${name || "body"}: ${issue?.message ?? "invalid"}`;
  const text = missing
    ? `Missing required parameter: '${name}'.`
    : `Invalid value for '${name}': ${issue?.message}.`;
  const code = missing ? "missing_required_parameter" : "invalid_type";
  return { ok: false, reason, error: openaiError(400, text, { param: name, code }) };
}

/** The text of a message's content. */
export function contentText(value: ChatContent | undefined): string {
  if (typeof value === "string") return value;
  return (value ?? []).map(({ text }) => text ?? "").join("");
}

export function toQuestion(
  parsed: { readonly body: ChatBody; readonly source: JsonObject },
  principal: Principal,
  signal: AbortSignal,
): Question {
  const { body, source } = parsed;
  const format = body.response_format;
  return {
    surface: "chat.completions",
    model: body.model,
    family: familyOf(body.model).name,
    messages: body.messages.map(toMessage),
    tools: (body.tools ?? []).map(({ function: tool }) => ({
      name: tool.name,
      description: tool.description ?? "",
      parameters: tool.parameters ?? {},
    })),
    toolChoice: toToolChoice(body),
    parallelToolCalls: body.parallel_tool_calls !== false,
    outputSchema: format?.type === "json_schema" ? (format.json_schema.schema ?? {}) : undefined,
    jsonOutput: format?.type === "json_object" || format?.type === "json_schema",
    stream: body.stream === true,
    principal,
    body: source,
    signal,
  };
}

function toMessage(from: ChatBody["messages"][number]): QuestionMessage {
  return {
    role: from.role === "developer" ? "system" : from.role,
    text: contentText(from.content),
    toolCalls:
      from.role === "assistant"
        ? (from.tool_calls ?? []).map((call) => ({
            id: call.id,
            name: call.function.name,
            arguments: call.function.arguments,
          }))
        : [],
    toolCallId: from.role === "tool" ? from.tool_call_id : undefined,
  };
}

function toToolChoice(body: ChatBody): ToolChoice {
  if (body.tool_choice === undefined) return "auto";
  return typeof body.tool_choice === "string" ? body.tool_choice : { name: body.tool_choice.function.name };
}
