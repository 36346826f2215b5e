/** A thread's head: what it is at this moment, and who may write it. Small, whatever the length of the thread. */
import { randomBytes } from "node:crypto";
import { CheckpointError, type DurableEvent, parseJson, type ThreadSummary } from "@locus-sdk/core";
import type { PayloadCodec } from "@locus-sdk/core/checkpoint";
import { z } from "zod";
import { isExpired } from "../shared/options.ts";
import { decodeFacts } from "../shared/records.ts";
import { nextRow, type ThreadRow } from "../shared/threads.ts";
import { NONE } from "./types.ts";

export interface ThreadHead extends ThreadRow {
  readonly generation: string;
  /** Nonce of its last batch. */
  readonly last: string;
}

export interface LeaseHead {
  readonly fence: number;
  /** Whose it is: made up for each attempt. */
  readonly holder: string;
  readonly leaseMs: number;
  /** In ms since 1970; 0 once it was given back. */
  readonly expiresAt: number;
}

/** Without a thread, it is there for the sake of its lease alone. */
export interface Head {
  readonly threadId: string;
  readonly thread?: ThreadHead;
  readonly lease?: LeaseHead;
}

const headSchema: z.ZodType<Head> = z.object({
  threadId: z.string(),
  thread: z
    .object({
      generation: z.string(),
      version: z.int().min(1),
      schemaVersion: z.int(),
      createdAt: z.string(),
      updatedAt: z.string(),
      touchedAt: z.number(),
      facts: z.string(),
      last: z.string(),
    })
    .exactOptional(),
  lease: z
    .object({ fence: z.int(), holder: z.string(), leaseMs: z.number(), expiresAt: z.number() })
    .exactOptional(),
});

export const headText = (head: Head): string => JSON.stringify(head);

/** @throws CheckpointError where it is none. */
export function parseHead(text: string, key: string): Head {
  const parsed = headSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new CheckpointError(`the head of a thread is damaged: ${key}`, {
    hint: "The stored data was changed from outside. Restore it from a backup, or delete the thread.",
  });
}

/** The thread, unless there is none or it has outlived its time. */
export function livingThread(head: Head, ttlMs: number | undefined): ThreadHead | undefined {
  return head.thread === undefined || isExpired(head.thread.touchedAt, ttlMs) ? undefined : head.thread;
}

export const newGeneration = (): string => randomBytes(12).toString("hex");
export const newNonce = (): string => randomBytes(8).toString("hex");

/** The thread after a batch whose nonce is `last`. */
export function threadAfter(
  codec: PayloadCodec,
  before: ThreadHead | undefined,
  events: readonly [DurableEvent, ...DurableEvent[]],
  batch: { readonly generation: string; readonly nonce: string },
): ThreadHead {
  return { ...nextRow(codec, before, events), generation: batch.generation, last: batch.nonce };
}

export function summaryOf(codec: PayloadCodec, threadId: string, thread: ThreadHead): ThreadSummary {
  const { version, schemaVersion, createdAt, updatedAt, facts } = thread;
  return Object.freeze({
    threadId,
    version,
    schemaVersion,
    createdAt,
    updatedAt,
    ...decodeFacts(codec, threadId, facts),
  });
}

/** What a first batch follows. */
export const lastOf = (thread: ThreadHead | undefined): string => thread?.last ?? NONE;
