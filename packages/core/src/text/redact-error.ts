/** Takes secrets out of an error that goes to a log. */
import { redactSecrets } from "./redact.ts";

/** Errors that cause each other are followed so far. */
const MAX_CAUSES = 5;

/** `error` itself where it tells no secret, else a copy without: its kind, its members, its causes, in other words. */
export function redactError(error: unknown, depth = 0): unknown {
  try {
    if (typeof error === "string") return redactSecrets(error);
    if (!(error instanceof Error)) return error;
    return redactedCopy(error, depth);
  } catch {
    return "an error that cannot be shown";
  }
}

function redactedCopy(error: Error, depth: number): Error {
  const members = Object.getOwnPropertyDescriptors(error);
  let changed = false;
  for (const [name, member] of Object.entries(members)) {
    const before: unknown = name === "stack" ? error.stack : member.value;
    const after = redactMember(name, before, depth);
    if (after === before) continue;
    changed = true;
    Object.defineProperty(members, name, {
      value: { value: after, enumerable: member.enumerable, configurable: true, writable: true },
      enumerable: true,
    });
  }
  return changed ? Object.create(Object.getPrototypeOf(error), members) : error;
}

function redactMember(name: string, value: unknown, depth: number): unknown {
  if (typeof value === "string") return redactSecrets(value);
  if (name !== "cause") return value;
  return depth < MAX_CAUSES ? redactError(value, depth + 1) : undefined;
}
