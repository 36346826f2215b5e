/** The hooks of one agent: who is asked at which point, and in which order. */
import type { AgentEvent } from "../events/types.ts";
import type { Logger } from "../log/logger.ts";
import type { ModelResponse } from "../model/types.ts";
import type { Question } from "../tool/interrupt.ts";
import type { Awaitable } from "../tool/types.ts";
import { callWithin } from "./around.ts";
import { type Ask, asking, HookFailures, type Report } from "./asking.ts";
import { afterModelCall, beforeModelCall, onModelError } from "./model-call.ts";
import { givenOf, type Point, priorityOf, questionOf } from "./parts.ts";
import { afterRun, beforeInterrupt, beforeRun } from "./run.ts";
import { afterToolCall, beforeToolCall } from "./tool-call.ts";
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
  Hook,
  ModelErrorContext,
  ToolBodyEnd,
} from "./types.ts";

/** The hooks of one agent, sorted. Where none wants to be asked, the answer is there at once: a turn asks at many points. */
export class HookRunner {
  /** By point, those that want to be asked there, in their order. */
  readonly #at: Readonly<Record<Point, readonly Hook[]>>;
  readonly #failures: HookFailures;

  constructor(hooks: readonly Hook[], logger: Logger) {
    const ascending = hooks.toSorted((a, b) => priorityOf(a) - priorityOf(b));
    const descending = ascending.toReversed();
    const first = (point: Point): readonly Hook[] => ascending.filter((hook) => hook[point] !== undefined);
    const last = (point: Point): readonly Hook[] => descending.filter((hook) => hook[point] !== undefined);
    this.#at = {
      beforeRun: first("beforeRun"),
      beforeModelCall: first("beforeModelCall"),
      aroundModelCall: first("aroundModelCall"),
      onModelError: last("onModelError"),
      afterModelCall: last("afterModelCall"),
      beforeToolCall: first("beforeToolCall"),
      aroundToolCall: first("aroundToolCall"),
      afterToolCall: last("afterToolCall"),
      beforeInterrupt: first("beforeInterrupt"),
      afterRun: last("afterRun"),
      onEvent: first("onEvent"),
    };
    this.#failures = new HookFailures(logger);
  }

  beforeRun(context: BeforeRunContext, report: Report): Awaitable<BeforeRunDecision> {
    const hooks = this.#at.beforeRun;
    return hooks.length === 0 ? givenOf(context) : beforeRun(hooks, context, this.#asking(report));
  }

  beforeInterrupt(context: BeforeInterruptContext, report: Report): Awaitable<Question> {
    const hooks = this.#at.beforeInterrupt;
    return hooks.length === 0 ? questionOf(context) : beforeInterrupt(hooks, context, this.#asking(report));
  }

  beforeModelCall(
    context: BeforeModelCallContext,
    report: Report,
  ): Awaitable<BeforeModelCallDecision & Pick<BeforeModelCallContext, "request">> {
    const { request } = context;
    const hooks = this.#at.beforeModelCall;
    return hooks.length === 0 ? { request } : beforeModelCall(hooks, context, this.#asking(report));
  }

  afterModelCall(
    context: AfterModelCallContext,
    report: Report,
  ): Awaitable<AfterModelCallDecision & Pick<AfterModelCallContext, "response">> {
    const { response } = context;
    const hooks = this.#at.afterModelCall;
    return hooks.length === 0 ? { response } : afterModelCall(hooks, context, this.#asking(report));
  }

  onModelError(context: ModelErrorContext, report: Report): Awaitable<AfterModelCallDecision | undefined> {
    const hooks = this.#at.onModelError;
    return hooks.length === 0 ? undefined : onModelError(hooks, context, this.#asking(report));
  }

  /** `rewritten` says that a hook changed the arguments, which must then be validated again. */
  beforeToolCall(
    context: BeforeToolCallContext,
    report: Report,
  ): Awaitable<BeforeToolCallDecision & { readonly rewritten: boolean }> {
    const hooks = this.#at.beforeToolCall;
    if (hooks.length === 0) return { arguments: context.call.arguments, rewritten: false };
    return beforeToolCall(hooks, context, this.#asking(report));
  }

  /** `withheld` names the guard that failed: the result must not be shown. */
  afterToolCall(
    context: AfterToolCallContext,
    report: Report,
  ): Awaitable<AfterToolCallDecision & { readonly withheld?: string }> {
    const hooks = this.#at.afterToolCall;
    return hooks.length === 0 ? {} : afterToolCall(hooks, context, this.#asking(report));
  }

  /** The call, within the hooks that want to be around it. */
  aroundModelCall(
    context: AroundModelCallContext,
    call: () => Promise<ModelResponse>,
  ): Promise<ModelResponse> {
    return callWithin(
      this.#at.aroundModelCall,
      (hook, next) => hook.aroundModelCall && { said: hook.aroundModelCall(context, next) },
      call,
      (hook, error) => this.#failures.tell(hook, "aroundModelCall", error),
    );
  }

  aroundToolCall<End extends ToolBodyEnd>(
    context: AroundToolCallContext,
    call: () => Promise<End>,
  ): Promise<End> {
    return callWithin(
      this.#at.aroundToolCall,
      (hook, next: () => Promise<End>) => hook.aroundToolCall && { said: hook.aroundToolCall(context, next) },
      call,
      (hook, error) => this.#failures.tell(hook, "aroundToolCall", error),
    );
  }

  afterRun(context: AfterRunContext): Awaitable<void> {
    const hooks = this.#at.afterRun;
    return hooks.length === 0 ? undefined : afterRun(hooks, context, this.#asking(UNREPORTED));
  }

  onEvent(event: AgentEvent): void {
    for (const hook of this.#at.onEvent) {
      try {
        const watching = hook.onEvent?.(event);
        if (watching instanceof Promise)
          watching.catch((error: unknown) => this.#failures.tell(hook, "onEvent", error));
      } catch (error) {
        this.#failures.tell(hook, "onEvent", error);
      }
    }
  }

  #asking(report: Report): Ask {
    return asking(this.#failures, report);
  }
}

const UNREPORTED: Report = () => undefined;
