/** A call that the provider runs itself and asks about first: what it waits for is a word on whether it may. */
import { parseJson } from "../json/json.ts";
import type { PendingCall } from "../state/types.ts";
import type { Tool } from "../tool/types.ts";
import { readApproval } from "./approval.ts";
import type { RunContext } from "./context.ts";
import { approvalQuestion, type Prepared } from "./prepared.ts";
import { unlessStopped } from "./run-control.ts";

/** Hooks may deny it like any call; else a person is asked. The word goes back as the call's result. */
export async function prepareHosted(run: RunContext, pending: PendingCall): Promise<Prepared> {
  const { id, name, arguments: text } = pending.call;
  const json = parseJson(text) ?? text;
  const call = { id, name, arguments: json };
  const before = await unlessStopped(
    run.control,
    run.definition.hooks.beforeToolCall(
      { call, tool: standIn(name), state: run.state, signal: run.control.signal },
      run.report,
    ),
  );
  if (before?.end !== undefined) run.control.endByHook(before.end);
  if (before === undefined || run.control.stop !== undefined) return { kind: "stopped" };
  const approval =
    before.deny === undefined ? readApproval(pending) : { approved: false, reason: before.deny };
  if (approval === undefined) return { kind: "approval", json, question: approvalQuestion(name) };
  const { approved, reason } = approval;
  const result = { approved, ...(reason === undefined ? {} : { reason }) };
  return {
    kind: "settled",
    json,
    outcome: { result, source: approved ? "executed" : "denied", durationMs: 0 },
  };
}

/** For hooks, which are given a tool with each call. */
function standIn(name: string): Tool {
  return {
    name,
    description: "Run by the provider.",
    parameters: { type: "object" },
    onError: "return",
    validate: (value) => ({ ok: true, value }),
    needsApproval: () => true,
    execute: () => undefined,
  };
}
