/** From a call of `run()`, `stream()` or `resume()` to its result: the one path that all of them take. */
import { randomUUID } from "node:crypto";
import { abortable, within } from "../async/abort.ts";
import type { Checkpointer } from "../checkpoint/types.ts";
import {
  asLocusError,
  CancelledError,
  type LocusError,
  StructuredOutputError,
  ThreadBusyError,
} from "../errors/errors.ts";
import { deepFreeze, type JsonObject } from "../json/json.ts";
import type { AgentDefinition } from "../loop/definition.ts";
import type { RunControl } from "../loop/run-control.ts";
import { HOOK_GRACE_MS, summaryOf } from "../loop/terminate.ts";
import type { ChatModel } from "../model/types.ts";
import type { OutputPlan } from "../output/plan.ts";
import { check as checkOutput } from "../output/read-answer.ts";
import { acceptedOutput } from "../state/accepted-output.ts";
import { emptyState } from "../state/reduce.ts";
import type { AgentState } from "../state/types.ts";
import { type Asked, type Beginning, openRun } from "./beginning.ts";
import { watchCaller, withinBudget } from "./deadlines.ts";
import { type Hold, holdThread } from "./hold.ts";
import type { SystemPromptFunction } from "./options.ts";
import { type Durability, ThreadRecord } from "./record.ts";
import type { AgentResult } from "./result.ts";
import { type EventSink, Run } from "./run.ts";
import { resultOf } from "./run-result.ts";
import { type LoadedThread, loadThread } from "./thread.ts";

/** What an agent lends to each of its runs. */
export interface RunSetting<Output = unknown> {
  readonly definition: AgentDefinition;
  /** What the answer is to be. */
  readonly output: OutputPlan<Output> | undefined;
  readonly store: Checkpointer;
  readonly onBusy: "reject" | "queue" | "fork";
  readonly durability: Durability;
  readonly metadata: JsonObject;
  readonly timeBudgetMs: number | undefined;
  readonly systemPrompt: string | SystemPromptFunction;
  readonly models: () => Promise<{ readonly model: ChatModel; readonly auxiliaryModel: ChatModel }>;
}

/** Options of one run. */
export interface RunOptions {
  /** The conversation to go on with, or to begin. Default: a new one; its id is on the result. */
  readonly threadId?: string | undefined;
  /** Cancels the run: its model call and its tools are aborted. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds after which the run rejects with `TimeoutError`. For a result instead, see `timeBudgetMs`. */
  readonly timeoutMs?: number | undefined;
  /** Merged into the thread's metadata; tools and hooks see it. */
  readonly metadata?: JsonObject | undefined;
}

/** One run, as asked for. */
export interface RunRequest extends RunOptions {
  readonly beginning: Asked;
  readonly threadId: string;
  readonly streaming: boolean;
}

/** The same, its input read. */
interface BegunRequest extends Omit<RunRequest, "beginning"> {
  readonly beginning: Beginning;
}

/** @throws LocusError carrying the result so far, where the run failed, was cancelled or timed out. */
export async function executeRun<Output>(
  setting: RunSetting<Output>,
  request: RunRequest,
  control: RunControl,
  sink: EventSink,
): Promise<AgentResult<Output>> {
  const startedAt = performance.now();
  const took = (): number => Math.round(performance.now() - startedAt);
  const { definition } = setting;
  const unwatch = watchCaller(control, request);
  let hold: Hold | undefined;
  let run: Run | undefined;
  let failure: LocusError | undefined;
  try {
    const beginning = await read(request.beginning, control);
    hold = await takeThread(setting, request, control);
    const thread = await abortable(loadThread(setting.store, hold.threadId), control.stopping);
    if (isTold(beginning, thread))
      return await withOutput(resultOf(thread.state, took()), thread.state, setting.output, control);
    const begun = await prepareRun(setting, { ...request, beginning }, hold, thread, control, sink);
    run = begun;
    failure = await withinBudget(control, setting.timeBudgetMs, () => begun.drive());
  } catch (thrown) {
    const error = asLocusError(thrown, "the run failed");
    throw withResult(
      error,
      run === undefined ? neverBegan(request, error, took(), sink) : resultOf(run.state, took()),
    );
  } finally {
    unwatch();
    await hold?.release();
  }
  const told = resultOf(run.state, took());
  let result: AgentResult<Output> = told;
  try {
    result = await withOutput(told, run.state, setting.output, control);
  } catch (thrown) {
    failure ??= asLocusError(thrown, "the output could not be read");
  }
  const error = failure === undefined ? undefined : withResult(failure, result);
  const { state, metadata, auxiliaryModel } = run;
  const looking = { result, state, metadata, auxiliaryModel, ...(error === undefined ? {} : { error }) };
  await within(HOOK_GRACE_MS, definition.hooks.afterRun(looking));
  if (error !== undefined) throw error;
  return result;
}

/**
 * What was put on record of the answer is plain JSON; the caller gets what the schema makes of it. A hook may end a run as
 * hoped for without an answer that was checked: with a schema that is no success.
 *
 * @throws StructuredOutputError where a run that is over is told again to an agent of another schema.
 */
