/** Which recorded call answers a request, and what is said when none does. */
import { canonicalJson, isJsonObject, type JsonObject } from "../../json/json.ts";
import { describeDifference, differencesOf, show } from "./diff.ts";
import { ReplayMismatchError } from "./errors.ts";
import type { RecordedCall } from "./types.ts";

/**
 * How recorded calls are found: `strict`, the first unused one with an equal request; `order`, the first unused one,
 * whatever its request; a function, the first unused one of which it says so, both requests as a cassette holds them.
 */
export type ReplayMatch = "strict" | "order" | ((recorded: JsonObject, received: JsonObject) => boolean);

/** Recorded calls, each of which is given out once. */
export interface Matcher {
  /** @throws ReplayMismatchError where there is none. */
  take(received: JsonObject): RecordedCall;
  unused(): readonly RecordedCall[];
}

/** Differences that an error shows; it holds all of them. */
const SHOWN = 5;

export function matcher(
  calls: readonly RecordedCall[],
  match: ReplayMatch,
  { file, hint }: { readonly file: string; readonly hint: string },
): Matcher {
  const used = new Set<RecordedCall>();
  const find = finder(calls, used, match);
  return {
    take: (received) => {
      const found = find(received);
      if (found === undefined) throw mismatch(calls, used, received, match, file, hint);
      used.add(found);
      return found;
    },
    unused: () => calls.filter((call) => !used.has(call)),
  };
}

type Find = (received: JsonObject) => RecordedCall | undefined;

function finder(calls: readonly RecordedCall[], used: ReadonlySet<RecordedCall>, match: ReplayMatch): Find {
  if (match === "order") {
    let next = 0;
    return () => calls[next++];
  }
  if (match !== "strict")
    return (received) => calls.find((call) => !used.has(call) && match(call.request, received));
  const byRequest = new Map<string, RecordedCall[]>();
  for (const call of calls) {
    const key = canonicalJson(call.request);
    const equal = byRequest.get(key) ?? [];
    byRequest.set(key, equal);
    equal.push(call);
  }
  return (received) => byRequest.get(canonicalJson(received))?.shift();
}

function mismatch(
  calls: readonly RecordedCall[],
  used: ReadonlySet<RecordedCall>,
  received: JsonObject,
  match: ReplayMatch,
  file: string,
  hint: string,
): ReplayMismatchError {
  const asked = describeRequest(received);
  if (calls.length === used.size && (match === "order" || calls.length === 0)) {
    const all = calls.length === 0 ? "holds no calls" : `holds ${countOf(calls.length)}, all made already`;
    return new ReplayMismatchError(`${file} ${all}; one more was made: ${asked}`, { file }, { hint });
  }
  const { line, differences } = nearest(calls, used, received);
  if (differences.length === 0) {
    const message = `${file} has an answer for this call, and it was given already: line ${line}, ${asked}`;
    return new ReplayMismatchError(message, { file, line }, { hint });
  }
  const rest = differences.length > SHOWN ? [`  … and ${differences.length - SHOWN} more`] : [];
  const lines = differences.slice(0, SHOWN).map((difference) => `  ${describeDifference(difference)}`);
  const message = `${file} has no answer for this call; the nearest one recorded is line ${line}:`;
  return new ReplayMismatchError(
    [message, ...lines, ...rest].join("\n"),
    { file, line, differences },
    { hint },
  );
}

/** With the fewest differences; an unused one before one that was used. */
function nearest(
  calls: readonly RecordedCall[],
  used: ReadonlySet<RecordedCall>,
  received: JsonObject,
): { readonly line: number; readonly differences: ReturnType<typeof differencesOf> } {
  const candidates = calls
    .map((call) => ({
      line: call.line,
      isUsed: used.has(call),
      differences: differencesOf(call.request, received),
    }))
    .sort(
      (one, other) =>
        one.differences.length - other.differences.length || Number(one.isUsed) - Number(other.isUsed),
    );
  return candidates[0] ?? { line: 1, differences: [] };
}

/** The error for calls that were recorded and not made. */
export function unusedError(
  unused: readonly RecordedCall[],
  count: number,
  file: string,
  hint: string,
): ReplayMismatchError {
  const lines = unused
    .slice(0, SHOWN)
    .map(({ line, request }) => `  line ${line}: ${describeRequest(request)}`);
  const rest = unused.length > SHOWN ? [`  … and ${unused.length - SHOWN} more`] : [];
  const message = `${unused.length} of the ${countOf(count)} in ${file} ${unused.length === 1 ? "was" : "were"} not made:`;
  return new ReplayMismatchError(
    [message, ...lines, ...rest].join("\n"),
    { file, line: unused[0]?.line },
    { hint },
  );
}

function countOf(calls: number): string {
  return calls === 1 ? "1 recorded call" : `${calls} recorded calls`;
}

/** A request by its last message: `3 messages, the last of role user: "And Oslo?"`. */
function describeRequest({ messages }: JsonObject): string {
  const list = Array.isArray(messages) ? messages : [];
  const last = list.at(-1);
  if (!isJsonObject(last)) return "no messages";
  const { role = "unknown", content } = last;
  const count = list.length === 1 ? "1 message" : `${list.length} messages`;
  return `${count}, the last of role ${String(role)}: ${show(content)}`;
}
