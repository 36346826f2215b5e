/** What the hooks around a model call make of it together: each sees what those before it decided. */
import { type Ask, FAILED } from "./asking.ts";
import { endBy, guardEnd, named } from "./parts.ts";
import type {
  AfterModelCallContext,
  AfterModelCallDecision,
  BeforeModelCallContext,
  BeforeModelCallDecision,
  Hook,
  ModelErrorContext,
} from "./types.ts";

export async function beforeModelCall(
  hooks: readonly Hook[],
  context: BeforeModelCallContext,
  ask: Ask,
): Promise<BeforeModelCallDecision & { request: AfterModelCallContext["request"] }> {
  let request = context.request;
  for (const hook of hooks) {
    const made = await ask(hook, "beforeModelCall", () => hook.beforeModelCall?.({ ...context, request }));
    if (made === FAILED) return { request, end: guardEnd(hook, "beforeModelCall") };
    request = made?.request ?? request;
    if (made?.end !== undefined) return { request, end: endBy(hook, made.end) };
    if (made?.response !== undefined) return { request, response: made.response };
  }
  return { request };
}

export async function afterModelCall(
  hooks: readonly Hook[],
  context: AfterModelCallContext,
  ask: Ask,
): Promise<AfterModelCallDecision & { response: AfterModelCallContext["response"] }> {
  let response = context.response;
  for (const hook of hooks) {
    const made = await ask(hook, "afterModelCall", () => hook.afterModelCall?.({ ...context, response }));
    if (made === FAILED) return { response, end: guardEnd(hook, "afterModelCall") };
    response = made?.response ?? response;
    if (made?.end !== undefined) return { response, end: endBy(hook, made.end) };
    if (made?.retry !== undefined) return { response, retry: made.retry };
  }
  return { response };
}

/** The first hook that has an answer to the error decides. */
export async function onModelError(
  hooks: readonly Hook[],
  context: ModelErrorContext,
  ask: Ask,
): Promise<AfterModelCallDecision | undefined> {
  for (const hook of hooks) {
    const made = await ask(hook, "onModelError", () => hook.onModelError?.(context));
    if (made === FAILED) return { end: guardEnd(hook, "onModelError") };
    if (made?.response !== undefined || made?.retry !== undefined || made?.end !== undefined)
      return named(hook, made);
  }
  return undefined;
}
