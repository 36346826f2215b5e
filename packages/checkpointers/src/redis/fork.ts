/** Forking: copied in pieces to keys that nobody reads, which then become the thread's in one script. */
import { randomUUID } from "node:crypto";
import { CheckpointError, SCHEMA_VERSION, type ThreadSummary } from "@locus-sdk/core";
import { checkFork, forkExistsError, missingError, summarize } from "@locus-sdk/core/checkpoint";
import { z } from "zod";
import { touchedAtOf } from "../shared/options.ts";
import { decodeEvent, encodeFacts, eventPlace, movePayload } from "../shared/records.ts";
import { snapshotPlace } from "../shared/snapshots.ts";
import { findHead, pages } from "./reading.ts";
import { type Context, checked, recordText, texts, ttlText } from "./records.ts";
import { COMMIT, DROP, LINKS, SNAPSHOT, STAGE } from "./scripts.ts";

interface Fork {
  readonly threadId: string;
  readonly at: number;
  readonly newThreadId: string;
}

/** What a process that died had staged is gone after an hour. */
const STAGED_MS = 3_600_000;

export async function forkThread(context: Context, fork: Fork): Promise<void> {
  const { threadId, at, newThreadId } = fork;
  const head = await findHead(context, threadId);
  checkFork(threadId, head, at, newThreadId);
  if (head === undefined) return;
  if ((await findHead(context, newThreadId)) !== undefined) throw forkExistsError(newThreadId);
  const { connection, codec } = context;
  const nonce = randomUUID();
  const staged = connection.keys.staged(newThreadId, nonce);
  try {
    const summary = await stageEvents(context, fork, head.incarnation, staged.events);
    await stageSnapshots(context, fork, head.incarnation, staged);
    const { bucket, ...keys } = connection.keys.of(newThreadId);
    const answer = await connection.run(
      COMMIT,
      [
        keys.summary,
        keys.events,
        keys.snapshots,
        keys.links,
        bucket.index,
        staged.events,
        staged.snapshots,
        staged.links,
      ],
      [
        String(at),
        String(SCHEMA_VERSION),
        summary.createdAt,
        summary.updatedAt,
        String(touchedAtOf(summary.updatedAt)),
        encodeFacts(codec, newThreadId, summary),
        nonce,
        newThreadId,
        ttlText(context),
      ],
    );
    const outcome = checked(z.enum(["ok", "exists", "gone"]), answer);
    if (outcome === "exists") throw forkExistsError(newThreadId);
    if (outcome === "gone") {
      throw new CheckpointError(`the fork of thread "${threadId}" took longer than an hour`, {
        retryable: true,
      });
    }
  } catch (error) {
    await connection.run(DROP, [staged.events, staged.snapshots, staged.links], []).catch(() => undefined);
    throw error;
  }
}

/** Copies the events; their summary as of event `at`. */
async function stageEvents(
  context: Context,
  fork: Fork,
  incarnation: string,
  key: string,
): Promise<ThreadSummary> {
  const { threadId, at, newThreadId } = fork;
  const { codec, connection } = context;
  let summary: ThreadSummary | undefined;
  let sequence = 0;
  for await (const page of pages(context, threadId, incarnation, { after: 0, upTo: at })) {
    const fields: string[] = [];
    for (const record of page) {
      sequence += 1;
      // A summary comes of the first event, the last, and those that begin a run.
      if (record.opensRun || sequence === 1 || sequence === at) {
        summary = summarize(
          summary,
          decodeEvent(codec, threadId, { ...record, sequence }),
          record.schemaVersion,
        );
      }
      const payload = movePayload(
        codec,
        record.payload,
        eventPlace(threadId, sequence),
        eventPlace(newThreadId, sequence),
      );
      fields.push(String(sequence), recordText({ ...record, payload }));
    }
    await connection.run(STAGE, [key], [String(STAGED_MS), ...fields]);
  }
  // Deleted while it was copied: there is nothing to fork any more.
  if (summary === undefined || sequence < at) throw missingError(threadId);
  return { ...summary, threadId: newThreadId };
}

async function stageSnapshots(
  context: Context,
  { threadId, at, newThreadId }: Fork,
  incarnation: string,
  staged: { readonly snapshots: string; readonly links: string },
): Promise<void> {
  const { codec, connection } = context;
  const { summary, snapshots, links } = connection.keys.of(threadId);
  const flat = checked(texts.nullable(), await connection.run(LINKS, [summary, links], [incarnation])) ?? [];
  for (let index = 0; index < flat.length; index += 2) {
    const [version = "", base = ""] = flat.slice(index, index + 2);
    if (Number(version) > at) continue;
    const found = await connection.run(SNAPSHOT, [summary, snapshots], [incarnation, version]);
    const payload = checked(z.string().nullable(), found);
    if (payload === null) continue;
    const moved = movePayload(
      codec,
      payload,
      snapshotPlace(threadId, Number(version)),
      snapshotPlace(newThreadId, Number(version)),
    );
    await connection.run(STAGE, [staged.snapshots], [String(STAGED_MS), version, moved]);
    await connection.run(STAGE, [staged.links], [String(STAGED_MS), version, base]);
  }
}
