/** From a call of `run()`, `stream()` or `resume()` to its result: the one path that all of them take. */
import { randomUUID } from "node:crypto";
import { abortable, within } from "../async/abort.ts";
import type { Checkpointer } from "../checkpoint/types.ts";
import {
  asLocusError,
  CancelledError,
  type LocusError,
  ThreadBusyError,
  TimeoutError,
} from "../errors/errors.ts";
import { deepFreeze, type JsonObject } from "../json/json.ts";
import type { RunControl } from "../loop/context.ts";
import type { AgentDefinition } from "../loop/definition.ts";
import { HOOK_GRACE_MS } from "../loop/terminate.ts";
import type { ChatModel } from "../model/types.ts";
import { emptyState } from "../state/reduce.ts";
import { type Asked, type Beginning, openRun } from "./beginning.ts";
import { type Hold, holdThread } from "./hold.ts";
import type { SystemPromptFunction } from "./options.ts";
import { type Durability, ThreadRecord } from "./record.ts";
import type { AgentResult } from "./result.ts";
import { type EventSink, Run } from "./run.ts";
import { resultOf } from "./run-result.ts";
import { loadThread } from "./thread.ts";

/** What an agent lends to each of its runs. */
export interface RunSetting {
  readonly definition: AgentDefinition;
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
export async function executeRun(
  setting: RunSetting,
  request: RunRequest,
  control: RunControl,
  sink: EventSink,
): Promise<AgentResult> {
  const startedAt = performance.now();
  const took = (): number => Math.round(performance.now() - startedAt);
  const { definition } = setting;
  const unwatch = watchCaller(control, request);
  let hold: Hold | undefined;
  let run: Run | undefined;
  try {
    const beginning = await read(request.beginning, control.signal);
    hold = await takeThread(setting, request, control);
    run = await prepareRun(setting, { ...request, beginning }, hold, control, sink);
    await driveWithin(run, setting.timeBudgetMs);
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
  const result = resultOf(run.state, took());
  const { stop } = control;
  // A stop that came when the run had ended by itself changes nothing any more.
  const failure = stop?.reason === result.stopReason ? stop.error : undefined;
  const error = failure === undefined ? undefined : withResult(failure, result);
  const { state, metadata, auxiliaryModel } = run;
  const looking = { result, state, metadata, auxiliaryModel, ...(error === undefined ? {} : { error }) };
  await within(HOOK_GRACE_MS, definition.hooks.afterRun(looking));
  if (error !== undefined) throw error;
  return result;
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
  const { message, code, hint } = error;
  const summary = { message, code, ...(hint === undefined ? {} : { hint }) };
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

/** The caller's files are read before the run has its thread, and not again where the run goes on another time. */
async function read(asked: Asked, signal: AbortSignal): Promise<Beginning> {
  if (asked.kind !== "input") return asked;
  return { kind: "input", input: await abortable(asked.load(signal), signal) };
}

/** The thread for this run alone; where it is busy and may be forked, a copy of it as it is now. */
async function takeThread(
  { store, onBusy }: RunSetting,
  { threadId, beginning }: RunRequest,
  control: RunControl,
): Promise<Hold> {
  const { signal } = control;
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
  if (busy !== undefined) await store.fork(threadId, busy.version, copy);
  return holdThread(store, copy, { whenBusy: "reject", signal, onLost });
}

async function prepareRun(
  setting: RunSetting,
  { beginning, streaming, metadata: own }: BegunRequest,
  { threadId, fence }: Hold,
  control: RunControl,
  sink: EventSink,
): Promise<Run> {
  const { definition, store } = setting;
  const { signal } = control;
  const { state, snapshot } = await abortable(loadThread(store, threadId), signal);
  const models = await abortable(setting.models(), signal).catch((error: unknown) => {
    throw asLocusError(error, "the model could not be opened");
  });
  const metadata = deepFreeze({ ...setting.metadata, ...state.metadata, ...own });
  const opening = await abortable(openRun(definition, beginning, state, metadata), signal);
  if (opening.end !== undefined) control.endByHook(opening.end);
  const systemPrompt = await abortable(
    writeSystemPrompt(setting.systemPrompt, {
      input: opening.input,
      metadata,
      threadId,
    }),
    signal,
  ).catch((error: unknown) => {
    control.end({ reason: "error", error: asLocusError(error, "the system prompt could not be written") });
    return "";
  });
  return new Run({
    definition,
    ...models,
    systemPrompt,
    streaming,
    metadata,
    control,
    record: new ThreadRecord({ store, fence, snapshot, durability: setting.durability }),
    sink,
    opening,
    state,
  });
}

async function writeSystemPrompt(
  prompt: string | SystemPromptFunction,
  context: Parameters<SystemPromptFunction>[0],
): Promise<string> {
  return typeof prompt === "string" ? prompt : prompt(context);
}

/** Ends the run when its caller says so or has waited long enough. The returned function stops watching. */
function watchCaller(control: RunControl, { signal, timeoutMs }: RunOptions): () => void {
  const cancel = (): void =>
    control.end({
      reason: "cancelled",
      error: new CancelledError(`the run was cancelled by its signal${reasonOf(signal)}`, {
        cause: signal?.reason,
      }),
    });
  if (signal?.aborted === true) cancel();
  signal?.addEventListener("abort", cancel, { once: true });
  const timeout = after(timeoutMs, (ms) =>
    control.end({
      reason: "error",
      error: new TimeoutError(`the run took longer than its timeoutMs, ${ms} ms`),
    }),
  );
  return () => {
    signal?.removeEventListener("abort", cancel);
    clearTimeout(timeout);
  };
}

/** What the caller said on aborting, where it said something. */
function reasonOf(signal: AbortSignal | undefined): string {
  const reason: unknown = signal?.reason;
  if (typeof reason === "string") return `: ${reason}`;
  return reason instanceof Error && reason.name !== "AbortError" ? `: ${reason.message}` : "";
}

/** The budget is for the run, not for waiting until its thread is free. */
async function driveWithin(run: Run, timeBudgetMs: number | undefined): Promise<void> {
  const budget = after(timeBudgetMs, (ms) => run.control.end({ reason: "time_budget", detail: `${ms} ms` }));
  try {
    await run.drive();
  } finally {
    clearTimeout(budget);
  }
}

function after(ms: number | undefined, act: (ms: number) => void): NodeJS.Timeout | undefined {
  return ms === undefined ? undefined : setTimeout(() => act(ms), ms);
}
