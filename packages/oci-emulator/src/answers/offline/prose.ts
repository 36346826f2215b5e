// Tool results as sentences that name their values.
import { isJsonObject, type JsonValue, parseJson, plainText } from "../../json.ts";
import type { QuestionMessage } from "../question.ts";

/** A tool call and what came of it. */
export interface Outcome {
  readonly name: string;
  readonly arguments: JsonValue;
  readonly text: string;
  /** The text as JSON, or the text itself. */
  readonly value: JsonValue;
}

/** The calls of these messages that have results, in order. */
export function outcomesOf(messages: readonly QuestionMessage[]): readonly Outcome[] {
  const calls = messages.flatMap(({ toolCalls }) => toolCalls);
  return messages
    .filter(({ role }) => role === "tool")
    .map(({ text, toolCallId }) => {
      const call = calls.find(({ id }) => id === toolCallId);
      return {
        name: call?.name ?? "the tool",
        arguments: parseJson(call?.arguments ?? "") ?? {},
        text,
        value: parseJson(text) ?? text,
      };
    });
}

/** camelCase and snake_case as words; units and acronyms keep their capitals. */
const humanise = (key: string): string =>
  key
    .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, "$1 $2")
    .replace(/[_-]+/g, " ")
    .replace(/\b(\p{Lu})(\p{Ll}+)/gu, (_, first: string, rest: string) => first.toLowerCase() + rest);

function describe(value: JsonValue | undefined, known: ReadonlySet<string>): string {
  if (Array.isArray(value)) {
    const shown = value.slice(0, 8).map((item) => describe(item, known));
    const more = value.length > 8 ? `, and ${value.length - 8} more` : "";
    return value.length === 0 ? "nothing" : shown.join(value.some(isJsonObject) ? "; " : ", ") + more;
  }
  if (!isJsonObject(value)) return plainText(value);
  return Object.entries(value)
    .filter(([, held]) => held !== undefined && !known.has(plainText(held)))
    .map(([key, held]) => `${humanise(key)} ${describe(held, known)}`)
    .join(", ");
}

const scalars = (value: JsonValue): readonly string[] =>
  isJsonObject(value)
    ? Object.values(value)
        .filter((held) => typeof held !== "object")
        .map(plainText)
    : [];

function sentence(outcome: Outcome): string {
  const { name, value } = outcome;
  const asked = scalars(outcome.arguments);
  const about = asked.length === 0 ? humanise(name) : asked.join(", ");
  const failure = isJsonObject(value) ? value.error : undefined;
  if (failure !== undefined) return `${name} failed for ${about}: ${describe(failure, new Set())}.`;
  if (typeof value === "string") return `${name} for ${about}: ${value.trim().replace(/\.$/, "")}.`;
  const told = describe(value, new Set(asked));
  return told === "" ? `${name} confirms ${about}.` : `${name} for ${about}: ${told}.`;
}

/** All outcomes in one paragraph. */
export function proseOf(outcomes: readonly Outcome[]): string {
  return `Here is what the tools say. ${outcomes.map(sentence).join(" ")}`;
}
