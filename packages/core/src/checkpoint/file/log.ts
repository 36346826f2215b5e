/**
 * The text of a thread's file: a header line, then one line a batch. Who wins a version is decided by the order
 * of the lines, so writers in any number of processes need no lock, and a dead one leaves nothing to clear up.
 *
 * - A batch says which version it continues (`from`). The first complete one from the current version counts; a
 *   later one from the same version lost the race and is skipped. A writer appends in a single write, looks
 *   whether anything came in between, and if so reads on to see which of them counts.
 * - A batch is complete when its last member, `end`, repeats its first, `batch`. A line that breaks off before is
 *   a write that died with its process or its disk, and was never acknowledged.
 * - A batch begins with the new-line character that ends the line before it, whole or torn: nothing that is
 *   appended can complete a torn line or be spoilt by it.
 * - With encryption, `sealed` stands in for `events`; what orders the batches can still be read.
 * - A damaged line that did count is recognised: it is complete and not JSON, or the batch after it goes on from
 *   a version that was never reached.
 */
import { z } from "zod";
import { CheckpointError } from "../../errors/errors.ts";
import { type DurableEvent, SCHEMA_VERSION } from "../../events/types.ts";
import { isRecord, parseJson } from "../../json/json.ts";
import { lazily } from "../../lazily.ts";
import { describeIssues } from "../../messages/schema.ts";
import type { PayloadCodec } from "../encryption.ts";
import type { RawEvent } from "../stored.ts";
import { type Line, nonce } from "./disk.ts";

/** A thread's file, and how what is in it was written. */
export interface ThreadFile {
  readonly path: string;
  readonly threadId: string;
  readonly codec: PayloadCodec;
}

/** A batch that counts, as it was read. */
export interface LoggedBatch {
  readonly id: string;
  readonly schemaVersion: number;
  /** The version before its first event. */
  readonly from: number;
  readonly events: readonly RawEvent[];
  readonly line: Line;
  /** Whether it is encrypted as it would be today. */
  readonly isCurrent: boolean;
}

export interface LogHeader {
  readonly threadId: string;
  readonly schemaVersion: number;
}

const headerSchema = lazily(() =>
  z.looseObject({
    format: z.literal("locus-thread"),
    schemaVersion: z.int().min(0),
    threadId: z.string(),
  }),
);
const batchSchema = lazily(() =>
  z.looseObject({
    batch: z.string(),
    schemaVersion: z.int().min(0),
    from: z.int().min(0),
    events: z.unknown().optional(),
    sealed: z.string().exactOptional(),
    end: z.string(),
  }),
);
const eventsSchema = lazily(() => z.array(z.custom<RawEvent>(isRecord, "expected an object")).min(1));

/** The first line of a thread's file. */
export function headerText(threadId: string): string {
  return JSON.stringify({ format: "locus-thread", schemaVersion: SCHEMA_VERSION, threadId });
}

/** How the line of a batch begins. */
export const batchStart = (id: string): string => `{"batch":"${id}"`;

/** What is appended for a batch, with the id to recognise it by. */
export function batchText(
  { threadId, codec }: Pick<ThreadFile, "threadId" | "codec">,
  from: number,
  events: readonly (DurableEvent | RawEvent)[],
  {
    id = nonce(),
    schemaVersion = SCHEMA_VERSION,
  }: { readonly id?: string; readonly schemaVersion?: number } = {},
): { readonly id: string; readonly text: string } {
  const plain = JSON.stringify(events);
  const sealed = codec.encode(plain, sealOf(threadId, from));
  const content = sealed === plain ? `"events":${plain}` : `"sealed":${JSON.stringify(sealed)}`;
  const text = `\n${batchStart(id)},"schemaVersion":${schemaVersion},"from":${from},${content},"end":"${id}"}`;
  return { id, text };
}

/** Where an encrypted batch belongs: it does not open elsewhere. */
const sealOf = (threadId: string, from: number): string => `${from + 1}\n${threadId}`;

/** @throws CheckpointError where the first line is not the header of a thread. */
export function parseHeader(path: string, line: Line | undefined): LogHeader {
  const parsed = headerSchema().safeParse(parseJson(line?.text ?? ""));
  if (parsed.success) return parsed.data;
  throw damaged(path, 1, "it is not the header of a thread");
}

/**
 * The batches that count among `lines`, going on from `version`.
 *
 * @throws CheckpointError naming file and line of what was damaged.
 */
export async function* countingBatches(
  file: ThreadFile,
  lines: AsyncIterable<Line>,
  version: number,
): AsyncGenerator<LoggedBatch, void, undefined> {
  const { path } = file;
  let current = version;
  let torn: number | undefined;
  for await (const line of lines) {
    if (line.text === "") continue;
    const json = parseJson(line.text);
    if (json === undefined) {
      if (isComplete(line.text)) throw damaged(path, line.number, "it is not JSON");
      torn ??= line.number;
      continue;
    }
    const parsed = batchSchema().safeParse(json);
    if (!parsed.success) throw damaged(path, line.number, describeIssues(parsed.error));
    const { batch, schemaVersion, from } = parsed.data;
    if (from > current) {
      throw damaged(path, torn ?? line.number, `events ${current + 1} to ${from} are missing`);
    }
    if (from < current) continue;
    const { events, isCurrent } = openBatch(file, parsed.data, line);
    current += events.length;
    torn = undefined;
    yield { id: batch, schemaVersion, from, events, line, isCurrent };
  }
}

function openBatch(
  { path, threadId, codec }: ThreadFile,
  { from, events, sealed }: z.infer<ReturnType<typeof batchSchema>>,
  line: Line,
): Pick<LoggedBatch, "events" | "isCurrent"> {
  const content = sealed === undefined ? events : parseJson(codec.decode(sealed, sealOf(threadId, from)));
  const parsed = eventsSchema().safeParse(content);
  if (!parsed.success) throw damaged(path, line.number, describeIssues(parsed.error));
  // Any text but an encrypted one is plain.
  return { events: parsed.data, isCurrent: codec.isCurrent(sealed ?? "[]") };
}

/** The error for a line that cannot be what was once written. */
export function damaged(path: string, line: number, why: string): CheckpointError {
  return new CheckpointError(`${path}, line ${line} is damaged: ${why}`, {
    hint: "Restore the file from a backup, or delete the thread.",
  });
}

function isComplete(text: string): boolean {
  const id = /^\{"batch":"([0-9a-f]+)"/.exec(text)?.[1];
  return id !== undefined && text.endsWith(`"end":"${id}"}`);
}
