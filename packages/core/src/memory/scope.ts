/** Whose memory a run reads and writes. Where nobody can say, nobody's: there is no default that users could share. */
import { MemoryError } from "../errors/errors.ts";
import type { JsonObject } from "../json/json.ts";
import type { Check } from "../options/check.ts";
import { must } from "../options/check.ts";
import type { Awaitable } from "../tool/types.ts";
import { checkPlace } from "./contract.ts";
import type { MemoryNamespace } from "./types.ts";

/** What is known of a run when its memory is looked for. */
export interface MemoryRunContext {
  /** The thread's metadata, with this run's on top. */
  readonly metadata: JsonObject;
  readonly threadId: string;
}

/** A namespace for all runs, or a rule that gives each its own; `undefined` where a run has none. */
export type MemoryNamespaceRule =
  | MemoryNamespace
  | { rule(context: MemoryRunContext): Awaitable<MemoryNamespace | undefined> }["rule"];

export const namespaceRule: Check = must(
  'a list of names, such as ["team", "acme"], or a function of { metadata, threadId } that returns one',
  (value) => typeof value === "function" || Array.isArray(value),
);

/** The user's own, by `metadata.userId`; none where that is not a text. */
export function userNamespace({ metadata }: MemoryRunContext): MemoryNamespace | undefined {
  const { userId } = metadata;
  return typeof userId === "string" && userId !== "" ? ["users", userId] : undefined;
}

/** What a value that is missing becomes when it is made a text. As a name, all users without one would share it. */
const MISSING: readonly string[] = ["undefined", "null", "NaN", "[object Object]"];

/** @throws MemoryError for a namespace that no item can have, or whose name is the text of a value that was missing. */
export async function namespaceOf(
  rule: MemoryNamespaceRule,
  context: MemoryRunContext,
): Promise<MemoryNamespace | undefined> {
  const namespace = typeof rule === "function" ? await rule(context) : rule;
  if (namespace === undefined) return undefined;
  checkPlace({ namespace, key: "key" });
  const missing = namespace.find((name) => MISSING.includes(name));
  if (missing === undefined) return Object.freeze([...namespace]);
  throw new MemoryError(`"${missing}" cannot be a name in the namespace of a run's memory`, {
    hint: "A value that was missing became a text. Return undefined where a run has no user.",
  });
}
