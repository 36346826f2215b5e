// Faults for any path: requests that are answered with an error, late or not at all, whatever they ask for.
import { setTimeout as sleep } from "node:timers/promises";
import { EmulatorError } from "../errors.ts";
import type { JsonValue } from "../json.ts";
import { type ErrorName, errorReplies } from "./envelopes.ts";
import type { Reply } from "./reply.ts";
import type { RawRequest } from "./request.ts";

/**
 * What happens to the next requests for a path. Without `error`, `status`, `body` or `reset` they are only delayed.
 *
 * Which of two faults that fit a request strikes is the order in which they were set.
 */
export interface RequestFault {
  /** The whole path, or a pattern that it matches; the query does not count. */
  readonly path: string | RegExp;
  /** Default any. */
  readonly method?: string;
  /** How many requests are struck; default 1, `Infinity` for all. */
  readonly times?: number;
  /** Answers with an error of the service. */
  readonly error?: ErrorName;
  /** Answers with this status; default 200 if there is a `body`. */
  readonly status?: number;
  /** JSON for objects; a string is sent as it is. */
  readonly body?: JsonValue;
  /** Headers of the answer. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Cuts the connection without an answer. */
  readonly reset?: boolean;
  /** Real milliseconds to wait first; default 0. */
  readonly delayMs?: number;
  /**
   * The request does its work first, and then its answer is late, replaced or lost. By default it does none if it is
   * answered here, or if the client leaves during the delay.
   */
  readonly afterEffect?: boolean;
}

/** Faults waiting for their requests. */
export class RequestFaults {
  readonly #waiting: { readonly fault: RequestFault; left: number }[] = [];

  add(fault: RequestFault): void {
    const { error, status, body, reset, delayMs, times = 1 } = fault;
    const refuse = (problem: string, hint: string): never => {
      throw new EmulatorError("invalid_option", problem, hint);
    };
    if (!(Number.isInteger(times) || times === Number.POSITIVE_INFINITY) || times < 1) {
      refuse(`A fault is to strike ${times} times.`, "Use 1 or more, or Infinity.");
    }
    const answers = [error !== undefined, status !== undefined || body !== undefined, reset === true];
    const given = answers.filter(Boolean).length;
    if (given > 1)
      refuse("A fault gives more than one answer.", "Choose error, or status and body, or reset.");
    if (given === 0 && !delayMs)
      refuse("A fault does nothing.", "Give it error, status, body, reset or delayMs.");
    this.#waiting.push({ fault, left: times });
  }

  /** The fault for a request, if there is one. Taken at once, so that faults strike in the order of arrival. */
  take({ method, path }: RawRequest): RequestFault | undefined {
    const index = this.#waiting.findIndex(({ fault }) => {
      const wanted = fault.method?.toUpperCase() ?? method;
      // search() starts at the beginning, also of patterns that remember where they were.
      const fits = typeof fault.path === "string" ? fault.path === path : path.search(fault.path) >= 0;
      return fits && wanted === method;
    });
    const found = this.#waiting[index];
    if (found === undefined) return undefined;
    found.left -= 1;
    if (found.left === 0) this.#waiting.splice(index, 1);
    return found.fault;
  }

  clear(): void {
    this.#waiting.length = 0;
  }
}

/** The reply to a request that a fault strikes. `onEffect` is told of a reply that nobody will get. */
export async function strike(
  fault: RequestFault,
  handle: () => Promise<Reply> | Reply,
  { signal, onEffect }: { readonly signal: AbortSignal; readonly onEffect: (lost: Reply) => void },
): Promise<Reply> {
  const { delayMs = 0, afterEffect = false } = fault;
  const answer = answerOf(fault);
  if (!afterEffect) {
    if (answer !== undefined) return { ...answer, delayMs };
    await sleep(delayMs, undefined, { signal });
    return handle();
  }
  const reply = await handle();
  if (answer === undefined) return { ...reply, delayMs: (reply.delayMs ?? 0) + delayMs };
  onEffect(reply);
  return { ...answer, delayMs };
}

function answerOf({ error, status, body, headers, reset }: RequestFault): Reply | undefined {
  const common = { kind: "body", refusal: "struck by a fault" } as const;
  if (reset) return { ...common, status: 500, body: "", faults: [{ type: "reset", after: "request" }] };
  if (error !== undefined) {
    const { headers: own, ...reply } = errorReplies[error];
    return { ...common, ...reply, headers: { ...own, ...headers } };
  }
  if (status === undefined && body === undefined) return undefined;
  return { ...common, status: status ?? 200, body: body ?? "", headers: headers ?? {} };
}
