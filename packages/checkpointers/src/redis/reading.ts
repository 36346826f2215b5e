/** Reading: the newest snapshot that can be restored, and events page by page. */
import type { AgentState, DurableEvent, StoredThread } from "@locus-sdk/core";
import { checkRange, checkSchemaVersion, checkThreadId } from "@locus-sdk/core/checkpoint";
import { z } from "zod";
import { decodeEvent, missingEventError } from "../shared/records.ts";
import { restoreNewest, type SnapshotLink } from "../shared/snapshots.ts";
import { storedThread } from "../shared/threads.ts";
import {
  type Context,
  checked,
  count,
  type EventRecord,
  type Head,
  readHead,
  readRecord,
  texts,
  ttlText,
} from "./records.ts";
import { EVENTS, HEAD, READ } from "./scripts.ts";

const readSchema = z.tuple([z.string(), count, count, texts, texts]).nullable();

export async function readThread(
  context: Context,
  threadId: string,
  upTo?: number,
): Promise<StoredThread | undefined> {
  checkThreadId(threadId);
  const { connection } = context;
  const { summary, events: log, snapshots, links } = connection.keys.of(threadId);
  const ask = async (which: "newest" | "all"): Promise<z.infer<typeof readSchema>> =>
    checked(
      readSchema,
      await connection.run(
        READ,
        [summary, log, snapshots, links],
        [ttlText(context), upTo === undefined ? "" : String(upTo), which],
      ),
    );
  for (;;) {
    const found = await ask("newest");
    if (found === null) return undefined;
    const [incarnation, stored, schemaVersion, kept, page] = found;
    checkSchemaVersion(threadId, schemaVersion);
    const version = Math.min(stored, upTo ?? stored);
    let state = restore(context, threadId, kept);
    // The newest cannot be restored: an older one may be, and the page was not of the events after that.
    const isDamaged = state === undefined && kept.length > 0;
    if (isDamaged) state = restore(context, threadId, (await ask("all"))?.[3] ?? []);
    const after = state?.version ?? 0;
    const events: DurableEvent[] = [];
    const first = isDamaged ? [] : page.map(readRecord);
    for (const record of first)
      events.push(decodeEvent(context.codec, threadId, { ...record, sequence: after + events.length + 1 }));
    const range = { after: after + events.length, upTo: version };
    for await (const records of pages(context, threadId, incarnation, range)) {
      for (const record of records)
        events.push(decodeEvent(context.codec, threadId, { ...record, sequence: after + events.length + 1 }));
    }
    if (events.length < version - after) {
      const now = await findHead(context, threadId);
      // Another thread of its name, or none, is in the place of one that was deleted meanwhile.
      if (now?.incarnation !== incarnation) continue;
      throw missingEventError(threadId, after + events.length + 1);
    }
    return storedThread({ threadId, schemaVersion, version, state, events });
  }
}

export async function* readEvents(
  context: Context,
  threadId: string,
  range: { readonly after?: number; readonly upTo?: number },
): AsyncGenerator<DurableEvent, void, undefined> {
  checkRange(range);
  const head = await findHead(context, threadId);
  if (head === undefined) return;
  checkSchemaVersion(threadId, head.schemaVersion);
  const upTo = Math.min(head.version, range.upTo ?? head.version);
  let last = range.after ?? 0;
  for await (const records of pages(context, threadId, head.incarnation, { after: last, upTo })) {
    for (const record of records) {
      last += 1;
      yield decodeEvent(context.codec, threadId, { ...record, sequence: last });
    }
  }
  if (last < upTo) throw missingEventError(threadId, last + 1);
}

export async function findHead(context: Context, threadId: string): Promise<Head | undefined> {
  checkThreadId(threadId);
  const { connection } = context;
  return readHead(await connection.run(HEAD, [connection.keys.of(threadId).summary], [ttlText(context)]));
}

/** Gapless, or it ends at the gap: also where the thread is another by then. */
export async function* pages(
  { connection }: Context,
  threadId: string,
  incarnation: string,
  { after, upTo }: { readonly after: number; readonly upTo: number },
): AsyncGenerator<readonly EventRecord[], void, undefined> {
  const { summary, events } = connection.keys.of(threadId);
  for (let last = after; last < upTo; ) {
    const range = [incarnation, String(last + 1), String(upTo)];
    const page = checked(texts.nullable(), await connection.run(EVENTS, [summary, events], range));
    if (page === null || page.length === 0) return;
    yield page.map(readRecord);
    last += page.length;
  }
}

/** From versions, bases and payloads in turn. */
function restore({ codec }: Context, threadId: string, flat: readonly string[]): AgentState | undefined {
  if (flat.length === 0) return undefined;
  const payloads = new Map<number, string>();
  const links: SnapshotLink[] = [];
  for (let index = 0; index < flat.length; index += 3) {
    const [version, base = "", payload = ""] = flat.slice(index, index + 3);
    links.push({ version: Number(version), ...(base === "" ? {} : { base: Number(base) }) });
    payloads.set(Number(version), payload);
  }
  return restoreNewest(codec, threadId, links, (version) => payloads.get(version));
}
