/** An error, told to a person: what happened, why, what to do, and the id to give to support. No stack. */
import { inspect } from "node:util";
import { LocusError, redactSecrets } from "@locus-sdk/core";

/** How deep causes are followed: below, they repeat themselves. */
const DEPTH = 3;

/** The lines that tell it; with `debug`, the stack as well. */
export function describeError(error: unknown, debug: boolean): readonly string[] {
  const lines = [`locus: ${messageOf(error)}`];
  for (const why of reasonsOf(error)) lines.push(`  why: ${why}`);
  if (error instanceof LocusError) {
    if (error.hint !== undefined) lines.push(`  hint: ${error.hint}`);
    if (error.requestId !== undefined) lines.push(`  request id: ${error.requestId}`);
  }
  if (debug) lines.push(...inspect(error).split("\n"));
  return lines.map((line) => redactSecrets(line));
}

/** The messages of its causes that say something new. */
function reasonsOf(error: unknown): readonly string[] {
  const reasons: string[] = [];
  let said = messageOf(error);
  let cause = error instanceof Error ? error.cause : undefined;
  for (let depth = 0; depth < DEPTH && cause !== undefined && cause !== null; depth++) {
    const message = messageOf(cause);
    if (message !== "" && !said.includes(message)) reasons.push(message);
    said += `\n${message}`;
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return reasons;
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message === "" ? error.name : error.message;
}
