/** Calls hooks in their order and folds what they decide. The only place where a hook's exception or bad decision is met. */
import type { AgentEvent } from "../events/types.ts";
import type { Logger } from "../log/logger.ts";
import type { ModelResponse } from "../model/types.ts";
import { redactError } from "../text/redact-error.ts";
import type { Question } from "../tool/interrupt.ts";
import type { Awaitable, ToolCall } from "../tool/types.ts";
import { callWithin } from "./around.ts";
import { readDecision } from "./decision.ts";
import {
  endBy,
  givenOf,
  guardEnd,
  kept,
  named,
  nameOf,
  type Point,
  priorityOf,
  questionOf,
  withArguments,
} from "./parts.ts";
import type {
  AfterModelCallContext,
  AfterModelCallDecision,
  AfterRunContext,
  AfterToolCallContext,
  AfterToolCallDecision,
  AroundModelCallContext,
  AroundToolCallContext,
  BeforeInterruptContext,
  BeforeModelCallContext,
  BeforeModelCallDecision,
  BeforeRunContext,
  BeforeRunDecision,
  BeforeToolCallContext,
  BeforeToolCallDecision,
  GuardrailReport,
  Hook,
  ModelErrorContext,
  ToolBodyEnd,
} from "./types.ts";

/** Takes what guards found. */
export type Report = (found: GuardrailReport) => void;

/** The hooks of one agent, sorted. */
export class HookRunner {
  readonly #ascending: readonly Hook[];
  readonly #descending: readonly Hook[];
  readonly #observers: readonly Hook[];
  readonly #logger: Logger;
  readonly #reported = new WeakMap<Hook, Set<Point>>();

  constructor(hooks: readonly Hook[], logger: Logger) {
    this.#ascending = hooks.toSorted((a, b) => priorityOf(a) - priorityOf(b));
    this.#descending = this.#ascending.toReversed();
    this.#observers = this.#ascending.filter((hook) => hook.onEvent !== undefined);
    this.#logger = logger;
  }

  async beforeRun(context: BeforeRunContext, report: Report): Promise<BeforeRunDecision> {
    let current = context;
    for (const hook of this.#ascending) {
      if (hook.beforeRun === undefined) continue;
      const shown = current;
      const made = await this.#ask(hook, report, "beforeRun", () => hook.beforeRun?.({ ...shown }));
      if (made === FAILED) return { ...givenOf(current), end: guardEnd(hook, "beforeRun") };
      current = { ...current, ...givenOf({ ...givenOf(current), ...made }) };
      if (made?.end !== undefined) return { ...givenOf(current), end: endBy(hook, made.end) };
    }
    return givenOf(current);
  }

  /** The question as it will be asked. That of a guard that failed is withheld. */
  async beforeInterrupt(context: BeforeInterruptContext, report: Report): Promise<Question> {
    let asked: Question = questionOf(context);
    for (const hook of this.#ascending) {
      if (hook.beforeInterrupt === undefined) continue;
      const shown = { ...context, ...asked };
      const made = await this.#ask(hook, report, "beforeInterrupt", () => hook.beforeInterrupt?.(shown));
      if (made === FAILED) return { question: `The question is withheld: the guard ${nameOf(hook)} failed.` };
      asked = questionOf({ ...asked, ...made });
    }
    return asked;
  }

