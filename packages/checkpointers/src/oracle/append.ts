/** Appending: thread, events and snapshot in one transaction, which holds the thread's row. */
import { type AppendOptions, type DurableEvent, SCHEMA_VERSION } from "@locus-sdk/core";
import { checkSchemaVersion, conflictError, leaseLostError } from "@locus-sdk/core/checkpoint";
import { type StoreSettings, touchedAtOf } from "../shared/options.ts";
import { nextFacts } from "../shared/records.ts";
import { encodeSnapshot } from "../shared/snapshots.ts";
import { insertBatch, insertSnapshot, snapshotLinks } from "./batches.ts";
import { type Database, large, type Session, tolerating } from "./database.ts";
import { UNIQUE_VIOLATED } from "./driver.ts";
import { lockLease } from "./leases.ts";
import { digestOf, findThread, headOf, insertThread, living, newLife, type ThreadRow } from "./rows.ts";

export interface Append {
  readonly threadId: string;
  readonly expectedVersion: number;
  readonly events: readonly DurableEvent[];
  readonly options: AppendOptions;
}

export async function appendEvents(
  database: Database,
  settings: StoreSettings,
  append: Append,
): Promise<void> {
  const attempt = async (): Promise<true> => {
    await database.transaction(async (session) => await appendIn(session, settings, append));
    return true;
  };
  // Of several that begin a thread one gets through; the others find it when they try again.
  if ((await tolerating([UNIQUE_VIOLATED], attempt)) === undefined) await attempt();
}

async function appendIn(session: Session, settings: StoreSettings, append: Append): Promise<void> {
  const { threadId, expectedVersion, events, options } = append;
  if (options.fence !== undefined) {
    // Held until the end, so that nobody is given the next lease before this is written.
    const lease = await lockLease(session, threadId);
    if (lease === undefined || options.fence < lease.fence) throw leaseLostError(threadId);
  }
  const found = await findThread(session, threadId, "lockThread");
  const thread = living(found, settings.ttlMs);
  if (thread !== undefined) checkSchemaVersion(threadId, thread.schemaVersion);
  const version = thread?.version ?? 0;
  if (version !== expectedVersion) throw conflictError(threadId, expectedVersion, version);
  const [first, ...others] = events;
  if (first === undefined) return;

  if (thread === undefined && found !== undefined) await session.change("deleteThread", { life: found.life });
  const batch = [first, ...others] as const;
  const life = await writeThread(session, settings, thread, batch);
  await insertBatch(session, settings.codec, life, [first, ...others]);
  if (options.snapshot !== undefined) {
    const links = await snapshotLinks(session, life, expectedVersion);
    const hasBase = (base: number): boolean => links.some((link) => link.version === base);
    await insertSnapshot(session, life, encodeSnapshot(settings.codec, options.snapshot, hasBase));
  }
}

/** @returns The life that the events belong to. */
async function writeThread(
  session: Session,
  { codec }: StoreSettings,
  before: ThreadRow | undefined,
  events: readonly [DurableEvent, ...DurableEvent[]],
): Promise<Uint8Array> {
  const [first] = events;
  const last = events.at(-1) ?? first;
  const facts = nextFacts(codec, first.threadId, before?.facts, events);
  const now = { version: last.sequence, updatedAt: last.timestamp, touchedAt: touchedAtOf(last.timestamp) };
  if (before === undefined) {
    const { threadId, timestamp: createdAt } = first;
    const life = newLife();
    const names = { threadId, digest: digestOf(threadId), head: headOf(Buffer.from(threadId, "utf8")), life };
    await insertThread(session, { ...names, ...now, createdAt, facts, schemaVersion: SCHEMA_VERSION });
    return life;
  }
  const { life, version, threadId } = before;
  const changed = await session.change("updateThread", {
    life,
    version: now.version,
    schema_version: SCHEMA_VERSION,
    updated_at: now.updatedAt,
    touched_at: now.touchedAt,
    expected_version: version,
  });
  // Its row is held; but it is the statement, and not the lock, that compares and swaps.
  if (changed !== 1) throw conflictError(threadId, version, now.version);
  if (facts !== before.facts) await session.change("updateFacts", { life, facts: large(facts) });
  return life;
}
