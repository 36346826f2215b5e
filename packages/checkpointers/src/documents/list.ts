/** Heads in the order of their ids. Keys have it already, but for long ids that begin alike. */
import type { ThreadQuery } from "@locus-sdk/core";
import { compareThreadIds } from "@locus-sdk/core/checkpoint";
import { type Head, parseHead } from "./head.ts";
import { keyRange, longGroupOf } from "./key.ts";
import type { Documents } from "./types.ts";

/** Those whose ids are in the query's range. */
export async function* headsInOrder(
  documents: Documents,
  query: ThreadQuery,
  labels: readonly string[],
): AsyncGenerator<Head, void, undefined> {
  const { prefix = "", after, order = "asc" } = query;
  const direction = order === "desc" ? -1 : 1;
  const inRange = ({ threadId }: Head): boolean =>
    threadId.startsWith(prefix) && (after === undefined || direction * compareThreadIds(threadId, after) > 0);
  let group: Head[] = [];
  let groupOf: string | undefined;
  const sorted = (): readonly Head[] =>
    group.sort((a, b) => direction * compareThreadIds(a.threadId, b.threadId));
  for await (const { key, text } of documents.heads({ ...keyRange(query), order, labels })) {
    const head = parseHead(text, key);
    const isLongOf = longGroupOf(key);
    if (isLongOf !== groupOf) {
      yield* sorted();
      group = [];
      groupOf = isLongOf;
    }
    if (!inRange(head)) continue;
    if (isLongOf === undefined) yield head;
    else group.push(head);
  }
  yield* sorted();
}
