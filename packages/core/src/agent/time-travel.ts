/** A thread's earlier versions: looked at, copied, gone on from. */
import { randomUUID } from "node:crypto";
import { missingError } from "../checkpoint/contract.ts";
import type { Checkpointer } from "../checkpoint/types.ts";
import { CheckpointError, InterruptError } from "../errors/errors.ts";
import type { ModelOptions } from "../model/registry.ts";
import type { ChatModel } from "../model/types.ts";
import { checkKeys } from "../options/check.ts";
import type { AgentState } from "../state/types.ts";
import type { RunOptions } from "./execute-run.ts";
import type { SystemPromptFunction } from "./options.ts";
import { loadThread } from "./thread.ts";

/** Where a copy ends, and what it is called. */
export interface ForkOptions {
  /** The copy's last version. Default: all of the thread. */
  readonly at?: number | undefined;
  /** Default: a new id. */
  readonly newThreadId?: string | undefined;
}

/** From where to run again, and what is to be different. */
export interface ReplayOptions extends Pick<RunOptions, "signal" | "timeoutMs"> {
  /** A version at which a run was under way. Default: the beginning of the last run. */
  readonly at?: number | undefined;
  /** Id of the copy. Default: a new one. */
  readonly newThreadId?: string | undefined;
  readonly model?: string | ChatModel | undefined;
  /** For `model`, where it is a name. Default: the agent's. */
  readonly modelOptions?: ModelOptions | undefined;
  readonly systemPrompt?: string | SystemPromptFunction | undefined;
}

export const REPLAY_OPTIONS: readonly (keyof ReplayOptions)[] = [
  "at",
  "newThreadId",
  "model",
  "modelOptions",
  "systemPrompt",
  "signal",
  "timeoutMs",
];

/** The state at a version, by default the last; `undefined` where there is no such thread. */
export async function stateAt(
  store: Checkpointer,
  threadId: string,
  at: number | undefined,
): Promise<AgentState | undefined> {
  const { state } = await loadThread(store, threadId, at);
  if (state.version === 0) return undefined;
  if (at === undefined || at === state.version) return state;
  throw new CheckpointError(`thread "${threadId}" has no version ${at}: it is at ${state.version}`);
}

/** Resolves to the copy's id. */
export async function forkThread(
  store: Checkpointer,
  threadId: string,
  options: ForkOptions,
): Promise<string> {
  checkKeys("fork options", options, ["at", "newThreadId"]);
  const { newThreadId = `thread_${randomUUID()}` } = options;
  const at = options.at ?? (await store.read(threadId))?.version;
  if (at === undefined) throw missingError(threadId);
  await store.fork(threadId, at, newThreadId);
  return newThreadId;
}

/** A copy of the thread at a version where a run can go on from; resolves to its id. */
export async function forkForReplay(
  store: Checkpointer,
  threadId: string,
  { at, newThreadId }: ReplayOptions,
): Promise<string> {
  const from = at ?? (await startOfLastRun(store, threadId));
  const before = await stateAt(store, threadId, from);
  if (before === undefined || from === undefined) throw missingError(threadId);
  if (before.run.status !== "running") {
    throw new InterruptError(`no run was under way at version ${from} of the thread "${threadId}"`, {
      hint: "Choose a version between a run_start and its terminate: history() lists them. Or fork(), and run() on the copy.",
    });
  }
  return forkThread(store, threadId, { at: from, newThreadId });
}

async function startOfLastRun(store: Checkpointer, threadId: string): Promise<number | undefined> {
  let start: number | undefined;
  for await (const { type, sequence } of store.events(threadId)) if (type === "run_start") start = sequence;
  return start;
}
