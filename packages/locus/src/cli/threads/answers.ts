/** Answers to the open questions of a run, as a person writes them. Pure. */
import {
  type Answers,
  isJsonObject,
  type JsonValue,
  type PendingInterrupt,
  parseJson,
} from "@locus-sdk/core";
import { UsageError } from "../options.ts";
import type { pair } from "../show/units.ts";

/** What a person calls a yes and a no, with a reason behind it: `no, too expensive`. */
const WORD = /^(y|yes|true|n|no|false)\b[\s,:;.]*(.*)$/is;

/** `<interrupt id>=<answer>` */
export type WrittenAnswer = ReturnType<typeof pair>;

/**
 * The answers that were written down for these questions. Core refuses one for a question that is not open.
 *
 * @throws UsageError for two answers to one question, or an approval that is neither a yes nor a no.
 */
export function readAnswers(
  written: readonly WrittenAnswer[],
  questions: readonly PendingInterrupt[],
): Answers {
  const answers: Record<string, JsonValue> = {};
  for (const [id, text] of written) {
    if (Object.hasOwn(answers, id)) throw new UsageError(`there are two answers to ${id}; give one`);
    const question = questions.find(({ interruptId }) => interruptId === id);
    answers[id] = question?.kind === "approval" ? readApproval(id, text) : (parseJson(text) ?? text);
  }
  return answers;
}

/** A yes or a no, in words; `undefined` for what is neither. */
export function approvalIn(text: string): { approved: boolean; reason?: string } | undefined {
  const [, word = "", reason = ""] = WORD.exec(text.trim()) ?? [];
  if (word === "") return undefined;
  const approved = /^[yt]/i.test(word);
  return { approved, ...(reason === "" ? {} : { reason }) };
}

function readApproval(id: string, text: string): JsonValue {
  const value = parseJson(text);
  const approval = isJsonObject(value) ? value : approvalIn(text);
  if (approval !== undefined) return approval;
  throw new UsageError(
    `${id} is answered with yes, no, or JSON such as '{"approved":true,"arguments":{…}}', not ${JSON.stringify(text)}`,
  );
}

/** The question, what it is about, and what may be answered. */
export function describeQuestion(question: PendingInterrupt): readonly string[] {
  const { kind, name, arguments: args, options = [] } = question;
  const call = name === undefined ? [] : [`  ${name} ${JSON.stringify(args ?? {})}`];
  return [
    `? ${question.question}`,
    ...(kind === "approval" ? call : []),
    ...(kind === "approval" ? [] : options).map((option, index) => `  ${index + 1}) ${option}`),
  ];
}

/**
 * How to answer from another process, another time.
 *
 * @param again what `locus run` is told besides, to find the thread and to go on as before; `undefined` where nothing is kept
 */
export function howToAnswer(
  threadId: string,
  questions: readonly PendingInterrupt[],
  again: readonly string[] | undefined,
): readonly string[] {
  if (again === undefined) return ["It waits for an answer, and nothing is kept of it: it is over."];
  const answers = questions.map(
    ({ interruptId, kind, options = [] }) =>
      `--answer ${interruptId}=${kind === "approval" ? "yes" : shellWord(options[0] ?? "…")}`,
  );
  return [
    "It waits for an answer. To go on:",
    `  locus run --resume ${[shellWord(threadId), ...answers, ...again.map(shellWord)].join(" ")}`,
  ];
}

/** As a shell takes it for one word. */
function shellWord(text: string): string {
  return /^[\w@%+=:,./…-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
