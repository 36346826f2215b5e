// Whether to call tools or to answer, and which calls: decided from the conversation alone.
import type { JsonValue } from "../../json.ts";
import type { Question, QuestionMessage, QuestionTool } from "../question.ts";
import { askedTools, bestTool, callsOf, type PlannedCall } from "./calls.ts";
import type { Outcome } from "./prose.ts";
import { properNouns } from "./words.ts";

/** What the next calls are planned from. */
export interface Situation {
  readonly question: Question;
  readonly prompt: string;
  /** Calls made for this prompt, and their results. */
  readonly outcomes: readonly Outcome[];
  /** Messages before the prompt. */
  readonly before: readonly QuestionMessage[];
  /** What the answer would be. */
  readonly prose: string;
}

/** Tools by which a run hands in its answer. */
const finishing =
  /^(final|submit|give|return|provide)_?(final_?)?(answer|result|response|output)$|^(finish|finali[sz]e|done|respond|(task_)?complete|complete_task|structured_output)$/i;

/** The calls to make now; none when it is time to answer. */
export function planCalls({ question, prompt, outcomes, before, prose }: Situation): readonly PlannedCall[] {
  const { tools, toolChoice } = question;
  if (tools.length === 0 || toolChoice === "none") return [];
  const results = outcomes.flatMap(({ value, arguments: args }) => [args, value]);
  const fresh = (calls: readonly PlannedCall[]): readonly PlannedCall[] =>
    calls.filter((call) => !alreadyMade(call, outcomes));
  const callsFor = (tool: QuestionTool): readonly PlannedCall[] =>
    finishing.test(tool.name)
      ? callsOf(tool, prompt, results, prose).slice(0, 1)
      : callsOf(tool, prompt, results);
  if (typeof toolChoice === "object") {
    const tool = tools.find(({ name }) => name === toolChoice.name);
    return tool === undefined ? [] : fresh(callsFor(tool));
  }
  const isMade = ({ name }: QuestionTool): boolean => outcomes.some((outcome) => outcome.name === name);
  const finisher = tools.find(({ name }) => finishing.test(name));
  const others = tools.filter((tool) => tool !== finisher);
  const wanted = askedTools(others, prompt);
  const reused = wanted.length > 0 ? undefined : followUp(question, prompt, before);
  const open = (reused === undefined ? wanted : [reused]).filter((tool) => {
    const made = outcomes.filter(({ name }) => name === tool.name).length;
    return made < callsOf(tool, prompt, []).length;
  });
  const planned = open.map((tool) => callsOf(tool, prompt, results));
  const ready = planned.filter((calls) => calls.every(({ evidence }) => evidence));
  // A first call may guess an argument; a later one is only made when the conversation has everything it needs.
  const chosen = ready.length > 0 ? ready.flat() : outcomes.length === 0 ? (planned[0] ?? []) : [];
  if (chosen.length > 0) return limit(fresh(chosen), question);
  if (finisher !== undefined && !isMade(finisher)) return callsFor(finisher);
  if (toolChoice === "auto" || outcomes.length > 0) return [];
  const tool = bestTool(tools, prompt);
  return tool === undefined ? [] : limit(fresh(callsFor(tool)), question);
}

/** Without parallel calls there is one at a time; the next turn makes the next one. */
function limit(calls: readonly PlannedCall[], question: Question): readonly PlannedCall[] {
  return question.parallelToolCalls ? calls : calls.slice(0, 1);
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
): QuestionTool | undefined {
  const elliptic =
    /^(and|or|what about|how about|same|also|now)\b/i.test(prompt.trim()) && prompt.length < 80;
  if (!elliptic || properNouns(prompt).length === 0) return undefined;
  const last = before.flatMap(({ toolCalls }) => toolCalls).at(-1)?.name;
  return question.tools.find(({ name }) => name === last);
}
