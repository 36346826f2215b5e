/** What is put on record of a call: its start, its outcome as the hooks left it, the question it raised. */
import { randomUUID } from "node:crypto";
import type { DurableDraft } from "../events/types.ts";
import type { JsonValue } from "../json/json.ts";
import type { ToolCallPart } from "../messages/types.ts";
import { redactSecrets } from "../text/redact.ts";
import type { Question } from "../tool/interrupt.ts";
import { cut, limitResult } from "../tool/limit-result.ts";
import { readResult } from "../tool/result.ts";
import type { Awaitable, ToolOutcome } from "../tool/types.ts";
import { approvalDigest } from "./approval.ts";
import type { RunContext } from "./context.ts";
import { unlessStopped } from "./run-control.ts";
import type { ReadyCall } from "./tool-context.ts";

export function toolStart({ pending, tool, json, key }: ReadyCall): DurableDraft {
  return {
    type: "tool_start",
    callId: pending.call.id,
    name: tool.name,
    arguments: json,
    idempotencyKey: key,
    ...(tool.idempotent === undefined ? {} : { idempotent: tool.idempotent }),
  };
}

/** The event of an outcome, after the hooks have seen it. */
export async function complete(
  run: RunContext,
  call: ToolCallPart,
  json: JsonValue,
  outcome: ToolOutcome,
): Promise<DurableDraft> {
  const { result, error, source, durationMs } = outcome;
  const looking = unlessStopped(
    run.control,
    run.definition.hooks.afterToolCall(
      {
        call: { id: call.id, name: call.name, arguments: json },
        ...(result === undefined ? {} : { result }),
        ...(error === undefined ? {} : { error }),
        source,
        durationMs,
        state: run.state,
      },
      run.report,
    ),
  );
  // Here and below: what is there already, as it mostly is, is not waited for.
  const seen = looking instanceof Promise ? await looking : looking;
  if (seen?.end !== undefined) run.control.endByHook(seen.end);
  const limiting = withinLimits(run, call, afterHooks(outcome, seen ?? UNSEEN));
  const shown = limiting instanceof Promise ? await limiting : limiting;
  const started = run.state.run.pending.find((pending) => pending.call.id === call.id)?.started;
  return {
    type: "tool_complete",
    callId: call.id,
    name: call.name,
    ...(started === undefined ? { arguments: json } : {}),
    ...(shown.result === undefined ? {} : { result: shown.result }),
    ...(shown.content === undefined ? {} : { content: shown.content }),
    ...(shown.error === undefined ? {} : { error: shown.error }),
    isError: shown.error !== undefined,
    durationMs,
    cached: source === "cached",
    source,
    ...(seen?.metadata === undefined ? {} : { metadata: seen.metadata }),
  };
}

const UNSEEN = { withheld: "the run ended before its hooks had seen it" };

/** Whatever the model reads of a call has its limit: results of hooks and messages of errors as well. */
function withinLimits(run: RunContext, call: ToolCallPart, shown: ToolOutcome): Awaitable<ToolOutcome> {
  const { maxToolResultChars, output, terminalTools } = run.definition;
  const { error, result } = shown;
  if (error !== undefined) {
    return { ...shown, error: { ...error, message: cut(redactSecrets(error.message), maxToolResultChars) } };
  }
  // The answer itself, which is checked whole.
  if (output !== undefined && terminalTools.has(call.name)) return shown;
  if (result === undefined || shown.content !== undefined) return shown;
  const limited = limitResult(run.definition, run.state.threadId, call.id, { result });
  return limited instanceof Promise
    ? limited.then((cutShort) => ({ ...shown, ...cutShort }))
    : { ...shown, ...limited };
}

function afterHooks(
  outcome: ToolOutcome,
  seen: { readonly result?: JsonValue; readonly error?: string; readonly withheld?: string },
): ToolOutcome {
  const { source, durationMs } = outcome;
  if (seen.withheld === undefined && seen.error !== undefined) {
    const code = outcome.error?.code ?? "withheld";
    return { error: { code, message: seen.error }, source, durationMs };
  }
  if (seen.withheld !== undefined) {
    const message = `the result is withheld: ${seen.withheld}`;
    return { error: { code: "withheld", message }, source, durationMs };
  }
  return seen.result === undefined ? outcome : { ...readResult(seen.result), source, durationMs };
}

/** What is asked about a call, or by it. */
interface Asking {
  readonly question: Question;
  readonly json: JsonValue;
  readonly reason?: "unknown_outcome";
}

/** The event of a question, as the hooks left it. */
export async function ask(
  run: RunContext,
  kind: "question" | "approval",
  { id, name }: ToolCallPart,
  { question: given, json, reason }: Asking,
): Promise<DurableDraft> {
  const context = { ...given, kind, name, state: run.state };
  const asked = await unlessStopped(run.control, run.definition.hooks.beforeInterrupt(context, run.report));
  const { question, options } = asked ?? { question: "" };
  return {
    type: "interrupt",
    interruptId: `int_${randomUUID()}`,
    callId: id,
    kind,
    question,
    ...(options === undefined ? {} : { options }),
    name,
    arguments: json,
    ...(kind === "approval" ? { digest: approvalDigest(name, json) } : {}),
    ...(reason === undefined ? {} : { reason }),
  };
}
