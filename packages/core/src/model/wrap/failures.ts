/** What the failures of several models come to: whose turn it is after one, and the error for all of them. */
import {
  AuthenticationError,
  asLocusError,
  ConfigurationError,
  ConnectionError,
  ContentFilterError,
  ContextLengthError,
  IncompleteStreamError,
  InvalidRequestError,
  LocusError,
  type LocusErrorOptions,
  ModelError,
  PermissionOrNotFoundError,
  ProjectRequiredError,
  RateLimitError,
  ServerError,
  ServerStateLostError,
  TimeoutError,
} from "../../errors/errors.ts";
import { choose } from "../choose.ts";
import { heldBack, maybePaid } from "./paid.ts";

/** A class of errors, as `instanceof` takes it. */
export type LocusErrorClass = abstract new (message: string, options?: LocusErrorOptions) => LocusError;

/**
 * Errors that are the model's rather than the request's: another model may answer, and this one rests. All but these are
 * the request's (too long, malformed, filtered), which another model would refuse as well.
 */
export const FAILOVER_ERRORS: readonly LocusErrorClass[] = Object.freeze([
  RateLimitError,
  ServerError,
  ConnectionError,
  TimeoutError,
  AuthenticationError,
  PermissionOrNotFoundError,
  ProjectRequiredError,
  ConfigurationError,
  IncompleteStreamError,
]);

/** After which errors another model is asked. */
export interface MoveOptions {
  /**
   * Classes of errors, or a function. Default: `FAILOVER_ERRORS`. What may have been paid for goes to nobody else, whatever
   * this says, unless `afterPaid` is set.
   */
  readonly on?: readonly LocusErrorClass[] | ((error: LocusError) => boolean);
  /**
   * Ask another model also where the first may be generating, or has generated, an answer that never arrived: it ran out
   * of time, or broke off before anything of it was delivered. Both are paid then. Default `false`.
   */
  readonly afterPaid?: boolean;
}

const isOneOf = (error: LocusError, kinds: readonly LocusErrorClass[]): boolean =>
  kinds.some((kind) => error instanceof kind);

const isChosen = (error: LocusError, { on = FAILOVER_ERRORS }: MoveOptions): boolean =>
  typeof on === "function" ? choose(on, error) : isOneOf(error, on);

/** Whether another model may be asked after `error`. */
export function movesOn(error: LocusError, options: MoveOptions): boolean {
  return (options.afterPaid === true || !maybePaid(error)) && isChosen(error, options);
}

/** Whether the model rests after `error`: also where this call was paid and goes to nobody else, the next ones can. */
export function rests(error: LocusError, options: MoveOptions): boolean {
  return !heldBack(error) && isOneOf(error, FAILOVER_ERRORS) && isChosen(error, options);
}

/** One model that was asked in vain. */
export interface Failure {
  readonly name: string;
  readonly error: unknown;
}

/** Of the classes that there are, the one that an error is told by; a subclass of somebody else's may want more to be made. */
const KINDS = [
  RateLimitError,
  ServerError,
  ConnectionError,
  TimeoutError,
  AuthenticationError,
  PermissionOrNotFoundError,
  ProjectRequiredError,
  ConfigurationError,
  IncompleteStreamError,
  ContextLengthError,
  ContentFilterError,
  InvalidRequestError,
  ServerStateLostError,
  ModelError,
] as const;

/** What the caller is told: the only failure as it is, or one that is like the last and names them all. */
export function failureOf(failures: readonly Failure[]): unknown {
  const last = failures.at(-1)?.error;
  if (failures.length < 2) return last;
  const errors = failures.map(({ name, error }) => asLocusError(error, `${name} failed`));
  const final = asLocusError(last, "the last of them failed");
  const Kind = KINDS.find((kind) => final instanceof kind) ?? LocusError;
  const waits = errors.flatMap(({ retryAfterMs }) => (retryAfterMs === undefined ? [] : [retryAfterMs]));
  const said = failures.map(({ name }, index) => `${name}: ${errors[index]?.message ?? ""}`);
  return new Kind(`none of ${failures.length} models answered: ${said.join("; ")}`, {
    code: final.code,
    // What one of them may have been paid for is not sent again to any.
    retryable: errors.some(({ retryable }) => retryable) && !errors.some(maybePaid),
    ...(final.hint === undefined ? {} : { hint: final.hint }),
    ...(final.status === undefined ? {} : { status: final.status }),
    ...(final.requestId === undefined ? {} : { requestId: final.requestId }),
    // Of the last one: what those before it cost was told when the next was asked.
    ...(final.usage === undefined ? {} : { usage: final.usage }),
    ...(waits.length === 0 ? {} : { retryAfterMs: Math.min(...waits) }),
    cause: new AggregateError(errors, "each model's own failure"),
  });
}
