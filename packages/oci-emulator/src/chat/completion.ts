// A turn made complete: ids, texts, usage and finish reason; and its plain form, the chat completion object.
import { randomUUID } from "node:crypto";
import type { Question } from "../answers/question.ts";
import type { FinishReason, Turn } from "../answers/turn.ts";
import type { JsonObject } from "../json.ts";
import type { ToolDeltaStyle } from "../stream/tool-deltas.ts";
import type { WireStyle } from "../stream/wire.ts";
import type { Family } from "./families.ts";

export interface CompletedCall {
  readonly id: string;
  readonly name: string;
  /** JSON text. */
  readonly arguments: string;
}

/** A turn with nothing left to decide. */
export interface Completed {
  readonly id: string;
  /** Unix seconds on the emulator's clock. */
  readonly created: number;
  readonly model: string;
  readonly text: readonly string[];
  readonly reasoning: readonly string[];
  readonly toolCalls: readonly CompletedCall[];
  readonly toolDeltas: ToolDeltaStyle;
  readonly finishReason: FinishReason;
  readonly usage: JsonObject;
}

const newId = (): string => randomUUID().replaceAll("-", "");
/** The usual rule of thumb; nobody bills by it. */
const tokens = (characters: number): number => Math.ceil(characters / 4);

export function completeTurn(turn: Turn, question: Question, family: Family, now: Date): Completed {
  const pieces = turn.wire?.pieces ?? "words";
  const text = cut(turn.text ?? "", pieces);
  const reasoning = cut(turn.reasoning ?? "", pieces);
  const toolCalls = (turn.toolCalls ?? []).map((call) => ({
    id: call.id ?? `call_${newId().slice(0, 24)}`,
    name: call.name,
    arguments: typeof call.arguments === "string" ? call.arguments : JSON.stringify(call.arguments ?? {}),
  }));
  const style = turn.toolDeltas ?? family.toolDeltas;
  const calls = toolCalls.length > 0 && style !== "text-tags" ? family.finishReasonOfToolCalls : "stop";
  return {
    id: `chatcmpl-${newId()}`,
    created: Math.floor(now.getTime() / 1000),
    model: question.model,
    text,
    reasoning,
    toolCalls,
    toolDeltas: style,
    finishReason: turn.finishReason ?? calls,
    usage: countUsage(turn, question, { text, reasoning, toolCalls }),
  };
}

/** Cuts a text as the stream will carry it; joined again it is the text. */
export function cut(
  text: string | readonly string[],
  pieces: NonNullable<WireStyle["pieces"]>,
): readonly string[] {
  if (typeof text !== "string") return text;
  if (text === "") return [];
  if (pieces === "whole") return [text];
  if (pieces === "characters") return Array.from(text);
  return text.match(/\s*\S+|\s+$/g) ?? [];
}

function countUsage(
  turn: Turn,
  question: Question,
  answer: Pick<Completed, "text" | "reasoning" | "toolCalls">,
): JsonObject {
  const length = (texts: readonly string[]): number => texts.reduce((sum, text) => sum + text.length, 0);
  const asked = question.messages.reduce(
    (sum, message) => sum + message.text.length + length(message.toolCalls.map((call) => call.arguments)),
    0,
  );
  const told = length(answer.text) + length(answer.toolCalls.map((call) => call.name + call.arguments));
  const reasoned = turn.usage?.reasoningTokens ?? tokens(length(answer.reasoning));
  const input = turn.usage?.inputTokens ?? tokens(asked);
  const output = turn.usage?.outputTokens ?? tokens(told) + reasoned;
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: turn.usage?.cachedInputTokens ?? 0 },
    completion_tokens_details: { reasoning_tokens: reasoned },
  };
}

/** A tool call as text, the way models without a tool protocol write it. */
export const tagged = (call: CompletedCall): string =>
  `<tool_call>{"name": ${JSON.stringify(call.name)}, "arguments": ${call.arguments}}</tool_call>`;

/** Whether the style leaves out ids. */
export const idless = (style: ToolDeltaStyle): boolean => style === "without-ids" || style === "final-frame";

/** The arguments as the style writes them. */
export const argumentsText = (call: CompletedCall, style: ToolDeltaStyle): string =>
  style === "double-encoded" ? JSON.stringify(call.arguments) : call.arguments;

/** The answer to a request without `stream`. */
export function completionObject(answer: Completed): JsonObject {
  const inText = answer.toolDeltas === "text-tags" ? answer.toolCalls.map(tagged).join("\n") : "";
  const text = answer.text.join("") + inText;
  const reasoning = answer.reasoning.join("");
  const calls = inText === "" ? answer.toolCalls : [];
  return {
    id: answer.id,
    object: "chat.completion",
    created: answer.created,
    model: answer.model,
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          content: text === "" && calls.length > 0 ? null : text,
          ...(reasoning === "" ? {} : { reasoning_content: reasoning }),
          ...(calls.length === 0
            ? {}
            : {
                tool_calls: calls.map((call) => ({
                  ...(idless(answer.toolDeltas) ? {} : { id: call.id }),
                  type: "function",
                  function: { name: call.name, arguments: argumentsText(call, answer.toolDeltas) },
                })),
              }),
        },
        finish_reason: answer.finishReason,
      },
    ],
    usage: answer.usage,
  };
}
