/** Clearing up: threads that outlived their time, leases nobody needs; and everything under the current key. */
import type { VacuumReport } from "@locus-sdk/core";
import { z } from "zod";
import { eventPlace, factsPlace, movePayload } from "../shared/records.ts";
import { snapshotPlace } from "../shared/snapshots.ts";
import { rowsOf } from "./listing.ts";
import { findHead, pages } from "./reading.ts";
import { type Context, checked, count, recordText, texts, ttlText } from "./records.ts";
import { DELETE_EXPIRED, FORGET_LEASES, LINKS, REPLACE, SNAPSHOT } from "./scripts.ts";

/** A writer that was stopped for longer than this is told that its lease is lost, whether or not somebody has the next. */
const LEASE_KEPT_MS = 7 * 24 * 3_600_000;
const LEASES_AT_A_TIME = 1_000;

export async function vacuumThreads(context: Context, rekey: boolean): Promise<VacuumReport> {
  const { connection } = context;
  let deletedThreads = 0;
  let rekeyed = 0;
  for (const bucket of connection.keys.buckets) {
    for await (const { id, summary } of rowsOf(context, bucket, {})) {
      if (summary === undefined) deletedThreads += await deleteExpired(context, id);
      else if (rekey) rekeyed += await rekeyThread(context, id);
    }
    for (let forgotten = LEASES_AT_A_TIME; forgotten === LEASES_AT_A_TIME; ) {
      const values = [String(LEASE_KEPT_MS), String(LEASES_AT_A_TIME)];
      forgotten = checked(count, await connection.run(FORGET_LEASES, [bucket.leases, bucket.fences], values));
    }
  }
  return { deletedThreads, rekeyed };
}

async function deleteExpired(context: Context, threadId: string): Promise<number> {
  const { bucket, summary, events, snapshots, links } = context.connection.keys.of(threadId);
  const keys = [summary, events, snapshots, links, bucket.index];
  return checked(count, await context.connection.run(DELETE_EXPIRED, keys, [threadId, ttlText(context)]));
}

/** @returns How many events and snapshots were encrypted anew; of agent and metadata no count tells. */
async function rekeyThread(context: Context, threadId: string): Promise<number> {
  const { codec, connection } = context;
  const head = await findHead(context, threadId);
  if (head === undefined) return 0;
  const { incarnation, facts, version } = head;
  const keys = connection.keys.of(threadId);
  const replace = async (key: string, fields: readonly string[]): Promise<number> =>
    checked(count, await connection.run(REPLACE, [keys.summary, key], [incarnation, ...fields]));
  const moved = (payload: string, place: string): string => movePayload(codec, payload, place, place);

  if (!codec.isCurrent(facts)) await replace(keys.summary, ["f", facts, moved(facts, factsPlace(threadId))]);
  let rekeyed = 0;
  let sequence = 0;
  for await (const page of pages(context, threadId, incarnation, { after: 0, upTo: version })) {
    const fields: string[] = [];
    for (const record of page) {
      sequence += 1;
      if (codec.isCurrent(record.payload)) continue;
      const payload = moved(record.payload, eventPlace(threadId, sequence));
      fields.push(String(sequence), recordText(record), recordText({ ...record, payload }));
    }
    if (fields.length > 0) rekeyed += await replace(keys.events, fields);
  }
  const links = checked(
    texts.nullable(),
    await connection.run(LINKS, [keys.summary, keys.links], [incarnation]),
  );
  for (const [index, field] of (links ?? []).entries()) {
    if (index % 2 === 1) continue;
    const found = await connection.run(SNAPSHOT, [keys.summary, keys.snapshots], [incarnation, field]);
    const payload = checked(z.string().nullable(), found);
    if (payload === null || codec.isCurrent(payload)) continue;
    rekeyed += await replace(keys.snapshots, [
      field,
      payload,
      moved(payload, snapshotPlace(threadId, Number(field))),
    ]);
  }
  return rekeyed;
}
