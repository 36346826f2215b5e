/** How two requests differ, member by member, in words short enough for an error. */
import { canonicalJson, isJsonObject, type JsonValue } from "../../json/json.ts";

/** One place where two values differ; a side that has nothing there is `undefined`. */
export interface Difference {
  /** `messages[2].content`. */
  readonly path: string;
  readonly recorded: JsonValue | undefined;
  readonly received: JsonValue | undefined;
}

/** Characters of a value that are shown. */
const SHOWN = 80;
/** Of those, before the first character that differs. */
const BEFORE = 20;

/** All of them, in the order of the recorded value's members. What only one side has is one difference, however much it is. */
export function differencesOf(
  recorded: JsonValue | undefined,
  received: JsonValue | undefined,
  path = "",
): readonly Difference[] {
  if (isList(recorded) && isList(received)) {
    const longest = recorded.length > received.length ? recorded : received;
    return longest.flatMap((_, index) =>
      differencesOf(recorded[index], received[index], `${path}[${index}]`),
    );
  }
  if (isJsonObject(recorded) && isJsonObject(received)) {
    const names = new Set([...Object.keys(recorded), ...Object.keys(received)]);
    return [...names].flatMap((name) =>
      differencesOf(member(recorded, name), member(received, name), memberPath(path, name)),
    );
  }
  return sameValue(recorded, received) ? [] : [{ path, recorded, received }];
}

/** `messages[2].content: recorded "Oslo", received "Lima"`. */
export function describeDifference({ path, recorded, received }: Difference): string {
  const from =
    typeof recorded === "string" && typeof received === "string" ? windowStart(recorded, received) : 0;
  return `${path || "the request"}: recorded ${show(recorded, from)}, received ${show(received, from)}`;
}

/** A value on one line, cut to what can be read at a glance; of a long text, what begins at `from`. */
export function show(value: JsonValue | undefined, from = 0): string {
  if (value === undefined) return "nothing";
  if (typeof value !== "string") return cut(JSON.stringify(value));
  const text = value.slice(from, from + SHOWN);
  return JSON.stringify(`${from > 0 ? "…" : ""}${text}${from + SHOWN < value.length ? "…" : ""}`);
}

function cut(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}

/** Long texts are shown around the first character that differs. */
function windowStart(one: string, other: string): number {
  if (Math.max(one.length, other.length) <= SHOWN) return 0;
  let same = 0;
  while (same < one.length && one[same] === other[same]) same++;
  return Math.max(0, same - BEFORE);
}

function sameValue(one: JsonValue | undefined, other: JsonValue | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return canonicalJson(one) === canonicalJson(other);
}

function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function member(value: Readonly<Record<string, JsonValue>>, name: string): JsonValue | undefined {
  return Object.hasOwn(value, name) ? value[name] : undefined;
}

function memberPath(path: string, name: string): string {
  if (!/^[A-Za-z_$][\w$]*$/.test(name)) return `${path}[${JSON.stringify(name)}]`;
  return path === "" ? name : `${path}.${name}`;
}
