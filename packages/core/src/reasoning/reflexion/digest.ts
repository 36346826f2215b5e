/** Short names for what was called and what came of it, so that equal things are found without keeping them. */
import { createHash } from "node:crypto";
import { canonicalJson, isJsonObject, type JsonValue } from "../../json/json.ts";
import { isAcknowledgement, isNothing } from "./acknowledgement.ts";
import type { ReflectedCall } from "./types.ts";

/** A call, and what came of it, by digests. */
export interface CallDigest {
  readonly call: ReflectedCall;
  /** Of name and arguments. */
  readonly asked: string;
  /** Of the result, or of the tool and its error. Where it says that there is nothing, the arguments it repeats are left aside. */
  readonly outcome: string;
  /** The same, times and ids that are new with each call left aside; all failures are one. */
  readonly essence: string;
  readonly isAcknowledgement: boolean;
}

/** What differs from call to call without telling anything. */
const PASSING_TEXT =
  /\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?|\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi;
const PASSING_MEMBER =
  /^(?:time|timestamp|date|now|at|took|tookms|duration|durationms|elapsed|elapsedms|latency|latencyms|requestid|traceid|spanid|correlationid|generatedat|fetchedat|servertime|cached|etag|nonce)$/i;

/** Arguments that a result may repeat. */
const ECHO_CHARS = { from: 3, to: 200 };

const known = new WeakMap<ReflectedCall, CallDigest>();

/** Made once for each call of a run: calls on record never change. */
export function digestOf(call: ReflectedCall): CallDigest {
  const made = known.get(call) ?? make(call);
  known.set(call, made);
  return made;
}

function make(call: ReflectedCall): CallDigest {
  const { name, arguments: args, result = null, isError, error } = call;
  return Object.freeze({
    call,
    asked: hash(`${name} ${canonicalJson(args)}`),
    outcome: isError
      ? hash(`error ${name} ${withoutPassing(error?.message ?? "")}`)
      : hash(`result ${canonicalJson(isNothing(result) ? mapped(result, withoutEcho(args)) : result)}`),
    essence: isError ? "error" : hash(canonicalJson(essential(result))),
    isAcknowledgement: !isError && isAcknowledgement(result),
  });
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 22);
}

function withoutPassing(text: string): string {
  return text.replace(PASSING_TEXT, "…");
}

/** A result without what only says when and by which request it came. */
function essential(value: JsonValue): JsonValue {
  return mapped(value, withoutPassing, (name) => !PASSING_MEMBER.test(name.replaceAll(/[_-]/g, "")));
}

/** `No results for "fares"` and `No results for "tickets"` are the same news: what was asked is no part of it. */
function withoutEcho(args: JsonValue): (text: string) => string {
  const asked = isJsonObject(args) ? Object.values(args) : [];
  const texts = asked.filter(
    (value): value is string =>
      typeof value === "string" && value.length >= ECHO_CHARS.from && value.length <= ECHO_CHARS.to,
  );
  const longestFirst = texts.toSorted((a, b) => b.length - a.length);
  return (text) => longestFirst.reduce((rest, echo) => rest.replaceAll(echo, "…"), text);
}

function mapped(
  value: JsonValue,
  change: (text: string) => string,
  keeps: (name: string) => boolean = () => true,
): JsonValue {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item) => mapped(item, change, keeps));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => keeps(name))
      .map(([name, member]) => [name, mapped(member, change, keeps)]),
  );
}
