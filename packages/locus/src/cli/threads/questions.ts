/** Asks the person at the terminal what a run wants to know. */
import {
  type Answers,
  isJsonObject,
  type JsonValue,
  type PendingInterrupt,
  parseJson,
} from "@locus-sdk/core";
import type { LineSource } from "../lines.ts";
import type { Output } from "../output.ts";
import { approvalIn, describeQuestion } from "./answers.ts";

/** The person would rather not answer now: by Ctrl-C, or because the input is over. */
export type Declined = "interrupt" | "end";

/** Answers to all of the questions, or to none. */
export type Ask = (questions: readonly PendingInterrupt[]) => Promise<Answers | Declined>;

const HOW = "y: make the call · n: do not (a reason may follow) · e: make it with other arguments, as JSON";

/** Asks one question after the other; who declines one leaves all of them open. */
export function askOn(lines: Pick<LineSource, "next">, output: Output): Ask {
  return async (questions) => {
    const answers: Record<string, JsonValue> = {};
    let declined: Declined | undefined;
    const next = async (): Promise<string | undefined> => {
      const line = await lines.next();
      if (line.kind === "line") return line.text.trim();
      declined = line.kind;
      return undefined;
    };
    for (const question of questions) {
      for (const line of describeQuestion(question)) output.note(line);
      const answer = await (question.kind === "approval"
        ? askApproval(question, next, output)
        : askText(question, next));
      if (answer === undefined) return declined ?? "end";
      answers[question.interruptId] = answer;
    }
    return answers;
  };
}

/** A line that was typed; `undefined` where there is none any more. */
type Next = () => Promise<string | undefined>;

/** The answer is for the call that was shown: its digest goes along. */
async function askApproval(
  { digest }: PendingInterrupt,
  next: Next,
  output: Output,
): Promise<JsonValue | undefined> {
  const shown = digest === undefined ? {} : { digest };
  for (;;) {
    output.note(HOW, "dim");
    const text = await next();
    if (text === undefined) return undefined;
    const said = approvalIn(text);
    if (said !== undefined) return { ...said, ...shown };
    if (!/^e(?:dit)?\b/i.test(text)) continue;
    const args = await askArguments(text.replace(/^e(?:dit)?\s*/i, ""), next, output);
    if (args === undefined) return undefined;
    return { approved: true, arguments: args, ...shown };
  }
}

async function askArguments(first: string, next: Next, output: Output): Promise<JsonValue | undefined> {
  for (let text = first; ; ) {
    const value = text === "" ? undefined : parseJson(text);
    if (isJsonObject(value)) return value;
    output.note(
      text === "" ? "The arguments, as a JSON object:" : "That is no JSON object. The arguments:",
      "dim",
    );
    const line = await next();
    if (line === undefined) return undefined;
    text = line;
  }
}

/** The number of an option stands for it; anything else is the answer itself. */
async function askText({ options = [] }: PendingInterrupt, next: Next): Promise<JsonValue | undefined> {
  for (;;) {
    const text = await next();
    if (text !== "") return text === undefined ? undefined : (options[Number(text) - 1] ?? text);
  }
}
