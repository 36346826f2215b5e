/** Waits until something is in a state, by asking again and again. */
import {
  ConfigurationError,
  didYouMean,
  PermissionOrNotFoundError,
  redactSecrets,
  TimeoutError,
} from "@locus-sdk/core";
import { z } from "zod";
import { inTime, pause, waitMs } from "../waiting.ts";
import { LifecycleError } from "./errors.ts";
import { checked, sent } from "./fields.ts";

/** How patiently to wait, and who is told. */
export interface WaitOptions<Item> {
  /** Longest wait, in ms; default 1,200,000 (20 minutes). */
  readonly timeoutMs?: number | undefined;
  /** Wait before the second look, in ms; default 2,000. It grows up to five times that. */
  readonly pollMs?: number | undefined;
  /** Told what each look found. */
  readonly onProgress?: ((item: Item) => void) | undefined;
  /** Ends the wait at once; what is waited for goes on. */
  readonly signal?: AbortSignal | undefined;
}

/** What is waited for. */
export interface Awaited<Item> {
  /** `projects.waitUntil` */
  readonly operation: string;
  /** `project ocid1.…` */
  readonly subject: string;
  readonly states: readonly string[];
  /** States in which nothing goes on by itself, and those that may follow all the same. */
  readonly ends: Readonly<Record<string, readonly string[]>>;
  readonly read: (signal: AbortSignal) => Promise<Item>;
  readonly stateOf: (item: Item) => string;
  /** Why it is in that state, where that is known. */
  readonly whyOf: (item: Item, signal: AbortSignal) => Promise<string | undefined>;
}

const DEFAULT_TIMEOUT_MS = 20 * 60_000;
const DEFAULT_POLL_MS = 2_000;
const GROWTH = 1.5;
const MOST = 5;
const options = sent.object<WaitOptions<unknown>>({
  timeoutMs: waitMs.optional(),
  pollMs: waitMs.optional(),
  onProgress: z
    .custom<(item: unknown) => void>((value) => typeof value === "function", "expected a function")
    .optional(),
  signal: z.instanceof(AbortSignal).optional(),
});

/** The wait after a look, the first being 0: from `pollMs` up to five times that, less up to a quarter by chance. */
export function pollDelayMs(look: number, pollMs: number, random: () => number = Math.random): number {
  return Math.round(pollMs * Math.min(MOST, GROWTH ** look) * (1 - random() / 4));
}

/**
 * What is waited for, once it is in one of the states; `undefined` where DELETED was awaited and it is no longer there.
 *
 * @throws LifecycleError where none of the states can follow any more; TimeoutError; ConfigurationError for a state
 *   there is not.
 */
export async function waitForState<Item>(
  awaited: Awaited<Item>,
  state: string | readonly string[],
  given: WaitOptions<Item>,
): Promise<Item | undefined> {
  const wanted = wantedStates(awaited, state);
  checked(awaited.operation, options, given);
  const { timeoutMs = DEFAULT_TIMEOUT_MS, pollMs = DEFAULT_POLL_MS, onProgress } = given;
  let seen: string | undefined;
  const late = (): TimeoutError => {
    const found = seen === undefined ? "" : `, but ${seen}`;
    return new TimeoutError(
      `${awaited.subject} was not ${wanted.join(" or ")} within ${timeoutMs} ms${found}`,
      { hint: "It goes on all the same: wait again, or raise `timeoutMs`." },
    );
  };
  return inTime({ timeoutMs, signal: given.signal, late }, async (signal) => {
    for (let look = 0; ; look += 1) {
      const item = await readUnlessGone(awaited, wanted, signal);
      if (item === undefined) return undefined;
      const now = awaited.stateOf(item);
      onProgress?.(item);
      if (wanted.includes(now)) return item;
      if (isDeadEnd(awaited, { wanted, before: seen, now }))
        throw await deadEnd(awaited, wanted, item, signal);
      seen = now;
      await pause(pollDelayMs(look, pollMs), signal);
    }
  });
}

function wantedStates(
  { operation, states }: Pick<Awaited<never>, "operation" | "states">,
  state: string | readonly string[],
): readonly string[] {
  const wanted = typeof state === "string" ? [state] : state;
  const unknown = wanted.find((each) => !states.includes(each));
  if (unknown === undefined && wanted.length > 0) return wanted;
  throw new ConfigurationError(
    unknown === undefined
      ? `${operation}: no state to wait for`
      : `${operation}: there is no state "${unknown}"${didYouMean(unknown, states)}`,
    { hint: `Known states: ${states.join(", ")}.` },
  );
}

/** What has gone cannot be read: that is what whoever waits for DELETED waits for. */
async function readUnlessGone<Item>(
  { read }: Awaited<Item>,
  wanted: readonly string[],
  signal: AbortSignal,
): Promise<Item | undefined> {
  try {
    return await read(signal);
  } catch (error) {
    const gone = error instanceof PermissionOrNotFoundError && error.status === 404;
    if (gone && wanted.includes("DELETED")) return undefined;
    throw error;
  }
}

function isDeadEnd(
  { ends }: Pick<Awaited<never>, "ends">,
  {
    wanted,
    before,
    now,
  }: { readonly wanted: readonly string[]; readonly before: string | undefined; readonly now: string },
): boolean {
  // Deleting ends in DELETED, or has failed.
  if (before === "DELETING" && now !== "DELETING") return true;
  const following = Object.hasOwn(ends, now) ? ends[now] : undefined;
  return following !== undefined && !following.some((each) => wanted.includes(each));
}

async function deadEnd<Item>(
  { subject, stateOf, whyOf }: Awaited<Item>,
  wanted: readonly string[],
  item: Item,
  signal: AbortSignal,
): Promise<LifecycleError> {
  const lifecycleState = stateOf(item);
  const why = await whyOf(item, signal);
  const lifecycleDetails = why === undefined ? undefined : redactSecrets(why);
  return new LifecycleError(
    `${subject} is ${lifecycleState} and will not be ${wanted.join(" or ")}${lifecycleDetails === undefined ? "" : `: ${lifecycleDetails}`}`,
    { lifecycleState, lifecycleDetails },
  );
}
