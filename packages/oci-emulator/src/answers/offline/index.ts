// The default answers: a rule-based responder that calls tools by their words and reports what they said.
import type { JsonValue } from "../../json.ts";
import type { Question, QuestionMessage } from "../question.ts";
import type { AnswerSource } from "../source.ts";
import type { Turn } from "../turn.ts";
import { askedTools, bestTool, callsOf, type PlannedCall } from "./calls.ts";
import { fillSchema } from "./fill.ts";
import { replyFrom } from "./memory.ts";
import { type Outcome, outcomesOf, proseOf } from "./prose.ts";
import { properNouns } from "./words.ts";

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

/** The turn for a question. Pure. */
export function respond(question: Question): Turn {
  const { messages } = question;
  const asked = messages.findLastIndex(({ role }) => role === "user");
  const prompt = messages[asked]?.text ?? "";
  const since = messages.slice(asked + 1);
  const outcomes = outcomesOf(since);
  const calls = planCalls(question, prompt, outcomes, messages.slice(0, Math.max(asked, 0)));
  if (calls.length > 0) {
    return { toolCalls: calls.map(({ name, arguments: args }) => ({ name, arguments: args })) };
  }
  const told = outcomes.length > 0 ? proseOf(outcomes) : replyFrom(messages);
  const text = `${told} ${label}`;
  if (!question.jsonOutput) return { text };
  return { text: JSON.stringify(structured(question, prompt, outcomes, text)) };
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

function planCalls(
  question: Question,
  prompt: string,
  outcomes: readonly Outcome[],
  before: readonly QuestionMessage[],
): readonly PlannedCall[] {
  const { tools, toolChoice } = question;
  if (tools.length === 0 || toolChoice === "none") return [];
  const results = outcomes.flatMap(({ value, arguments: args }) => [args, value]);
  const fresh = (calls: readonly PlannedCall[]): readonly PlannedCall[] =>
    calls.filter((call) => !alreadyMade(call, outcomes));
  if (typeof toolChoice === "object") {
    const tool = tools.find(({ name }) => name === toolChoice.name);
    return tool === undefined ? [] : fresh(callsOf(tool, prompt, results));
  }
  const wanted = askedTools(tools, prompt);
  const reused = wanted.length > 0 ? undefined : followUp(question, prompt, before);
  const open = (reused === undefined ? wanted : [reused]).filter((tool) => {
    const made = outcomes.filter(({ name }) => name === tool.name).length;
    return made < callsOf(tool, prompt, []).length;
  });
  const planned = open.map((tool) => callsOf(tool, prompt, results));
  const ready = planned.filter((calls) => calls.every(({ evidence }) => evidence));
  // A first call may guess an argument; a later one is only made when the conversation has everything it needs.
  const chosen = ready.length > 0 ? ready.flat() : outcomes.length === 0 ? (planned[0] ?? []) : [];
  if (chosen.length > 0 || toolChoice === "auto" || outcomes.length > 0)
    return limit(fresh(chosen), question);
  const tool = bestTool(tools, prompt);
  return tool === undefined ? [] : limit(fresh(callsOf(tool, prompt, results)), question);
}

/** Without parallel calls there is one at a time; the next turn makes the next one. */
function limit(calls: readonly PlannedCall[], question: Question): readonly PlannedCall[] {
  return question.body.parallel_tool_calls === false ? calls.slice(0, 1) : calls;
}

const canonical = (value: JsonValue): string =>
  JSON.stringify(value, (_, held: unknown) =>
    typeof held === "object" && held !== null && !Array.isArray(held)
      ? Object.fromEntries(Object.entries(held).toSorted(([left], [right]) => (left < right ? -1 : 1)))
      : held,
  );

function alreadyMade(call: PlannedCall, outcomes: readonly Outcome[]): boolean {
  const wanted = canonical(call.arguments);
  return outcomes.some(({ name, arguments: args }) => name === call.name && canonical(args) === wanted);
}

/** "And in Oslo?" asks the last tool again. */
function followUp(
  question: Question,
  prompt: string,
  before: readonly QuestionMessage[],
): Question["tools"][number] | undefined {
  const elliptic =
    /^(and|or|what about|how about|same|also|now)\b/i.test(prompt.trim()) && prompt.length < 80;
  if (!elliptic || properNouns(prompt).length === 0) return undefined;
  const last = before.flatMap(({ toolCalls }) => toolCalls).at(-1)?.name;
  return question.tools.find(({ name }) => name === last);
}
