/**
 * What a store of documents must do so that threads can be kept in it: heads, one a thread, that are compared and swapped;
 * and parts, which are written once under a name that nobody else uses.
 */

/** A batch of events or a snapshot. Its name tells all of this. */
export interface PartRef {
  /** Of the thread's head. */
  readonly key: string;
  /** The thread's own, made up when it began: a thread of the same id that comes later has another. */
  readonly generation: string;
  readonly kind: "events" | "snapshot";
  /** Sequence of the last event; a snapshot's version. */
  readonly last: number;
  /** Sequence of the first event; the version that a snapshot continues, or 0. */
  readonly first: number;
  /** Tells batches apart that were written for the same place, of which one counts. Of a snapshot: `NONE`. */
  readonly nonce: string;
  /** The batch before; `NONE` for the first one, and of a snapshot. */
  readonly previous: string;
}
export const NONE = "0";

export interface ListedPart extends PartRef {
  /** When it was written, in ms since 1970. */
  readonly writtenAt: number;
}

export interface HeadDocument {
  readonly key: string;
  readonly text: string;
  /** Changes with every write. */
  readonly tag: string;
}

/** Of keys, from the first (inclusive) to the last (exclusive). */
export interface KeyRange {
  readonly from: string;
  readonly before: string;
  readonly order: "asc" | "desc";
  /** Only heads that have all of these; others may come too. */
  readonly labels: readonly string[];
}

/** What is stored beside a head so that it can be found. Absent: it must come with every list. */
export type Labels = readonly string[] | undefined;

export type SwapOutcome =
  | { readonly tag: string }
  /** Somebody else wrote it; or this very request did, where an answer was lost and it was sent again. */
  | { readonly tag: undefined; readonly isUncertain: boolean };

/** Everything rejects with a `CheckpointError`. */
export interface Documents {
  /** Milliseconds since 1970 by a clock that all writers share, as well as there is one. */
  now(): number;
  readHead(key: string): Promise<HeadDocument | undefined>;
  /** Writes it where its tag is still `tag`; `undefined`: where there is none. */
  writeHead(key: string, text: string, tag: string | undefined, labels: Labels): Promise<SwapOutcome>;
  removeHead(key: string, tag: string): Promise<SwapOutcome>;
  heads(range: KeyRange): AsyncIterable<HeadDocument>;
  /** It is stored when this resolves. */
  writePart(part: PartRef, text: string): Promise<void>;
  readPart(part: PartRef): Promise<string | undefined>;
  removePart(part: PartRef): Promise<void>;
  /** Those of a thread whose last sequence is `from` or later, in order of it. */
  parts(
    of: Pick<PartRef, "key" | "generation" | "kind"> & { readonly from: number },
  ): AsyncIterable<ListedPart>;
  /** All there are, those of one generation together. */
  allParts(): AsyncIterable<ListedPart>;
}
