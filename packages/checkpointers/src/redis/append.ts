/** Appending: the comparison, the summary, the events and the snapshot in one script. */
import { randomUUID } from "node:crypto";
import {
  type AppendOptions,
  CheckpointError,
  type DurableEvent,
  LeaseLostError,
  SCHEMA_VERSION,
} from "@locus-sdk/core";
import { checkBatch, checkSchemaVersion, conflictError } from "@locus-sdk/core/checkpoint";
import { z } from "zod";
import { touchedAtOf } from "../shared/options.ts";
import { encodeEvent, nextFacts } from "../shared/records.ts";
import { checkSnapshot, encodeSnapshot } from "../shared/snapshots.ts";
import { type Context, checked, count, readHead, recordText, ttlText } from "./records.ts";
import { APPEND, HEAD } from "./scripts.ts";

export interface Append {
  readonly threadId: string;
  readonly expectedVersion: number;
  readonly events: readonly DurableEvent[];
  readonly options: AppendOptions;
}

const outcome = z.tuple([z.enum(["ok", "conflict", "newer", "lost"]), count]);

export async function appendEvents(context: Context, append: Append): Promise<void> {
  const { threadId, expectedVersion, events, options } = append;
  checkBatch(threadId, expectedVersion, events);
  const version = expectedVersion + events.length;
  checkSnapshot(threadId, version, options.snapshot);
  const { codec, connection } = context;
  const { bucket, summary, events: log, snapshots, links } = connection.keys.of(threadId);
  const [first] = events;
  const last = events.at(-1);
  const snapshot =
    options.snapshot === undefined ? undefined : encodeSnapshot(codec, options.snapshot, () => true);
  const answer = await connection.run(
    APPEND,
    [summary, log, snapshots, links, bucket.index, bucket.fences],
    [
      String(expectedVersion),
      String(version),
      String(SCHEMA_VERSION),
      first?.timestamp ?? "",
      last?.timestamp ?? "",
      last === undefined ? "" : String(touchedAtOf(last.timestamp)),
      await factsAfter(context, append),
      options.fence === undefined ? "" : String(options.fence),
      ttlText(context),
      randomUUID(),
      threadId,
      snapshot === undefined ? "" : String(snapshot.version),
      snapshot?.base === undefined ? "" : String(snapshot.base),
      snapshot?.payload ?? "",
      ...events.map((event) =>
        recordText({
          schemaVersion: SCHEMA_VERSION,
          opensRun: event.type === "run_start",
          payload: encodeEvent(codec, event),
        }),
      ),
    ],
  );
  const [result, found] = checked(outcome, answer);
  if (result === "conflict") throw conflictError(threadId, expectedVersion, found);
  if (result === "newer") checkSchemaVersion(threadId, found);
  if (result === "lost") {
    throw new LeaseLostError(
      `the lease of the thread "${threadId}" ran out and somebody else was given the next`,
      {
        hint: "Read the thread again; what is stored is whole.",
      },
    );
  }
  if (result !== "ok") throw new CheckpointError(`thread "${threadId}" could not be appended to: ${result}`);
}

/** The facts after the batch; nothing where they stay as they are. */
async function factsAfter(context: Context, { threadId, expectedVersion, events }: Append): Promise<string> {
  const startsRun = events.some(({ type }) => type === "run_start");
  if (events.length === 0 || (expectedVersion > 0 && !startsRun)) return "";
  if (expectedVersion === 0) return nextFacts(context.codec, threadId, undefined, events);
  // They may be encrypted, so only we can merge them. Should the thread change meanwhile, the script finds another version.
  const { connection } = context;
  const head = readHead(
    await connection.run(HEAD, [connection.keys.of(threadId).summary], [ttlText(context)]),
  );
  if (head?.version !== expectedVersion) return "";
  return nextFacts(context.codec, threadId, head.facts, events);
}
