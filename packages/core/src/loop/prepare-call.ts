/** From what the model asked for to what will be run: found, parsed, validated, allowed, approved. */
import type { PendingCall } from "../state/types.ts";
import { didYouMean } from "../text/nearest.ts";
import { redactError } from "../text/redact-error.ts";
import type { Question } from "../tool/interrupt.ts";
import type { Awaitable, Tool, ToolFailure } from "../tool/types.ts";
import { covers, readApproval } from "./approval.ts";
import { type CallArguments, parseArguments, recorded, validated } from "./call-arguments.ts";
import type { RunContext } from "./context.ts";
import { prepareHosted } from "./hosted-call.ts";
import { idempotencyKey, lookUp, onUnknownOutcome, unknownOutcome } from "./idempotency.ts";
import { againQuestion, approvalQuestion, denied, failed, type Prepared } from "./prepared.ts";
import { unlessStopped } from "./run-control.ts";
import { type ReadyCall, toolContext } from "./tool-context.ts";

/**
 * Where a record exists, the record wins: a call that had begun, or that a person has approved, runs with the very
 * arguments on record. Whatever is new is validated, shown to the hooks, and asked about where somebody wants that.
 */
export async function prepareCall(run: RunContext, pending: PendingCall): Promise<Prepared> {
  const { call } = pending;
  if (call.hosted === true) return prepareHosted(run, pending);
  const tool = run.definition.tools.get(call.name);
  if (tool === undefined) return failed(unknownTool(run, call.name), call.arguments);

  const parsed = parseArguments(call.arguments);
  if (!parsed.ok) return failed({ code: "invalid_json", message: parsed.message }, call.arguments);
  const approval = readApproval(pending);
  if (approval?.approved === false) {
    return pending.unknownOutcome === true
      ? { kind: "settled", json: parsed.value, outcome: unknownOutcome(approval.reason) }
      : denied(approval.reason, parsed.value);
  }
  const record =
    pending.started?.arguments ?? (approval?.arguments === undefined ? approval?.shown : undefined);
  const asked = approval?.arguments ?? parsed.value;
  const checking = unlessStopped(
    run.control,
    record === undefined ? validated(tool, asked) : recorded(tool, record, parsed.value),
  );
  // Here and below: what is there already, as it mostly is, is not waited for.
  const checked = checking instanceof Promise ? await checking : checking;
  if (checked === undefined) return { kind: "stopped" };
  if (!checked.ok) return failed(invalidArguments(tool, checked.message), record ?? asked);

  const hooked = await askHooks(run, pending, tool, checked.value);
  if (hooked.kind !== "arguments") return hooked;
  const { args, json } = hooked;

  const key = pending.started?.idempotencyKey ?? idempotencyKey(run.state, tool, pending, json);
  const known = lookUp(run.state, tool, key);
  if (known !== undefined) return { kind: "settled", json, outcome: known };
  if (hasBegun(run, pending, tool, key)) {
    const policy = onUnknownOutcome(tool);
    if (policy === "tell") return { kind: "settled", json, outcome: unknownOutcome() };
    if (policy === "ask") {
      return { kind: "approval", json, question: againQuestion(tool.name), reason: "unknown_outcome" };
    }
  }
  const ready: ReadyCall = { pending, tool, args, json, key };
  if (approval !== undefined && covers(approval, json)) return { kind: "ready", ready };
  const deciding = unlessStopped(run.control, wantsApproval(run, ready));
  const asks = deciding instanceof Promise ? await deciding : deciding;
  if (run.control.stop !== undefined) return { kind: "stopped" };
  const question = hooked.ask ?? (asks === "" ? false : (asks ?? false));
  // What was approved is not what would be run now: it is asked again, even if the rule no longer asks.
  if (question === false && approval === undefined) return { kind: "ready", ready };
  return { kind: "approval", json, question: approvalQuestion(tool.name, question) };
}

type Hooked =
  | ({ readonly kind: "arguments"; readonly ask?: string | Question } & CallArguments)
  | Exclude<Prepared, { kind: "ready" | "approval" }>;

async function askHooks(
  run: RunContext,
  { call, started, unknownOutcome: askedAgain }: PendingCall,
  tool: Tool,
  given: CallArguments,
): Promise<Hooked> {
  const { json } = given;
  const looking = unlessStopped(
    run.control,
    run.definition.hooks.beforeToolCall(
      {
        call: { id: call.id, name: call.name, arguments: json },
        tool,
        state: run.state,
        signal: run.control.signal,
      },
      run.report,
    ),
  );
  const before = looking instanceof Promise ? await looking : looking;
  if (before?.end !== undefined) run.control.endByHook(before.end);
  if (before === undefined || run.control.stop !== undefined) return { kind: "stopped" };
  if (before.deny !== undefined) return denied(before.deny, json);
  if (before.result !== undefined) {
    return { kind: "settled", json, outcome: { result: before.result, source: "cached", durationMs: 0 } };
  }
  const ask = before.ask === undefined ? {} : { ask: before.ask };
  // A call that had begun is repeated as it was: it went by these hooks then.
  if (!before.rewritten || started !== undefined || askedAgain === true) {
    return { kind: "arguments", ...given, ...ask };
  }
  const rewritten = before.arguments ?? json;
  const again = await validated(tool, rewritten);
  if (!again.ok) return failed(invalidArguments(tool, `rewritten by a hook: ${again.message}`), rewritten);
  return { kind: "arguments", ...again.value, ...ask };
}

/** Whether the call may have had its effect: it began, or one with the same intent did, and no outcome is on record. */
function hasBegun({ state }: RunContext, pending: PendingCall, tool: Tool, key: string): boolean {
  // Its body is done: it asked, and the answer is the result.
  if (pending.answer !== undefined && tool.onAnswer === undefined) return false;
  if (pending.started !== undefined) return true;
  return (
    tool.idempotent !== undefined && state.run.pending.some(({ started }) => started?.idempotencyKey === key)
  );
}

function unknownTool(run: RunContext, name: string): ToolFailure {
  const names = [...run.definition.tools.keys()];
  const list = names.length === 0 ? "There are no tools." : `Tools: ${names.join(", ")}.`;
  return {
    code: "unknown_tool",
    message: `there is no tool named "${name}"${didYouMean(name, names) || "."} ${list}`,
  };
}

function invalidArguments(tool: Tool, message: string): ToolFailure {
  return { code: "invalid_arguments", message: `invalid arguments for ${tool.name}: ${message}` };
}

function wantsApproval(run: RunContext, ready: ReadyCall): Awaitable<boolean | string> {
  // A rule that cannot say whether to ask is answered by asking.
  const failed = (error: unknown): true => {
    run.definition.logger.error(
      { err: redactError(error), tool: ready.tool.name },
      "needsApproval failed; a person is asked",
    );
    return true;
  };
  try {
    const asks: unknown = ready.tool.needsApproval(ready.args, toolContext(run, ready, run.control));
    // Most tools answer at once.
    return typeof asks === "boolean" ? asks : Promise.resolve(asks).then(readAsks).catch(failed);
  } catch (error) {
    return failed(error);
  }
}

function readAsks(asks: unknown): boolean | string {
  if (typeof asks === "boolean" || typeof asks === "string") return asks;
  if (asks === undefined || asks === null) return false;
  throw new TypeError(`it must return true, false or a question, not ${typeof asks}`);
}
