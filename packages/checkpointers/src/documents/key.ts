/** Keys of threads: names of bounded length that any store of documents takes, in the order of the ids. */
import { createHash } from "node:crypto";
import type { ThreadQuery } from "@locus-sdk/core";
import { idRange } from "../shared/id-range.ts";
import type { KeyRange } from "./types.ts";

/** Longer ids are told apart by their hash. 465 characters at most: a document's id in OpenSearch has 512 bytes. */
const PLAIN_BYTES = 200;
/** Comes after all hexadecimal digits, so that long ids follow the short ones that they begin with. */
const LONG = "g";

/** Hexadecimal UTF-8: its order is that of code points. Of long ids with the same beginning, the order is that of hashes. */
export function keyOf(threadId: string): string {
  const bytes = Buffer.from(threadId, "utf8");
  if (bytes.byteLength <= PLAIN_BYTES) return bytes.toString("hex");
  const hash = createHash("sha256").update(bytes).digest("hex");
  return `${bytes.subarray(0, PLAIN_BYTES).toString("hex")}${LONG}${hash}`;
}

export const isKey = (name: string): boolean => /^[0-9a-f]+(?:g[0-9a-f]{64})?$/.test(name);

/** Keys that agree in this are of long ids whose order must be found out from the ids; `undefined` for others. */
export function longGroupOf(key: string): string | undefined {
  const at = key.indexOf(LONG);
  return at < 0 ? undefined : key.slice(0, at);
}

/** Holds the keys of all ids that a query may concern, and maybe of some others. */
export function keyRange(query: ThreadQuery): Pick<KeyRange, "from" | "before"> {
  const { from, before } = idRange(query);
  const last = Buffer.from(before).toString("hex");
  return {
    from: Buffer.from(from).subarray(0, PLAIN_BYTES).toString("hex"),
    // Whatever long ids begin like the last one come before this.
    before: before.byteLength <= PLAIN_BYTES ? last : `${last.slice(0, PLAIN_BYTES * 2)}h`,
  };
}
