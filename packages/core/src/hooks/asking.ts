/** One hook asked at one point. The only place where a hook's exception or bad decision is met. */
import type { Logger } from "../log/logger.ts";
import { redactError } from "../text/redact-error.ts";
import type { Awaitable } from "../tool/types.ts";
import { readDecision } from "./decision.ts";
import { nameOf, type Point } from "./parts.ts";
import type { GuardrailReport, Hook } from "./types.ts";

/** Takes what guards found. */
export type Report = (found: GuardrailReport) => void;

/** What a guard that failed has decided. */
export const FAILED: unique symbol = Symbol("guard failed");

/** Asks a hook: its decision, nothing, or `FAILED`. Never rejects. */
export type Ask = <Decision extends object>(
  hook: Hook,
  point: Point,
  ask: () => Awaitable<Decision | undefined | void>,
) => Promise<Decision | undefined | typeof FAILED>;

/** The hooks' failures, each told once for each point. */
export class HookFailures {
  readonly #logger: Logger;
  readonly #told = new WeakMap<Hook, Set<Point>>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  tell(hook: Hook, point: Point, error: unknown): void {
    const points = this.#told.get(hook) ?? new Set();
    if (points.has(point)) return;
    this.#told.set(hook, points.add(point));
    this.#logger.error(
      { hook: nameOf(hook), point, err: redactError(error) },
      hook.guard === true
        ? "a guard failed; what it guards was not let through"
        : "a hook failed and was passed over; further failures of it are not logged",
    );
  }
}

export function asking(failures: HookFailures, report: Report): Ask {
  return async <Decision extends object>(
    hook: Hook,
    point: Point,
    ask: () => Awaitable<Decision | undefined | void>,
  ) => {
    try {
      const made = await ask();
      // Something else than a decision is what an arrow function happens to return.
      if (typeof made !== "object" || made === null) return undefined;
      const decision: Decision & { readonly guardrails?: readonly GuardrailReport[] } = readDecision(made);
      for (const found of decision.guardrails ?? []) report(found);
      return decision;
    } catch (error) {
      failures.tell(hook, point, error);
      if (hook.guard !== true) return undefined;
      report({ detector: nameOf(hook), action: "block", where: point, detail: "the guard failed" });
      return FAILED;
    }
  };
}