  async beforeModelCall(
    context: BeforeModelCallContext,
    report: Report,
  ): Promise<BeforeModelCallDecision & { request: AfterModelCallContext["request"] }> {
    let request = context.request;
    for (const hook of this.#ascending) {
      if (hook.beforeModelCall === undefined) continue;
      const made = await this.#ask(hook, report, "beforeModelCall", () =>
        hook.beforeModelCall?.({ ...context, request }),
      );
      if (made === FAILED) return { request, end: guardEnd(hook, "beforeModelCall") };
      request = made?.request ?? request;
      if (made?.end !== undefined) return { request, end: endBy(hook, made.end) };
      if (made?.response !== undefined) return { request, response: made.response };
    }
    return { request };
  }

  async afterModelCall(
    context: AfterModelCallContext,
    report: Report,
  ): Promise<AfterModelCallDecision & { response: AfterModelCallContext["response"] }> {
    let response = context.response;
    for (const hook of this.#descending) {
      if (hook.afterModelCall === undefined) continue;
      const made = await this.#ask(hook, report, "afterModelCall", () =>
        hook.afterModelCall?.({ ...context, response }),
      );
      if (made === FAILED) return { response, end: guardEnd(hook, "afterModelCall") };
      response = made?.response ?? response;
      if (made?.end !== undefined) return { response, end: endBy(hook, made.end) };
      if (made?.retry !== undefined) return { response, retry: made.retry };
    }
    return { response };
  }

  /** The first hook that has an answer to the error decides. */
  async onModelError(
    context: ModelErrorContext,
    report: Report,
  ): Promise<AfterModelCallDecision | undefined> {
    for (const hook of this.#descending) {
      if (hook.onModelError === undefined) continue;
      const made = await this.#ask(hook, report, "onModelError", () => hook.onModelError?.(context));
      if (made === FAILED) return { end: guardEnd(hook, "onModelError") };
      if (made?.response !== undefined || made?.retry !== undefined || made?.end !== undefined)
        return named(hook, made);
    }
    return undefined;
  }

  /**
   * `rewritten` says that a hook changed the arguments, which must then be validated again. A guard whose call a later hook
   * rewrote is asked once more: it has looked at what is really called.
   */
  async beforeToolCall(
    context: BeforeToolCallContext,
    report: Report,
  ): Promise<BeforeToolCallDecision & { readonly rewritten: boolean }> {
    let call = context.call;
    let ask: BeforeToolCallDecision["ask"];
    const looked = new Map<Hook, ToolCall>();
    const hooks = this.#ascending.filter((hook) => hook.beforeToolCall !== undefined);
    const again = hooks.filter((hook) => hook.guard === true);
    for (const hook of [...hooks, ...again]) {
      if (looked.get(hook) === call) continue;
      const shown = { ...context, call };
      const made = await this.#ask(hook, report, "beforeToolCall", () => hook.beforeToolCall?.(shown));
      const rewritten = call !== context.call;
      if (made === FAILED)
        return { rewritten, deny: `the guard ${nameOf(hook)} failed, so the call was not made` };
      if (made?.arguments !== undefined) call = withArguments(call, made.arguments);
      looked.set(hook, call);
      // The first to ask words the question; a later hook may still deny.
      ask ??= made?.ask;
      if (made?.end !== undefined || made?.deny !== undefined || made?.result !== undefined)
        return { ...named(hook, made), rewritten };
    }
    return {
      arguments: call.arguments,
      rewritten: call !== context.call,
      ...(ask === undefined ? {} : { ask }),
    };
  }

  /** `withheld` names the guard that failed: the result must not be shown. */
  async afterToolCall(
    context: AfterToolCallContext,
    report: Report,
  ): Promise<AfterToolCallDecision & { readonly withheld?: string }> {
    let current = context;
    let decided: AfterToolCallDecision = {};
    for (const hook of this.#descending) {
      if (hook.afterToolCall === undefined) continue;
      const made = await this.#ask(hook, report, "afterToolCall", () => hook.afterToolCall?.(current));
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

  /** The call, within the hooks that want to be around it. */
  aroundModelCall(
    context: AroundModelCallContext,
    call: () => Promise<ModelResponse>,
  ): Promise<ModelResponse> {
    return callWithin(
      this.#ascending,
      (hook, next) => hook.aroundModelCall && { said: hook.aroundModelCall(context, next) },
      call,
      (hook, error) => this.#report(hook, "aroundModelCall", error),
    );
  }

  aroundToolCall<End extends ToolBodyEnd>(
    context: AroundToolCallContext,
    call: () => Promise<End>,
  ): Promise<End> {
    return callWithin(
      this.#ascending,
      (hook, next: () => Promise<End>) => hook.aroundToolCall && { said: hook.aroundToolCall(context, next) },
      call,
      (hook, error) => this.#report(hook, "aroundToolCall", error),
    );
  }

  async afterRun(context: AfterRunContext): Promise<void> {
    for (const hook of this.#descending) {
      if (hook.afterRun !== undefined) {
        await this.#ask(hook, UNREPORTED, "afterRun", async () => void (await hook.afterRun?.(context)));
      }
    }
  }

  onEvent(event: AgentEvent): void {
    for (const hook of this.#observers) {
      try {
        const watching = hook.onEvent?.(event);
        if (watching instanceof Promise)
          watching.catch((error: unknown) => this.#report(hook, "onEvent", error));
      } catch (error) {
        this.#report(hook, "onEvent", error);
      }
    }
  }

  async #ask<Decision extends object>(
    hook: Hook,
    report: Report,
    point: Point,
    ask: () => Awaitable<Decision | undefined | void>,
  ): Promise<Decision | undefined | typeof FAILED> {
    try {
      const made = await ask();
      // Something else than a decision is what an arrow function happens to return.
      if (typeof made !== "object" || made === null) return undefined;
      const decision: Decision & { readonly guardrails?: readonly GuardrailReport[] } = readDecision(made);
      for (const found of decision.guardrails ?? []) report(found);
      return decision;
    } catch (error) {
      this.#report(hook, point, error);
      if (hook.guard !== true) return undefined;
      report({ detector: nameOf(hook), action: "block", where: point, detail: "the guard failed" });
      return FAILED;
    }
  }

  #report(hook: Hook, point: Point, error: unknown): void {
    const points = this.#reported.get(hook) ?? new Set();
    if (points.has(point)) return;
    this.#reported.set(hook, points.add(point));
    this.#logger.error(
      { hook: nameOf(hook), point, err: redactError(error) },
      hook.guard === true
        ? "a guard failed; what it guards was not let through"
        : "a hook failed and was passed over; further failures of it are not logged",
    );
  }
}

const UNREPORTED: Report = () => undefined;

const FAILED = Symbol("guard failed");
