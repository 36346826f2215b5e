// A turn made complete: ids, texts, tokens and finish reason, before any surface gives it its wire form.
import { randomUUID } from "node:crypto";
import type { Family } from "../models/families.ts";
import type { ToolDeltaStyle } from "../stream/tool-deltas.ts";
import type { WireStyle } from "../stream/wire.ts";
import type { Question } from "./question.ts";
import type { FinishReason, Turn } from "./turn.ts";

export interface CompletedCall {
  readonly id: string;
  readonly name: string;
  /** JSON text. */
  readonly arguments: string;
}

/** Tokens of one answer. */
export interface TokenCounts {
  readonly input: number;
  readonly output: number;
  readonly cached: number;
  readonly reasoning: number;
}

/** A turn with nothing left to decide. */
export interface Completed {
  /** Unix seconds on the emulator's clock. */
  readonly created: number;
  readonly model: string;
  readonly text: readonly string[];
  readonly reasoning: readonly string[];
  readonly refusal: string | undefined;
  readonly toolCalls: readonly CompletedCall[];
  readonly toolDeltas: ToolDeltaStyle;
  readonly finishReason: FinishReason;
  readonly tokens: TokenCounts;
}

/** Letters and digits that nobody else has. */
export const newId = (): string => randomUUID().replaceAll("-", "");
/** The usual rule of thumb; nobody bills by it. */
export const tokensOf = (characters: number): number => Math.ceil(characters / 4);

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
    created: Math.floor(now.getTime() / 1000),
    model: question.model,
    text,
    reasoning,
    refusal: turn.refusal,
    toolCalls,
    toolDeltas: style,
    finishReason: turn.finishReason ?? calls,
    tokens: countTokens(turn, question, { text, reasoning, toolCalls }),
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

function countTokens(
  turn: Turn,
  question: Question,
  answer: Pick<Completed, "text" | "reasoning" | "toolCalls">,
): TokenCounts {
  const length = (texts: readonly string[]): number => texts.reduce((sum, text) => sum + text.length, 0);
  const asked = question.messages.reduce(
    (sum, message) => sum + message.text.length + length(message.toolCalls.map((call) => call.arguments)),
    0,
  );
  const told = length(answer.text) + length(answer.toolCalls.map((call) => call.name + call.arguments));
  const reasoning = turn.usage?.reasoningTokens ?? tokensOf(length(answer.reasoning));
  return {
    input: turn.usage?.inputTokens ?? tokensOf(asked),
    output: turn.usage?.outputTokens ?? tokensOf(told) + reasoning,
    cached: turn.usage?.cachedInputTokens ?? 0,
    reasoning,
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

/** A text in pieces of so many characters, never splitting one. */
export function slices(text: string, size: number): readonly string[] {
  const characters = Array.from(text);
  const result: string[] = [];
  for (let at = 0; at < characters.length; at += size) result.push(characters.slice(at, at + size).join(""));
  return result;
}
