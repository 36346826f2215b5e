/**
 * Snapshots beside a thread's file, a line each: the state, and where in the file the events up to it end. They only spare
 * reading: a line that is torn or damaged, or that tells of another file, is as good as none.
 */
import type { FileHandle } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { z } from "zod";
import { isRecord, type JsonObject, parseJson } from "../../json/json.ts";
import { lazily } from "../../lazily.ts";
import type { AgentState } from "../../state/types.ts";
import { restoreSnapshot, snapshotRecord } from "../snapshot.ts";
import type { SnapshotDraft, ThreadSummary } from "../types.ts";
import { appendOnce, bytesAt, linesOf, openExisting, openOrCreate } from "./disk.ts";
import { batchStart, type ThreadFile } from "./log.ts";
import { besideOf } from "./name.ts";

/** The end of a batch that counts, and the thread's summary as of there. */
export interface Place {
  readonly batch: string;
  /** Offset of the batch's first byte. */
  readonly start: number;
  /** Offset of the byte after it. */
  readonly end: number;
  /** Of its line, from 1. */
  readonly number: number;
  readonly summary: ThreadSummary;
}

interface StoredSnapshot {
  readonly place: Place;
  readonly record: unknown;
}

const summarySchema: z.ZodType<ThreadSummary> = z.lazy(() =>
  z.object({
    threadId: z.string(),
    version: z.int(),
    schemaVersion: z.int(),
    createdAt: z.string(),
    updatedAt: z.string(),
    metadata: z.custom<JsonObject>(isRecord).exactOptional(),
    agent: z.string().exactOptional(),
  }),
);
const snapshotSchema = lazily(() =>
  z.looseObject({
    place: z.object({
      batch: z.string(),
      start: z.int(),
      end: z.int(),
      number: z.int(),
      summary: summarySchema,
    }),
    record: z.unknown(),
  }),
);

/** Keeps a snapshot of the thread as it is at `place`. */
export async function keepSnapshot(file: ThreadFile, place: Place, draft: SnapshotDraft): Promise<void> {
  const path = besideOf(file.path, "snapshots");
  const text = JSON.stringify({ place, record: snapshotRecord(draft) } satisfies StoredSnapshot);
  const stored = file.codec.encode(text, sealOf(file));
  const handle = await openOrCreate(path);
  try {
    await appendOnce(path, handle, `\n${crc32(stored).toString(16).padStart(8, "0")} ${stored}`);
  } finally {
    await handle.close();
  }
}

/** Those that tell of this very file, up to the version asked for, by version. */
export async function snapshotsOf(
  file: ThreadFile,
  handle: FileHandle,
  upTo: number = Number.POSITIVE_INFINITY,
): Promise<readonly StoredSnapshot[]> {
  const found = new Map<number, StoredSnapshot>();
  try {
    for await (const snapshot of linesBeside(file)) {
      const { version } = snapshot.place.summary;
      if (version <= upTo && (await isThere(file, handle, snapshot.place))) found.set(version, snapshot);
    }
  } catch {
    // What cannot be read of them is read in the events.
  }
  return [...found.values()].sort((a, b) => a.place.summary.version - b.place.summary.version);
}

/** The latest state that they tell, and where to read on from. */
export function latestState(
  threadId: string,
  snapshots: readonly StoredSnapshot[],
): { readonly place: Place; readonly state: AgentState } | undefined {
  for (let count = snapshots.length; count > 0; count -= 1) {
    const place = snapshots[count - 1]?.place;
    const records = snapshots.slice(0, count).map(({ record }) => record);
    const state = restoreSnapshot(threadId, records);
    if (place !== undefined && state?.version === place.summary.version) return { place, state };
  }
  return undefined;
}

async function* linesBeside(file: ThreadFile): AsyncGenerator<StoredSnapshot, void, undefined> {
  const path = besideOf(file.path, "snapshots");
  const handle = await openExisting(path, "read");
  if (handle === undefined) return;
  try {
    for await (const { text } of linesOf(path, handle, { number: 1, end: 0 })) {
      const snapshot = parseLine(file, text);
      if (snapshot !== undefined) yield snapshot;
    }
  } finally {
    await handle.close();
  }
}

function parseLine(file: ThreadFile, line: string): StoredSnapshot | undefined {
  const stored = line.slice(9);
  if (line.slice(0, 9) !== `${crc32(stored).toString(16).padStart(8, "0")} `) return undefined;
  try {
    const parsed = snapshotSchema().safeParse(parseJson(file.codec.decode(stored, sealOf(file))));
    return parsed.success ? { place: parsed.data.place, record: parsed.data.record } : undefined;
  } catch {
    // Its key is not there. The events have the word, and say so where theirs is not either.
    return undefined;
  }
}

/** Whether the file has, where the snapshot saw it, the batch that it ends with. */
async function isThere(file: ThreadFile, handle: FileHandle, place: Place): Promise<boolean> {
  const expected = batchStart(place.batch);
  const [start, end] = [
    await bytesAt(file.path, handle, place.start, expected.length),
    await bytesAt(file.path, handle, place.end, 1),
  ];
  return start.toString("latin1") === expected && (end.length === 0 || end.toString("latin1") === "\n");
}

const sealOf = ({ threadId }: ThreadFile): string => `snapshot\n${threadId}`;
