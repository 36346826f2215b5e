/** What the hooks make together of what a run begins with, of a question that it asks, and of its end. */
import type { Question } from "../tool/interrupt.ts";
import { type Ask, FAILED } from "./asking.ts";
import { endBy, givenOf, guardEnd, nameOf, questionOf } from "./parts.ts";
import type {
  AfterRunContext,
  BeforeInterruptContext,
  BeforeRunContext,
  BeforeRunDecision,
  Hook,
} from "./types.ts";

export async function beforeRun(
  hooks: readonly Hook[],
  context: BeforeRunContext,
  ask: Ask,
): Promise<BeforeRunDecision> {
  let current = context;
  for (const hook of hooks) {
    const shown = current;
    const made = await ask(hook, "beforeRun", () => hook.beforeRun?.({ ...shown }));
    if (made === FAILED) return { ...givenOf(current), end: guardEnd(hook, "beforeRun") };
    current = { ...current, ...givenOf({ ...givenOf(current), ...made }) };
    if (made?.end !== undefined) return { ...givenOf(current), end: endBy(hook, made.end) };
  }
  return givenOf(current);
}

/** The question as it will be asked. That of a guard that failed is withheld. */
export async function beforeInterrupt(
  hooks: readonly Hook[],
  context: BeforeInterruptContext,
  ask: Ask,
): Promise<Question> {
  let asked: Question = questionOf(context);
  for (const hook of hooks) {
    const shown = { ...context, ...asked };
    const made = await ask(hook, "beforeInterrupt", () => hook.beforeInterrupt?.(shown));
    if (made === FAILED) return { question: `The question is withheld: the guard ${nameOf(hook)} failed.` };
    asked = questionOf({ ...asked, ...made });
  }
  return asked;
}

export async function afterRun(hooks: readonly Hook[], context: AfterRunContext, ask: Ask): Promise<void> {
  for (const hook of hooks) {
    await ask(hook, "afterRun", async () => void (await hook.afterRun?.(context)));
  }
}
