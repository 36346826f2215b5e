/** From what the model asked for to what will be run: found, parsed, validated, allowed, approved. */
import { messageOf } from "../errors/errors.ts";
import {
  canonicalJson,
  deepFreeze,
  isJsonObject,
  isPlainJson,
  type JsonValue,
  MAX_DEPTH,
  nestingOf,
  toJson,
} from "../json/json.ts";
import type { PendingCall } from "../state/types.ts";
import { didYouMean } from "../text/nearest.ts";
import type { Tool, ToolFailure, Validated } from "../tool/types.ts";
import { isCovered, readApproval } from "./approval.ts";
import { type RunContext, unlessStopped } from "./context.ts";
import { prepareHosted } from "./hosted-call.ts";
import { idempotencyKey, lookUp, onUnknownOutcome, unknownOutcome } from "./idempotency.ts";
import { againQuestion, approvalQuestion, denied, failed, type Prepared } from "./prepared.ts";
import { type ReadyCall, toolContext } from "./tool-context.ts";

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
  const asked = approval?.arguments === undefined ? parsed.value : approval.arguments;
  const checked = await unlessStopped(run.control, check(tool, asked));
  if (checked === undefined) return { kind: "stopped" };
  if (!checked.ok) return failed(invalidArguments(tool, checked.message), asked);

  let args = checked.value;
  const own = onRecord(args, asked);
  let json = own;
  const { hooks } = run.definition;
  const before = await unlessStopped(
    run.control,
    hooks.beforeToolCall({ call: { id: call.id, name: call.name, arguments: json }, tool, state: run.state }),
  );
  if (before?.end !== undefined) run.control.endByHook(before.end);
  if (before === undefined || run.control.stop !== undefined) return { kind: "stopped" };
  if (before.deny !== undefined) return denied(before.deny, json);
  if (before.result !== undefined) {
    return { kind: "settled", json, outcome: { result: before.result, source: "cached", durationMs: 0 } };
  }
  if (before.rewritten) {
    const rewritten = before.arguments ?? json;
    const again = await check(tool, rewritten);
    if (!again.ok) return failed(invalidArguments(tool, `rewritten by a hook: ${again.message}`), rewritten);
    args = again.value;
    json = onRecord(args, rewritten);
  }

  const key = idempotencyKey(run.state, tool, pending, json);
  const known = lookUp(run.state, tool, key);
  if (known !== undefined) return { kind: "settled", json, outcome: known };
  if (pending.started !== undefined) {
    const policy = onUnknownOutcome(tool);
    if (policy === "tell") return { kind: "settled", json, outcome: unknownOutcome() };
    if (policy === "ask") {
      return { kind: "approval", json, question: againQuestion(tool.name), reason: "unknown_outcome" };
    }
  }
  const ready: ReadyCall = { pending, tool, args, json, key };
  if (approval !== undefined) {
    const rewritten = canonicalJson(json) !== canonicalJson(own);
    if (isCovered(pending, json, rewritten)) return { kind: "ready", ready };
  }
  const asks = await unlessStopped(run.control, wantsApproval(run, ready));
  if (run.control.stop !== undefined) return { kind: "stopped" };
  const question = before.ask ?? (asks === "" ? false : (asks ?? false));
  // What was approved is not what would be run now: it is asked again, even if the rule no longer asks.
  if (question === false && approval === undefined) return { kind: "ready", ready };
  return { kind: "approval", json, question: approvalQuestion(tool.name, question) };
}

/**
 * The arguments as they are recorded and told apart: as validated where JSON can hold that, else as they were asked for
 * (a schema may make a `Set` or a `Date` of them, and two sets would look alike).
 */
function onRecord(validated: unknown, asked: JsonValue): JsonValue {
  return deepFreeze(toJson(isPlainJson(validated) ? validated : asked));
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

/** No text is no arguments; any other text must be a JSON object. */
function parseArguments(text: string): Validated<JsonValue> {
  if (text.trim() === "") return { ok: true, value: {} };
  const shown = text.length > 200 ? `${text.slice(0, 200)}…` : text;
  if (nestingOf(text) > MAX_DEPTH) {
    return { ok: false, message: `the arguments are nested more than ${MAX_DEPTH} levels deep` };
  }
  try {
    const value = JSON.parse(text) as JsonValue;
    if (isJsonObject(value)) return { ok: true, value };
    return { ok: false, message: `the arguments must be a JSON object; received: ${shown}` };
  } catch (error) {
    return {
      ok: false,
      message: `the arguments are not valid JSON (${messageOf(error)}); received: ${shown}`,
    };
  }
}

async function check(tool: Tool, value: JsonValue): Promise<Validated<unknown>> {
  try {
    return await tool.validate(value);
  } catch (error) {
    return { ok: false, message: messageOf(error) };
  }
}

async function wantsApproval(run: RunContext, ready: ReadyCall): Promise<boolean | string> {
  try {
    return await ready.tool.needsApproval(ready.args, toolContext(run, ready, run.control.signal));
  } catch (error) {
    // A rule that cannot say whether to ask is answered by asking.
    run.definition.logger.error(
      { err: error, tool: ready.tool.name },
      "needsApproval failed; a person is asked",
    );
    return true;
  }
}
