/** How a run begins: with a new input on its thread, or by going on with the run that is there. */
import { randomUUID } from "node:crypto";
import { InterruptError } from "../errors/errors.ts";
import { type DurableDraft, SCHEMA_VERSION } from "../events/types.ts";
import type { EndRun } from "../hooks/types.ts";
import { frozenCopy, isPlainJson, type JsonObject, type JsonValue } from "../json/json.ts";
import { parseApproval } from "../loop/approval.ts";
import type { AgentDefinition } from "../loop/definition.ts";
import type { Message } from "../messages/types.ts";
import type { AgentState } from "../state/types.ts";
import { didYouMean } from "../text/nearest.ts";
import type { LoadInput } from "./input.ts";
import { closeOpenRun } from "./thread.ts";

/** Answers to open questions, by interrupt id. */
export type Answers = Readonly<Record<string, JsonValue>>;

type Resuming = { readonly kind: "resume"; readonly answers: Answers };

/** What the caller asked for; an input may have paths that are still to be read. */
export type Asked = { readonly kind: "input"; readonly load: LoadInput } | Resuming;

/** The same, once everything is there. */
export type Beginning = { readonly kind: "input"; readonly input: readonly Message[] } | Resuming;

/** What is put on record before the loop takes over. */
export interface Opening {
  readonly runId: string;
  /** The run's own input, for the system prompt. */
  readonly input: readonly Message[];
  /** Puts an earlier run that was left open on record as over; belongs to that run. */
  readonly closing: readonly DurableDraft[];
  readonly drafts: readonly DurableDraft[];
  /** A hook's wish that the run end before it has begun. */
  readonly end?: EndRun;
}

export async function openRun(
  definition: AgentDefinition,
  beginning: Beginning,
  state: AgentState,
  metadata: JsonObject,
): Promise<Opening> {
  const given = beginning.kind === "input" ? beginning.input : [];
  const found: DurableDraft[] = [];
  const answers = beginning.kind === "resume" ? readAnswers(state, beginning.answers) : {};
  const context = { input: given, state, metadata, ...(beginning.kind === "resume" ? { answers } : {}) };
  const before = await definition.hooks.beforeRun(context, (report) => {
    found.push({ ...report, type: "guardrail" });
  });
  const end = before.end === undefined ? {} : { end: before.end };
  if (beginning.kind === "resume") {
    const { runId, firstMessage, inputMessages } = state.run;
    const taken = Object.fromEntries(
      Object.entries(answers).map(([id, answer]) => [id, before.answers?.[id] ?? answer]),
    );
    await checkEdits(definition, state, taken);
    const drafts = [
      ...found,
      ...Object.entries(taken).map(
        ([interruptId, answer]): DurableDraft => ({ type: "resume", interruptId, answer }),
      ),
    ];
    return {
      runId,
      input: state.messages.slice(firstMessage - inputMessages, firstMessage),
      closing: [],
      drafts,
      ...end,
    };
  }
  const input = before.input ?? given;
  const start: DurableDraft = {
    type: "run_start",
    schemaVersion: SCHEMA_VERSION,
    agent: definition.name,
    input,
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
  };
  return {
    runId: `run_${randomUUID()}`,
    input,
    closing: closeOpenRun(state),
    drafts: [start, ...found],
    ...end,
  };
}

/**
 * A person who changes a call's arguments hears at once where they do not fit; the model could do nothing about it.
 *
 * @throws InterruptError naming the answer, the tool and what does not fit.
 */
async function checkEdits({ tools }: AgentDefinition, { run }: AgentState, answers: Answers): Promise<void> {
  for (const { interruptId, callId, kind, name = "" } of run.interrupts) {
    const answer = answers[interruptId];
    if (kind !== "approval" || answer === undefined) continue;
    const { approved, arguments: edited } = parseApproval(answer);
    if (!approved || edited === undefined) continue;
    if (run.pending.some(({ call }) => call.id === callId && call.hosted === true)) {
      throw new InterruptError(`the arguments of ${name} cannot be changed: the provider runs it itself`, {
        hint: "Answer { approved: true } for the call as it is, or { approved: false, reason }.",
      });
    }
    const tool = tools.get(name);
    if (tool === undefined) continue;
    // A schema that throws is told of when the call is prepared.
    const checked = await (async () => tool.validate(edited))().catch(() => undefined);
    if (checked?.ok !== false) continue;
    throw new InterruptError(
      `the arguments in the answer to "${interruptId}" do not fit ${name}: ${checked.message}`,
      { hint: "Nothing is on record yet: answer again, with arguments that the tool takes." },
    );
  }
}

/**
 * The answers as copies that nobody can change.
 *
 * @throws InterruptError for an answer to a question that is not open, or of the wrong shape.
 */
function readAnswers({ threadId, version, run }: AgentState, answers: Answers): JsonObject {
  if (version === 0) {
    throw new InterruptError(`there is no thread "${threadId}" to resume`, {
      hint: "Is it the checkpointer that the run was made with? Without one, threads live in the agent's memory.",
    });
  }
  const open = run.interrupts.map((question) => question.interruptId);
  const read = Object.entries(answers).map(([interruptId, given]): readonly [string, JsonValue] => {
    if (!isPlainJson(given)) {
      throw new InterruptError(`the answer to "${interruptId}" is not plain JSON`, {
        hint: "Answer with text, a number, true or false, null, or a list or object of those.",
      });
    }
    // A copy: what is on record is frozen, and the caller's own is not ours to freeze.
    const answer = frozenCopy(given);
    const question = run.interrupts.find((candidate) => candidate.interruptId === interruptId);
    if (question === undefined) {
      const known = open.length === 0 ? "No question is open." : `Open questions: ${open.join(", ")}.`;
      throw new InterruptError(
        `the thread "${threadId}" has no open question "${interruptId}"${didYouMean(interruptId, open) || "."} ${known}`,
      );
    }
    if (question.kind === "approval") {
      const { digest = question.digest } = parseApproval(answer);
      if (digest !== question.digest) {
        throw new InterruptError(
          `the answer to "${interruptId}" is for another call than the one that waits: its digest is not the question's`,
          { hint: "Show the question again as it is now, and answer that." },
        );
      }
    }
    return [interruptId, answer];
  });
  return Object.freeze(Object.fromEntries(read));
}
