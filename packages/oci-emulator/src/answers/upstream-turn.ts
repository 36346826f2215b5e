// Any surface over an upstream that knows chat completions only: the question as its request, its answer as a turn.
import { z } from "zod";
import type { JsonObject, JsonValue } from "../json.ts";
import type { Question, QuestionMessage } from "./question.ts";
import type { FinishReason, Turn } from "./turn.ts";

/** The question as the body of a chat completion. */
export function chatBodyOf(question: Question, model: string): JsonObject {
  const { tools, toolChoice, outputSchema } = question;
  const format =
    outputSchema === undefined
      ? { type: "json_object" }
      : { type: "json_schema", json_schema: { name: "answer", schema: outputSchema } };
  return {
    model,
    messages: question.messages.map(toChatMessage),
    ...(tools.length === 0
      ? {}
      : {
          tools: tools.map((tool) => ({ type: "function", function: { ...tool } })),
          tool_choice:
            typeof toolChoice === "string" ? toolChoice : { type: "function", function: { ...toolChoice } },
        }),
    ...(question.jsonOutput ? { response_format: format } : {}),
  };
}

function toChatMessage({ role, text, toolCalls, toolCallId }: QuestionMessage): JsonObject {
  return {
    role,
    content: text === "" && toolCalls.length > 0 ? null : text,
    ...(toolCalls.length === 0
      ? {}
      : {
          tool_calls: toolCalls.map(({ id, name, arguments: args }) => ({
            id,
            type: "function",
            function: { name, arguments: args },
          })),
        }),
    ...(toolCallId === undefined ? {} : { tool_call_id: toolCallId }),
  };
}

const finishReasons: ReadonlySet<string> = new Set(["stop", "tool_calls", "length", "content_filter"]);
const isFinishReason = (value: unknown): value is FinishReason =>
  typeof value === "string" && finishReasons.has(value);

const completion = z.object({
  choices: z
    .array(
      z.object({
        message: z.object({
          content: z.string().nullish(),
          reasoning_content: z.string().nullish(),
          tool_calls: z
            .array(
              z.object({
                id: z.string().optional(),
                function: z.object({ name: z.string(), arguments: z.string() }),
              }),
            )
            .nullish(),
        }),
        finish_reason: z.string().nullish(),
      }),
    )
    .min(1),
  usage: z.object({ prompt_tokens: z.number(), completion_tokens: z.number() }).nullish(),
});

/** The upstream's answer as a turn; an error or anything else than a chat completion comes through as it is. */
export function turnOf(status: number, body: JsonValue): Turn {
  const parsed = completion.safeParse(body);
  if (status !== 200 || !parsed.success) return { status: status === 200 ? 502 : status, body };
  const { choices, usage } = parsed.data;
  const [choice] = choices;
  const { content, reasoning_content: reasoning, tool_calls: calls } = choice?.message ?? {};
  return {
    ...(content ? { text: content } : {}),
    ...(reasoning ? { reasoning } : {}),
    ...(calls?.length
      ? {
          toolCalls: calls.map(({ id, function: { name, arguments: args } }) => ({
            ...(id === undefined ? {} : { id }),
            name,
            arguments: args,
          })),
        }
      : {}),
    ...(isFinishReason(choice?.finish_reason) ? { finishReason: choice.finish_reason } : {}),
    ...(usage ? { usage: { inputTokens: usage.prompt_tokens, outputTokens: usage.completion_tokens } } : {}),
  };
}
