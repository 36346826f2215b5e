/** What the client makes of what the service tells, and how it asks. */
import { CheckpointError, canonicalJson, type DurableEvent, toJson } from "@locus-sdk/core";
import { readStoredEvent } from "@locus-sdk/core/checkpoint";

export function eventOf(raw: unknown, threadId: string, schemaVersion: number): DurableEvent {
  return readStoredEvent(raw, { threadId, schemaVersion, where: "the checkpoint service" });
}

export const replacedError = (threadId: string): CheckpointError =>
  new CheckpointError(`thread "${threadId}" is another one than when it began to be read`, {
    hint: "It was deleted, and begun anew perhaps, while it was read. Read it from the beginning.",
  });

export const isSame = (event: DurableEvent, other: DurableEvent | undefined): boolean =>
  canonicalJson(toJson(event)) === canonicalJson(toJson(other ?? null));

/** Those that are given, as a query has them. */
export const numbersOf = (numbers: Readonly<Record<string, number | undefined>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(numbers).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );
