/** From a call of `run()`, `stream()` or `resume()` to its result: the one path that all of them take. */
import type { Checkpointer } from "../checkpoint/types.ts";
import { CancelledError, TimeoutError } from "../errors/errors.ts";
import { deepFreeze, type JsonObject } from "../json/json.ts";
import type { RunControl } from "../loop/context.ts";
import type { AgentDefinition } from "../loop/definition.ts";
import type { ChatModel } from "../model/types.ts";
import { type Beginning, openRun } from "./beginning.ts";
import type { SystemPromptFunction } from "./options.ts";
import type { AgentResult } from "./result.ts";
import { type EventSink, Run } from "./run.ts";
import { resultOf } from "./run-result.ts";
import { holdThread, loadThread } from "./thread.ts";

/** What an agent lends to each of its runs. */
export interface RunSetting {
  readonly definition: AgentDefinition;
  readonly store: Checkpointer;
  readonly onBusy: "reject" | "queue";
  readonly metadata: JsonObject;
  readonly timeBudgetMs: number | undefined;
  readonly systemPrompt: string | SystemPromptFunction;
  readonly models: () => Promise<{ readonly model: ChatModel; readonly auxiliaryModel: ChatModel }>;
}

/** Options of one run. */
export interface RunOptions {
  /** The conversation to go on with, or to begin. Default: a new one; its id is on the result. */
  readonly threadId?: string;
  /** Cancels the run: its model call and its tools are aborted. */
  readonly signal?: AbortSignal;
  /** Milliseconds after which the run rejects with `TimeoutError`. For a result instead, see `timeBudgetMs`. */
  readonly timeoutMs?: number;
  /** Merged into the thread's metadata; tools and hooks see it. */
  readonly metadata?: JsonObject;
}

/** One run, as asked for. */
export interface RunRequest extends RunOptions {
  readonly beginning: Beginning;
  readonly threadId: string;
  readonly streaming: boolean;
}

/** @throws LocusError carrying the result so far, where the run failed, was cancelled or timed out. */
export async function executeRun(
  setting: RunSetting,
  request: RunRequest,
  control: RunControl,
  sink: EventSink,
): Promise<AgentResult> {
  const startedAt = performance.now();
  const { definition } = setting;
  const unwatch = watchLimits(control, request, setting.timeBudgetMs);
  let release: (() => void) | undefined;
  let run: Run;
  try {
    release = await holdThread(setting.store, request.threadId, setting.onBusy);
    run = await prepareRun(setting, request, control, sink);
    await run.drive();
  } finally {
    unwatch();
    release?.();
  }
  const result = resultOf(run.state, Math.round(performance.now() - startedAt));
  const error = control.stop?.error;
  if (error !== undefined) Object.defineProperty(error, "result", { value: result, configurable: true });
  await definition.hooks.afterRun({ result, ...(error === undefined ? {} : { error }) });
  if (error !== undefined) throw error;
  return result;
}

async function prepareRun(
  setting: RunSetting,
  { threadId, beginning, streaming, metadata: own }: RunRequest,
  control: RunControl,
  sink: EventSink,
): Promise<Run> {
  const { definition, store } = setting;
  const state = await loadThread(store, threadId);
  const metadata = deepFreeze({ ...state.metadata, ...setting.metadata, ...own });
  const opening = await openRun(definition, beginning, state, metadata);
  if (opening.end !== undefined) control.endByHook(opening.end);
  const { systemPrompt } = setting;
  const prompt =
    typeof systemPrompt === "string"
      ? systemPrompt
      : await systemPrompt({ input: opening.input, metadata, threadId });
  return new Run({
    definition,
    ...(await setting.models()),
    systemPrompt: prompt,
    streaming,
    metadata,
    control,
    store,
    sink,
    opening,
    state,
  });
}

/** Ends the run when its caller says so or its time is over. The returned function stops watching. */
function watchLimits(
  control: RunControl,
  { signal, timeoutMs }: RunOptions,
  timeBudgetMs: number | undefined,
): () => void {
  const cancel = (): void =>
    control.end({
      reason: "cancelled",
      error: new CancelledError("the run was cancelled by its signal", { cause: signal?.reason }),
    });
  if (signal?.aborted === true) cancel();
  signal?.addEventListener("abort", cancel, { once: true });
  const timeout = after(timeoutMs, (ms) =>
    control.end({
      reason: "error",
      error: new TimeoutError(`the run took longer than its timeoutMs, ${ms} ms`),
    }),
  );
  const budget = after(timeBudgetMs, (ms) => control.end({ reason: "time_budget", detail: `${ms} ms` }));
  return () => {
    signal?.removeEventListener("abort", cancel);
    clearTimeout(timeout);
    clearTimeout(budget);
  };
}

function after(ms: number | undefined, act: (ms: number) => void): NodeJS.Timeout | undefined {
  return ms === undefined ? undefined : setTimeout(() => act(ms), ms);
}
