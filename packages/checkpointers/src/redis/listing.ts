/** Listing: each bucket is in order already, so they are merged as they are read. */
import { deepFreeze, type ThreadQuery, type ThreadSummary } from "@locus-sdk/core";
import { checkQuery, compareThreadIds, matchesMetadata } from "@locus-sdk/core/checkpoint";
import { z } from "zod";
import { idRange } from "../shared/id-range.ts";
import { decodeFacts } from "../shared/records.ts";
import type { BucketKeys } from "./keys.ts";
import { type Context, checked, count, ttlText } from "./records.ts";
import { LIST } from "./scripts.ts";

/** Threads that one bucket is asked for at a time, at most. */
const PAGE_THREADS = 50;
const FROM = Buffer.from("[");
const BEFORE = Buffer.from("(");

export interface Row {
  readonly id: string;
  /** Absent where it is not to be seen: it has outlived its time, or is gone since. */
  readonly summary?: Omit<ThreadSummary, "threadId"> & { readonly facts: string };
}

export async function* listThreads(
  context: Context,
  query: ThreadQuery,
): AsyncGenerator<ThreadSummary, void, undefined> {
  checkQuery(query);
  let left = query.limit ?? Number.POSITIVE_INFINITY;
  const direction = query.order === "desc" ? -1 : 1;
  const buckets = context.connection.keys.buckets.map((bucket) => new BucketReader(context, bucket, query));
  await Promise.all(buckets.map(async (bucket) => await bucket.fill()));
  for (;;) {
    let next: BucketReader | undefined;
    for (const bucket of buckets) {
      if (bucket.head === undefined) continue;
      if (next?.head === undefined || direction * compareThreadIds(bucket.head.id, next.head.id) < 0)
        next = bucket;
    }
    const row = next?.head;
    if (next === undefined || row === undefined) return;
    await next.shift();
    const summary = summaryOf(context, row, query);
    if (summary === undefined) continue;
    yield summary;
    left -= 1;
    if (left <= 0) return;
  }
}

/** All threads of a bucket, in order; those that are not to be seen too. */
export async function* rowsOf(
  context: Context,
  bucket: BucketKeys,
  query: ThreadQuery,
): AsyncGenerator<Row, void, undefined> {
  const reader = new BucketReader(context, bucket, query);
  await reader.fill();
  for (let row = reader.head; row !== undefined; row = reader.head) {
    yield row;
    await reader.shift();
  }
}

function summaryOf({ codec }: Context, { id, summary }: Row, query: ThreadQuery): ThreadSummary | undefined {
  if (summary === undefined || !id.startsWith(query.prefix ?? "")) return undefined;
  const { facts, ...rest } = summary;
  const known = { threadId: id, ...rest, ...(facts === "" ? {} : decodeFacts(codec, id, facts)) };
  return matchesMetadata(known.metadata, query.metadata) ? deepFreeze(known) : undefined;
}

const rowsSchema = z.array(
  z.union([z.tuple([z.string()]), z.tuple([z.string(), count, count, z.string(), z.string(), z.string()])]),
);

/** A bucket's threads, read as they are asked for. */
class BucketReader {
  readonly #context: Context;
  readonly #bucket: BucketKeys;
  readonly #query: ThreadQuery;
  readonly #size: number;
  #rows: readonly Row[] = [];
  #at = 0;
  #after: string | undefined;
  #isOver = false;

  constructor(context: Context, bucket: BucketKeys, query: ThreadQuery) {
    this.#context = context;
    this.#bucket = bucket;
    this.#query = query;
    this.#after = query.after;
    this.#size =
      query.metadata === undefined ? Math.min(PAGE_THREADS, query.limit ?? PAGE_THREADS) : PAGE_THREADS;
  }

  get head(): Row | undefined {
    return this.#rows[this.#at];
  }

  async shift(): Promise<void> {
    this.#at += 1;
    if (this.head === undefined) await this.fill();
  }

  async fill(): Promise<void> {
    this.#rows = [];
    this.#at = 0;
    if (this.#isOver) return;
    const { order = "asc", prefix } = this.#query;
    const { from, before } = idRange({
      order,
      ...(prefix === undefined ? {} : { prefix }),
      ...(this.#after === undefined ? {} : { after: this.#after }),
    });
    const answer = await this.#context.connection.run(
      LIST,
      [this.#bucket.index],
      [
        Buffer.concat([FROM, from]),
        Buffer.concat([BEFORE, before]),
        order,
        String(this.#size),
        this.#bucket.summaries,
        ttlText(this.#context),
      ],
    );
    this.#rows = checked(rowsSchema, answer).map(rowOf);
    this.#isOver = this.#rows.length < this.#size;
    this.#after = this.#rows.at(-1)?.id;
  }
}

function rowOf([id, version, schemaVersion, createdAt = "", updatedAt = "", facts = ""]: z.infer<
  typeof rowsSchema
>[number]): Row {
  if (version === undefined || schemaVersion === undefined) return { id };
  return { id, summary: { version, schemaVersion, createdAt, updatedAt, facts } };
}