async function withOutput<Output>(
  result: AgentResult<never>,
  { run, threadId }: AgentState,
  plan: OutputPlan<Output> | undefined,
  control: RunControl,
): Promise<AgentResult<Output>> {
  if (plan === undefined || !result.success) return result;
  const written = acceptedOutput(run);
  if (written === undefined) return Object.freeze({ ...result, success: false });
  const accepted = plan.accepted.get(control);
  if (accepted !== undefined) return Object.freeze({ ...result, output: accepted.value });
  const read = await checkOutput(plan, written);
  if (read.ok) return Object.freeze({ ...result, output: read.value });
  throw new StructuredOutputError(
    `the answer on record of thread "${threadId}" does not fit the agent's outputSchema: ${read.message}`,
    { hint: "The schema has changed since. Tell the run again to an agent of the schema it was made with." },
  );
}

/** The error with the result of its run. One that another run carries already, or that is frozen, is copied. */
function withResult(error: LocusError, result: AgentResult): LocusError {
  const taken = Object.hasOwn(error, "result") || !Object.isExtensible(error);
  const { result: _others, ...members } = Object.getOwnPropertyDescriptors(error);
  const own: LocusError = taken ? Object.create(Object.getPrototypeOf(error), members) : error;
  return Object.defineProperty(own, "result", { value: result, configurable: true });
}

/** A run that failed before it began has a result all the same, and its watcher sees how it ended. */
function neverBegan(
  { threadId }: RunRequest,
  error: LocusError,
  durationMs: number,
  sink: EventSink,
): AgentResult {
  const reason = error instanceof CancelledError ? "cancelled" : "error";
  const summary = summaryOf(error);
  const state = emptyState(threadId);
  const outcome = { reason, error: summary } as const;
  const ended = {
    type: "terminate",
    reason,
    iterations: 0,
    usage: state.run.usage,
    text: "",
    error: summary,
  } as const;
  const timestamp = new Date().toISOString();
  sink.publish(Object.freeze({ ...ended, runId: "", threadId, sequence: 0, timestamp }));
  return resultOf({ ...state, run: { ...state.run, outcome } }, durationMs);
}

/** Whether there is nothing to go on with: what is on record is told again, and nothing happens. */
function isTold(beginning: Beginning, { state }: LoadedThread): boolean {
  if (beginning.kind === "input" || Object.keys(beginning.answers).length > 0) return false;
  return state.run.status === "done" || state.run.status === "interrupted";
}

/** The caller's files are read before the run has its thread, and not again where the run goes on another time. */
async function read(asked: Asked, { signal, stopping }: RunControl): Promise<Beginning> {
  if (asked.kind !== "input") return asked;
  return { kind: "input", input: await abortable(asked.load(signal), stopping) };
}

/** The thread for this run alone; where it is busy and may be forked, a copy of it as it is now. */
async function takeThread(
  { store, onBusy }: RunSetting,
  { threadId, beginning }: RunRequest,
  control: RunControl,
): Promise<Hold> {
  const { stopping: signal } = control;
  const onLost = (error: LocusError): void => control.end({ reason: "error", error });
  const patience = beginning.kind === "resume" ? "outlive" : "reject";
  const whenBusy = onBusy === "queue" ? "wait" : patience;
  try {
    return await holdThread(store, threadId, { whenBusy, signal, onLost });
  } catch (error) {
    if (!(error instanceof ThreadBusyError) || onBusy !== "fork" || beginning.kind === "resume") throw error;
  }
  const copy = `thread_${randomUUID()}`;
  const busy = await abortable(store.read(threadId), signal);
  if (busy !== undefined) await abortable(store.fork(threadId, busy.version, copy), signal);
  return holdThread(store, copy, { whenBusy: "reject", signal, onLost });
}

async function prepareRun(
  setting: RunSetting,
  { beginning, streaming, metadata: own }: BegunRequest,
  { threadId, fence }: Hold,
  { state, snapshot }: LoadedThread,
  control: RunControl,
  sink: EventSink,
): Promise<Run> {
  const { definition, store } = setting;
  const { stopping } = control;
  const models = await abortable(setting.models(), stopping).catch((error: unknown) => {
    throw asLocusError(error, "the model could not be opened");
  });
  const metadata = deepFreeze({ ...setting.metadata, ...state.metadata, ...own });
  const opening = await abortable(openRun(definition, beginning, state, metadata), stopping);
  if (opening.end !== undefined) control.endByHook(opening.end);
  const writing = { input: opening.input, metadata, threadId };
  const systemPrompt = await systemPromptOf(setting, writing, control).catch((error: unknown) => {
    // A run that goes on has questions open: they stay open, as nothing is on record yet.
    if (beginning.kind === "resume") throw error;
    control.end({ reason: "error", error: asLocusError(error, UNWRITTEN) });
    return "";
  });
  return new Run({
    definition,
    ...models,
    systemPrompt,
    streaming,
    metadata,
    control,
    record: new ThreadRecord({ store, fence, snapshot, durability: setting.durability, signal: stopping }),
    sink,
    opening,
    state,
  });
}

const UNWRITTEN = "the system prompt could not be written";

/** @throws LocusError, or the signal's reason where it aborts. */
async function systemPromptOf(
  { systemPrompt }: RunSetting,
  context: Parameters<SystemPromptFunction>[0],
  { stopping, stop }: RunControl,
): Promise<string> {
  if (typeof systemPrompt === "string") return systemPrompt;
  // Ended by a hook before it has begun: no model will read it.
  if (stop !== undefined && stop.error === undefined) return "";
  const writing = (async () => systemPrompt(context))();
  return abortable(
    writing.catch((error: unknown) => {
      throw asLocusError(error, UNWRITTEN);
    }),
    stopping,
  );
}
