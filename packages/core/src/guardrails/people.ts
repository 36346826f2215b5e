/** What a person is asked, and what they answer. */
import type { BeforeInterruptContext, BeforeInterruptDecision, BeforeRunDecision } from "../hooks/types.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../json/json.ts";
import type { AgentState } from "../state/types.ts";
import type { GuardrailsPlan } from "./plan.ts";
import { type Scanned, scan } from "./scan.ts";
import { mapJson, type Rewrite } from "./texts.ts";
import { ending, labelOf, ON_TEXT, reporting, withheld } from "./told.ts";

/** What a person said; what they changed about a call are its arguments. */
export async function guardAnswers(
  answers: JsonObject,
  { run }: AgentState,
  plan: GuardrailsPlan,
): Promise<BeforeRunDecision> {
  const said: Scanned<JsonValue>[] = [];
  const taken: Record<string, JsonValue> = {};
  for (const [id, answer] of Object.entries(answers)) {
    const open = run.interrupts.find(({ interruptId }) => interruptId === id);
    const looking = { ...plan, where: "answer", label: "answer", acts: ON_TEXT } as const;
    if (open?.kind === "approval" && isJsonObject(answer) && answer.arguments !== undefined) {
      const { arguments: edited, ...rest } = answer;
      const words = await scan<JsonValue>(rest, mapJson, looking);
      const where = { where: "arguments", label: labelOf("arguments", open.name) } as const;
      const call = await scan(edited, mapJson, { ...looking, ...where });
      // What is blocked in them bears a note, and the call is denied where it is made.
      said.push(words, { ...call, blocked: [] });
      const isSame = words.value === rest && call.value === edited;
      taken[id] = isSame
        ? answer
        : { ...(isJsonObject(words.value) ? words.value : rest), arguments: call.value };
    } else {
      const words = await scan(answer, mapJson, looking);
      said.push(words);
      taken[id] = words.value;
    }
  }
  const blocked = said.flatMap((one) => one.blocked);
  return {
    ...reporting(said.flatMap(({ reports }) => reports)),
    answers: taken,
    ...(blocked.length === 0 ? {} : { end: ending("the answer to a question", blocked) }),
  };
}

/** What a person is about to be asked. */
export async function guardQuestion(
  { question, options = [] }: BeforeInterruptContext,
  plan: GuardrailsPlan,
): Promise<BeforeInterruptDecision> {
  const asked = [question, ...options];
  const { value, reports, blocked } = await scan(asked, mapTexts, {
    ...plan,
    where: "question",
    label: "question",
    acts: ON_TEXT,
  });
  if (value === asked) return reporting(reports);
  const [text = "", ...choices] = value;
  return {
    ...reporting(reports),
    question: blocked.length === 0 ? text : `The ${withheld("question", blocked).slice(4)}.`,
    ...(options.length === 0 ? {} : { options: choices }),
  };
}

function mapTexts(texts: readonly string[], rewrite: Rewrite): readonly string[] {
  const mapped = texts.map((text) => rewrite(text, "\n\n"));
  return mapped.every((text, at) => text === texts[at]) ? texts : mapped;
}
