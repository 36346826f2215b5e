/** Takes secrets out of an error that goes to a log, a caller or a stored event, and out of what a server answered. */
import { redactSecrets } from "./redact.ts";

/** Errors that cause each other are followed so far. */
const MAX_CAUSES = 5;

/** How much of a foreign text and structure is kept with an error. */
const KEPT_CHARS = 8_000;
const KEPT_DEPTH = 8;
const KEPT_ITEMS = 100;

/** Members that are secret whatever stands in them. */
const SECRET_NAME =
  /^(?:(?:proxy-)?authorization|(?:set-)?cookie|(?:x-)?api[-_]?key|pass(?:word|phrase)|(?:access|security|session|refresh)[-_]?token|private[-_]?key)$/i;

/** Members by which clients' errors bring along what was sent and what came, as objects of the client's own. */
const CLIENTS_OWN: readonly string[] = ["headers", "response", "request", "config"];

/**
 * `error` itself where it tells no secret, else a copy without: its kind, its members, its causes, in other words. What is
 * no error is redacted as the data it is.
 *
 * @param known What must not be in it, whatever it looks like: see `knownSecrets`.
 */
export function redactError(error: unknown, known: readonly string[] = []): unknown {
  return withoutSecrets(error, known, 0);
}

function withoutSecrets(error: unknown, known: readonly string[], depth: number): unknown {
  try {
    if (!(error instanceof Error)) return redactValue(error, known, 0);
    return redactedCopy(error, known, depth);
  } catch {
    return "an error that cannot be shown";
  }
}

function redactedCopy(error: Error, known: readonly string[], depth: number): Error {
  const members = Object.getOwnPropertyDescriptors(error);
  let changed = false;
  for (const [name, member] of Object.entries(members)) {
    const before: unknown = name === "stack" ? error.stack : member.value;
    const after = redactMember({ name, value: before, enumerable: member.enumerable === true }, known, depth);
    if (after === before) continue;
    changed = true;
    Object.defineProperty(members, name, {
      value: { value: after, enumerable: member.enumerable, configurable: true, writable: true },
      enumerable: true,
    });
  }
  return changed ? Object.create(Object.getPrototypeOf(error), members) : error;
}

interface Member {
  readonly name: string;
  readonly value: unknown;
  readonly enumerable: boolean;
}

function redactMember({ name, value, enumerable }: Member, known: readonly string[], depth: number): unknown {
  if (typeof value === "string") return redactSecrets(value, known);
  if (name === "cause") return depth < MAX_CAUSES ? withoutSecrets(value, known, depth + 1) : undefined;
  if (name === "errors" && Array.isArray(value)) {
    return depth < MAX_CAUSES ? listOf(value, (one) => withoutSecrets(one, known, depth + 1)) : undefined;
  }
  if (CLIENTS_OWN.includes(name) && typeof value === "object" && value !== null && !isPlain(value)) {
    return undefined;
  }
  // What is hidden is not shown.
  return enumerable ? redactValue(value, known, 0) : value;
}

/** `value` as it is where it is no plain data, or tells no secret. */
function redactValue(value: unknown, known: readonly string[], depth: number): unknown {
  if (typeof value === "string") {
    return redactSecrets(value.length > KEPT_CHARS ? `${value.slice(0, KEPT_CHARS)}…` : value, known);
  }
  if (typeof value !== "object" || value === null || !isPlain(value)) return value;
  if (depth === KEPT_DEPTH) return "…";
  if (Array.isArray(value)) {
    return listOf(value, (item) => redactValue(item, known, depth + 1));
  }
  const entries = Object.entries(value);
  const kept = entries
    .slice(0, KEPT_ITEMS)
    .map(([name, member]): readonly [string, unknown] => [
      redactSecrets(name, known),
      SECRET_NAME.test(name) ? "[redacted]" : redactValue(member, known, depth + 1),
    ]);
  const same =
    kept.length === entries.length &&
    kept.every(([name, member], at) => name === entries[at]?.[0] && member === entries[at][1]);
  return same ? value : Object.fromEntries(kept);
}

function listOf(items: readonly unknown[], clean: (item: unknown) => unknown): readonly unknown[] {
  const kept = items.slice(0, KEPT_ITEMS).map(clean);
  return kept.length === items.length && kept.every((item, at) => item === items[at]) ? items : kept;
}

function isPlain(value: object): boolean {
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
