/** Encrypts anew what is not under the current key, a page of a thread in each transaction. */
import { setImmediate as pause } from "node:timers/promises";
import type { PayloadCodec } from "@locus-sdk/core/checkpoint";
import { eventPlace, factsPlace, movePayload } from "../shared/records.ts";
import { snapshotPlace } from "../shared/snapshots.ts";
import { integer, text } from "./columns.ts";
import type { SqliteDatabase, Statements } from "./database.ts";
import { pageOfEvents } from "./events.ts";
import type { Thread } from "./threads.ts";

/** @returns How many events and snapshots it encrypted. */
export async function rekeyThread(
  database: SqliteDatabase,
  codec: PayloadCodec,
  thread: Thread,
): Promise<number> {
  let count = 0;
  /** Goes on until a step says that it was the last. */
  const inSteps = async (step: (sql: Statements) => boolean): Promise<void> => {
    for (let isLast = false; !isLast; ) {
      await pause();
      isLast = await database.write("encrypt anew", (sql) => !rekeyFacts(sql, codec, thread) || step(sql));
    }
  };
  let after = 0;
  await inSteps((sql) => {
    const page = after < thread.version ? pageOfEvents(sql, { ...thread, after, upTo: thread.version }) : [];
    let changed = 0;
    for (const { sequence, payload } of page) {
      if (codec.isCurrent(payload)) continue;
      const place = eventPlace(thread.threadId, sequence);
      sql.run(
        "UPDATE events SET payload = ? WHERE thread = ? AND sequence = ?",
        movePayload(codec, payload, place, place),
        thread.key,
        sequence,
      );
      changed += 1;
    }
    count += changed;
    after = page.at(-1)?.sequence ?? after;
    return after >= thread.version;
  });
  let version = 0;
  await inSteps((sql) => {
    const row = sql.get(
      "SELECT version, payload FROM snapshots WHERE thread = ? AND version > ? ORDER BY version LIMIT 1",
      thread.key,
      version,
    );
    if (row === undefined) return true;
    version = integer(row, "version");
    const payload = text(row, "payload");
    if (codec.isCurrent(payload)) return false;
    const place = snapshotPlace(thread.threadId, version);
    sql.run(
      "UPDATE snapshots SET payload = ? WHERE thread = ? AND version = ?",
      movePayload(codec, payload, place, place),
      thread.key,
      version,
    );
    count += 1;
    return false;
  });
  return count;
}

/** @returns Whether the thread is still there. */
function rekeyFacts(sql: Statements, codec: PayloadCodec, { key, threadId }: Thread): boolean {
  const row = sql.get("SELECT facts FROM threads WHERE key = ?", key);
  if (row === undefined) return false;
  const facts = text(row, "facts");
  if (codec.isCurrent(facts)) return true;
  const place = factsPlace(threadId);
  sql.run("UPDATE threads SET facts = ? WHERE key = ?", movePayload(codec, facts, place, place), key);
  return true;
}
