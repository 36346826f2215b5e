/** Listing: pages by the beginnings of ids, whose bytes have the order of code points. */
import type { ThreadQuery, ThreadSummary } from "@locus-sdk/core";
import { compareThreadIds, matchesMetadata } from "@locus-sdk/core/checkpoint";
import { idRange } from "../shared/id-range.ts";
import type { StoreSettings } from "../shared/options.ts";
import type { Reader } from "./database.ts";
import { HEAD_BYTES, headOf, living, summaryOf, type ThreadRow, threadOf } from "./rows.ts";

const PAGE = 200;
/** Before and after all hashes. Of bytes there are none that an empty value could be told from NULL by. */
const FIRST_HEAD = Buffer.of(0);
const EDGES = {
  asc: { head: FIRST_HEAD, digest: Buffer.alloc(32, 0) },
  desc: { head: Buffer.alloc(1, 0xff), digest: Buffer.alloc(32, 0xff) },
} as const;

export async function* listThreads(
  reader: Reader,
  settings: StoreSettings,
  query: ThreadQuery,
): AsyncGenerator<ThreadSummary, void, undefined> {
  let left = query.limit ?? Number.POSITIVE_INFINITY;
  for await (const row of threadsInOrder(reader, query)) {
    const thread = living(row, settings.ttlMs);
    if (thread === undefined) continue;
    const summary = summaryOf(settings.codec, thread);
    if (!matchesMetadata(summary.metadata, query.metadata)) continue;
    yield summary;
    left -= 1;
    if (left <= 0) return;
  }
}

/** Of ids that begin alike for more than the database orders by, the order is found out here. */
async function* threadsInOrder(
  reader: Reader,
  query: ThreadQuery,
): AsyncGenerator<ThreadRow, void, undefined> {
  const direction = query.order === "desc" ? -1 : 1;
  let group: ThreadRow[] = [];
  const sorted = (): readonly ThreadRow[] =>
    group.sort((a, b) => direction * compareThreadIds(a.threadId, b.threadId));
  for await (const row of threadRows(reader, query)) {
    const [before] = group;
    if (before !== undefined && Buffer.compare(before.head, row.head) !== 0) {
      yield* sorted();
      group = [];
    }
    if (!isInRange(row.threadId, query, direction)) continue;
    if (row.head.byteLength < HEAD_BYTES) yield row;
    else group.push(row);
  }
  yield* sorted();
}

function isInRange(threadId: string, { prefix = "", after }: ThreadQuery, direction: number): boolean {
  if (!threadId.startsWith(prefix)) return false;
  return after === undefined || direction * compareThreadIds(threadId, after) > 0;
}

/** Whoever's id may be in the range, and maybe some others. */
export async function* threadRows(
  reader: Reader,
  query: ThreadQuery,
): AsyncGenerator<ThreadRow, void, undefined> {
  const { order = "asc" } = query;
  const { from, before } = idRange(query);
  const range = {
    first_head: from.byteLength === 0 ? FIRST_HEAD : headOf(from),
    last_head: before.byteLength === 0 ? FIRST_HEAD : headOf(before),
    page: PAGE,
  };
  for (let edge: Pick<ThreadRow, "head" | "digest"> = EDGES[order]; ; ) {
    const values = { ...range, after_head: edge.head, after_digest: edge.digest };
    const page = await reader.rows(order === "asc" ? "threadsAsc" : "threadsDesc", values);
    for (const row of page) {
      const thread = threadOf(row);
      yield thread;
      edge = thread;
    }
    if (page.length < PAGE) return;
  }
}
