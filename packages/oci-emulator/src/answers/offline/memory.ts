// Answers without tools: from what was said before in the conversation, from arithmetic, or an honest shrug.
import type { QuestionMessage } from "../question.ts";
import { evaluate, expressions } from "./arithmetic.ts";
import { contentWords, stem, stems } from "./words.ts";

/** A reply to the last user message of a conversation. */
export function replyFrom(messages: readonly QuestionMessage[]): string {
  const { prompt, earlier } = saidIn(messages);
  return certainReply(messages) ?? related(prompt, earlier) ?? shrug(prompt);
}

/** A reply that needs nothing but the conversation; `undefined` where the rest would be a guess. */
export function certainReply(messages: readonly QuestionMessage[]): string | undefined {
  const { prompt, earlier } = saidIn(messages);
  return (
    lastWords(prompt, earlier) ??
    recollection(prompt, earlier) ??
    sum(prompt) ??
    greeting(prompt) ??
    acknowledgement(prompt)
  );
}

function saidIn(messages: readonly QuestionMessage[]): {
  readonly prompt: string;
  readonly earlier: readonly string[];
} {
  const said = messages
    .filter(({ role, text }) => role === "user" && text.trim() !== "")
    .map(({ text }) => text.trim());
  return { prompt: said.at(-1) ?? "", earlier: said.slice(0, -1) };
}

function lastWords(prompt: string, earlier: readonly string[]): string | undefined {
  if (/\b(summar|recap|so far)/i.test(prompt) && earlier.length > 0) {
    return `So far you said: ${earlier.map((text) => `"${text}"`).join(", ")}.`;
  }
  const asks =
    /what (did|have|had) i (just |last )?(say|said|ask|asked|tell|told|wr[io]te?|mention)|my (last|previous) (message|question)|repeat what i/i;
  if (!asks.test(prompt)) return undefined;
  const last = earlier.at(-1);
  return last === undefined ? "You had not said anything before that." : `You just said: "${last}".`;
}

const namePatterns = [
  /\b(?:[Mm]y name is|[Mm]y name's|[Cc]all me|I am called)\s+(\p{L}[\p{L}'-]*(?: \p{Lu}[\p{L}'-]*)*)/u,
  /\b(?:I am|I'm|this is)\s+(\p{Lu}[\p{L}'-]*(?: \p{Lu}[\p{L}'-]*)*)/u,
] as const;

/** "What is my name?", "Where do I live?": facts that the user told earlier. */
function recollection(prompt: string, earlier: readonly string[]): string | undefined {
  const latestFirst = earlier.toReversed();
  const find = (pattern: RegExp): string | undefined => {
    for (const text of latestFirst) {
      const found = pattern.exec(text)?.[1]?.trim();
      if (found) return found;
    }
    return undefined;
  };
  if (/\b(what|who|tell|say|know|remember)\b.*\bmy name\b|\bwho am i\b|what am i called/i.test(prompt)) {
    const name = namePatterns.map(find).find((found) => found !== undefined);
    return name === undefined ? "You have not told me your name." : `Your name is ${name}.`;
  }
  const thing =
    /\b(?:what|which|who|when|where)(?:'s|\s+(?:is|are|was|were))?\s+my\s+([\p{L}\p{N} '-]+?)\s*(?:again\s*)?\?*$/iu.exec(
      prompt,
    )?.[1];
  if (thing !== undefined) {
    const value = find(
      new RegExp(String.raw`\bmy ${escapeText(thing)}(?:\s+(?:is|are|was|were)|'s|:)\s+([^.!?\n]+)`, "i"),
    );
    if (value !== undefined) return `Your ${thing} is ${value}.`;
  }
  const habit = /\bwhere do i (\w+)/i.exec(prompt)?.[1];
  if (habit !== undefined) {
    const place = find(
      new RegExp(String.raw`\bI (?:\w+ )?${escapeText(habit)} ((?:in|at|for|near) [^.!?,\n]+)`, "i"),
    );
    if (place !== undefined) return `You ${habit} ${place}.`;
  }
  return undefined;
}

const escapeText = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

function sum(prompt: string): string | undefined {
  const [expression] = expressions(prompt);
  return expression === undefined ? undefined : `${expression} = ${evaluate(expression)}.`;
}

function greeting(prompt: string): string | undefined {
  return /^(hi|hello|hey|good (morning|afternoon|evening))\b[^?]{0,30}$/i.test(prompt)
    ? "Hello! What can I do for you?"
    : undefined;
}

/** Something the user wants kept in mind is confirmed by repeating it. */
function acknowledgement(prompt: string): string | undefined {
  const name = namePatterns.map((pattern) => pattern.exec(prompt)?.[1]).find(Boolean);
  if (name !== undefined && !prompt.includes("?")) return `Nice to meet you, ${name}. I will remember that.`;
  const fact = /\b(my [\p{L} ]+ (?:is|are) [^.!?\n]+|(?:remember|note) (?:that )?[^.!?\n]+)/iu.exec(
    prompt,
  )?.[1];
  return fact === undefined || prompt.includes("?") ? undefined : `I will keep in mind: "${fact}".`;
}

/** The earlier message that has most to do with the question. */
function related(prompt: string, earlier: readonly string[]): string | undefined {
  if (!prompt.includes("?")) return undefined;
  const words = stems(contentWords(prompt));
  let best: { readonly text: string; readonly shared: number } | undefined;
  for (const text of earlier) {
    const shared = contentWords(text).filter((word) => words.has(stem(word))).length;
    if (shared > 0 && shared >= (best?.shared ?? 1)) best = { text, shared };
  }
  return best === undefined ? undefined : `Earlier you said: "${best.text}".`;
}

function shrug(prompt: string): string {
  const heard = prompt === "" ? "You have not asked anything yet." : `You asked: "${shorten(prompt)}".`;
  return `${heard} I answer by rules and know only this conversation; start the emulator with an upstream for a model's answer.`;
}

function shorten(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`;
}
