// The default answers: a rule-based responder that calls tools by their words and reports what they said.
import type { JsonValue } from "../../json.ts";
import type { Question, QuestionMessage } from "../question.ts";
import type { AnswerSource } from "../source.ts";
import type { Turn } from "../turn.ts";
import { fillSchema } from "./fill.ts";
import type { Finding } from "./hosted/errand.ts";
import { runHosted } from "./hosted/index.ts";
import { replyFrom } from "./memory.ts";
import { planCalls } from "./plan.ts";
import { type Outcome, outcomesOf, proseOf } from "./prose.ts";

/** What every text of this source ends with, so that nobody takes it for a model's answer. */
const label = "(offline emulator)";

/**
 * Answers without any model: picks tools by the words of the prompt, fills their arguments from it, then reports the
 * results. Without tools it answers from the conversation. The same conversation always gets the same answer.
 *
 * @example
 * ```ts
 * import { offline, scripted, startOciEmulator } from "@locus-sdk/oci-emulator";
 *
 * await using emulator = await startOciEmulator({
 *   answers: scripted([{ error: "TooManyRequests" }], { afterwards: offline() }),
 * });
 * process.stdout.write(emulator.url);
 * ```
 */
export function offline(): AnswerSource {
  return {
    name: "offline",
    answer: (question) => Promise.resolve({ kind: "turn", turn: respond(question) }),
    reset: () => {},
  };
}

/** The turn for a question. Pure, but for what hosted tools leave in the emulator's stores. */
export function respond(question: Question): Turn {
  const { messages } = question;
  const asked = askedAt(messages);
  const prompt = messages[asked]?.text ?? "";
  const outcomes = outcomesOf(messages.slice(asked + 1));
  const forced = runHosted(question, prompt, "forced");
  if (forced !== undefined) return hostedTurn(question, prompt, forced);
  const told = outcomes.length > 0 ? proseOf(outcomes) : replyFrom(messages);
  const prose = `${told} ${label}`;
  const before = messages.slice(0, Math.max(asked, 0));
  const calls = planCalls({ question, prompt, outcomes, before, prose });
  if (calls.length > 0) {
    return { toolCalls: calls.map(({ name, arguments: args }) => ({ name, arguments: args })) };
  }
  const found = outcomes.length > 0 ? undefined : runHosted(question, prompt, "free");
  if (found !== undefined) return hostedTurn(question, prompt, found);
  if (!question.jsonOutput) return { text: prose };
  return { text: JSON.stringify(structured(question, prompt, outcomes, prose)) };
}

/** What a hosted tool found, as items and a text that tells it. */
function hostedTurn(question: Question, prompt: string, found: Finding): Turn {
  if (found.error !== undefined) return { ...found.error };
  const { items, text, annotations = [] } = found;
  if (text === undefined) return { hosted: items };
  const prose = `${text} ${label}`;
  if (!question.jsonOutput) return { hosted: items, text: prose, annotations };
  return { hosted: items, text: JSON.stringify(structured(question, prompt, [], prose)) };
}

/**
 * Where the user's question stands: the last user message, unless it was put in right after a tool's result. Such a
 * message is a remark on the run, a reminder or guidance; the question is the one that started it.
 */
function askedAt(messages: readonly QuestionMessage[]): number {
  const isRemark = ({ role }: QuestionMessage): boolean => role === "user" || role === "system";
  let asked = messages.findLastIndex(({ role }) => role === "user");
  for (;;) {
    const before = messages.slice(0, Math.max(asked, 0)).findLastIndex((message) => !isRemark(message));
    if (messages[before]?.role !== "tool") return asked;
    const earlier = messages.slice(0, before).findLastIndex(({ role }) => role === "user");
    if (earlier < 0) return asked;
    asked = earlier;
  }
}

function structured(
  question: Question,
  prompt: string,
  outcomes: readonly Outcome[],
  prose: string,
): JsonValue {
  if (question.outputSchema === undefined) return { answer: prose };
  const results = outcomes.flatMap(({ value, arguments: args }) => [args, value]);
  return fillSchema(question.outputSchema, { prompt, results, prose }).value;
}
