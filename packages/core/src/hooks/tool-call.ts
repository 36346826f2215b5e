/** What the hooks around a tool call make of it together: each sees what those before it decided. */
import type { ToolCall } from "../tool/types.ts";
import { type Ask, FAILED } from "./asking.ts";
import { endBy, kept, named, nameOf, withArguments } from "./parts.ts";
import type {
  AfterToolCallContext,
  AfterToolCallDecision,
  BeforeToolCallContext,
  BeforeToolCallDecision,
  Hook,
} from "./types.ts";

/**
 * `rewritten` says that a hook changed the arguments, which must then be validated again. A guard whose call a later hook
 * rewrote is asked once more: it has looked at what is really called.
 */
export async function beforeToolCall(
  hooks: readonly Hook[],
  context: BeforeToolCallContext,
  ask: Ask,
): Promise<BeforeToolCallDecision & { readonly rewritten: boolean }> {
  let call = context.call;
  let question: BeforeToolCallDecision["ask"];
  const looked = new Map<Hook, ToolCall>();
  const again = hooks.filter((hook) => hook.guard === true);
  for (const hook of [...hooks, ...again]) {
    if (looked.get(hook) === call) continue;
    const shown = { ...context, call };
    const made = await ask(hook, "beforeToolCall", () => hook.beforeToolCall?.(shown));
    const rewritten = call !== context.call;
    if (made === FAILED)
      return { rewritten, deny: `the guard ${nameOf(hook)} failed, so the call was not made` };
    if (made?.arguments !== undefined) call = withArguments(call, made.arguments);
    looked.set(hook, call);
    // The first to ask words the question; a later hook may still deny.
    question ??= made?.ask;
    if (made?.end !== undefined || made?.deny !== undefined || made?.result !== undefined)
      return { ...named(hook, made), rewritten };
  }
  return {
    arguments: call.arguments,
    rewritten: call !== context.call,
    ...(question === undefined ? {} : { ask: question }),
  };
}

/** `withheld` names the guard that failed: the result must not be shown. */
export async function afterToolCall(
  hooks: readonly Hook[],
  context: AfterToolCallContext,
  ask: Ask,
): Promise<AfterToolCallDecision & { readonly withheld?: string }> {
  let current = context;
  let decided: AfterToolCallDecision = {};
  for (const hook of hooks) {
    const made = await ask(hook, "afterToolCall", () => hook.afterToolCall?.(current));
    if (made === FAILED) return { ...decided, withheld: `the guard ${nameOf(hook)} failed` };
    if (made?.error !== undefined) {
      const { result: _replaced, ...rest } = current;
      const code = current.error?.code ?? "withheld";
      current = { ...rest, error: { code, message: made.error } };
      decided = { ...kept(decided), error: made.error };
    } else if (made?.result !== undefined) {
      const { error: _replaced, ...rest } = current;
      current = { ...rest, result: made.result };
      decided = { ...kept(decided), result: made.result };
    }
    if (made?.metadata !== undefined) {
      decided = { ...decided, metadata: { ...decided.metadata, ...made.metadata } };
    }
    if (made?.end !== undefined) decided = { ...decided, end: decided.end ?? endBy(hook, made.end) };
  }
  return decided;
}
