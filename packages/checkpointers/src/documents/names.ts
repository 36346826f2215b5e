/** Parts by name: everything that a part's reference says, in an order that lists can go by. */
import type { PartRef } from "./types.ts";

/** Safe integers have 16 digits at most. */
const DIGITS = 16;
const KINDS = { events: "e", snapshot: "s" } as const;

export const padded = (sequence: number): string => String(sequence).padStart(DIGITS, "0");

/** Where the parts of a kind begin whose last sequence is `from`. */
export const partPrefix = ({ generation, kind }: Pick<PartRef, "generation" | "kind">): string =>
  `${generation}/${KINDS[kind]}/`;

/** In order of the last sequence. */
export function partName(part: PartRef): string {
  const { last, first, nonce, previous } = part;
  return `${partPrefix(part)}${padded(last)}.${padded(first)}.${nonce}.${previous}`;
}

const NAME = /^([0-9a-f]+)\/(e|s)\/(\d{16})\.(\d{16})\.([0-9a-f]+)\.([0-9a-f]+)$/;

/** `undefined` for a name that is none of a part. */
export function parsePartName(name: string, key: string): PartRef | undefined {
  const match = NAME.exec(name);
  if (match === null) return undefined;
  const [, generation = "", kind, last, first, nonce = "", previous = ""] = match;
  return {
    key,
    generation,
    kind: kind === KINDS.events ? "events" : "snapshot",
    last: Number(last),
    first: Number(first),
    nonce,
    previous,
  };
}
