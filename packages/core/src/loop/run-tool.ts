/** Runs a tool's body: its time limit, its tries, its result. Never rejects. */
import { abortable, backoffMs, sleep } from "../async/abort.ts";
import { Ending } from "../async/ending.ts";
import { messageOf, ToolError } from "../errors/errors.ts";
import { redactSecrets } from "../text/redact.ts";
import { type Question, ToolInterrupt } from "../tool/interrupt.ts";
import { readResult } from "../tool/result.ts";
import type { ToolContext, ToolOutcome } from "../tool/types.ts";
import type { RunContext } from "./context.ts";
import { type ReadyCall, toolContext } from "./tool-context.ts";

/** What came of running a body; `fatal` is for the caller to end the run with, once the outcome is on record. */
export type ToolRun =
  | { readonly outcome: ToolOutcome; readonly fatal?: ToolError }
  | { readonly question: Question };

export function runTool(run: RunContext, ready: ReadyCall): Promise<ToolRun> {
  const { tool, pending, json } = ready;
  const call = { id: pending.call.id, name: tool.name, arguments: json };
  const context = { call, tool, state: run.state };
  return run.definition.hooks.aroundToolCall(context, () => tries(run, ready));
}

async function tries(run: RunContext, ready: ReadyCall): Promise<ToolRun> {
  const started = performance.now();
  const took = (): number => Math.round(performance.now() - started);
  const { tool } = ready;
  const attempts = tool.retry?.attempts ?? 1;
  for (let attempt = 1; ; attempt++) {
    try {
      const value = await runBody(run, ready);
      const question = ToolInterrupt.questionOf(value);
      if (question !== undefined) return { question };
      return { outcome: { ...readResult(value), source: "executed", durationMs: took() } };
    } catch (error) {
      if (run.control.stop !== undefined || attempt >= attempts) {
        const fatal = tool.onError === "throw" ? { fatal: fatalError(ready, error) } : {};
        return {
          outcome: { error: failure(ready, error), source: "executed", durationMs: took() },
          ...fatal,
        };
      }
      const { delayMs = 200, maxDelayMs = 10_000 } = tool.retry ?? {};
      await sleep(backoffMs(attempt, delayMs, maxDelayMs), run.control.signal).catch(() => undefined);
      // Nothing is begun once the run is over.
      if (run.control.stop !== undefined) {
        return { outcome: { error: failure(ready, error), source: "executed", durationMs: took() } };
      }
    }
  }
}

/** One try, under a signal that ends with the run or with the tool's own time. */
async function runBody(run: RunContext, ready: ReadyCall): Promise<unknown> {
  const { tool } = ready;
  const { stopping } = run.control;
  const ending = new Ending();
  const stop = (): void => ending.abort(stopping.reason);
  if (stopping.aborted) stop();
  else stopping.addEventListener("abort", stop, { once: true });
  const { timeoutMs } = tool;
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(() => ending.abort(new ToolTimeout(timeoutMs)), timeoutMs);
  try {
    const context = toolContext(run, ready, ending);
    if (ending.aborted) throw ending.reason;
    const said = bodyOf(ready, context);
    // What is there already is not waited for.
    if (!isThenable(said)) return said;
    return await abortable(Promise.resolve(said), ending);
  } finally {
    clearTimeout(timer);
    stopping.removeEventListener("abort", stop);
  }
}

function bodyOf({ tool, args, pending: { answer } }: ReadyCall, context: ToolContext): unknown {
  if (answer === undefined) return tool.execute(args, context);
  return tool.onAnswer === undefined ? answer.value : tool.onAnswer(answer.value, args, context);
}

const isThenable = (value: unknown): boolean =>
  (typeof value === "object" || typeof value === "function") && value !== null && "then" in value;

class ToolTimeout extends Error {
  constructor(timeoutMs: number) {
    super(`timed out after ${timeoutMs} ms`);
  }
}

function failure({ tool }: ReadyCall, error: unknown): NonNullable<ToolOutcome["error"]> {
  const code = error instanceof ToolTimeout ? "timeout" : "tool_error";
  return { code, message: `${tool.name} failed: ${describe(error)}` };
}

function fatalError({ tool }: ReadyCall, cause: unknown): ToolError {
  return new ToolError(`the tool "${tool.name}" failed: ${describe(cause)}`, {
    cause,
    hint: 'It is declared onError: "throw", which ends the run. With "return" the model would read the error and go on.',
  });
}

function describe(error: unknown): string {
  return redactSecrets(messageOf(error));
}
