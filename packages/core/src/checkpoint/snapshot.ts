/**
 * Snapshots as stores keep them: a state in links of a chain, each with the messages that came since the one before. So a
 * snapshot costs what is new in it, and the bytes of a thread grow with its events, not with their square.
 */
import { z } from "zod";
import { SCHEMA_VERSION } from "../events/types.ts";
import { deepFreeze, isRecord, type JsonObject } from "../json/json.ts";
import { messagesSchema } from "../messages/schema.ts";
import type { Message } from "../messages/types.ts";
import type { AgentState } from "../state/types.ts";
import type { SnapshotDraft } from "./types.ts";

/** One snapshot as it is stored: plain JSON, without the thread's id, so that a fork may share it. */
export interface SnapshotRecord {
  readonly schemaVersion: number;
  readonly version: number;
  /** Version of the snapshot it continues; absent where it holds all messages itself. */
  readonly base?: number;
  /** How many messages of `base` come first. */
  readonly keep: number;
  /** The messages after those. */
  readonly messages: readonly Message[];
  /** The state but for its id, version and messages. */
  readonly rest: JsonObject;
}

/**
 * What to store of a snapshot.
 *
 * @example
 * ```ts
 * import { emptyState } from "@locus-sdk/core";
 * import { snapshotRecord } from "@locus-sdk/core/checkpoint";
 *
 * JSON.stringify(snapshotRecord({ state: emptyState("trip") }));
 * ```
 */
export function snapshotRecord({ state, base }: SnapshotDraft): SnapshotRecord {
  const { threadId: _id, version, messages, ...rest } = state;
  const keep = base?.messages ?? 0;
  return {
    schemaVersion: SCHEMA_VERSION,
    version,
    ...(base === undefined ? {} : { base: base.version }),
    keep,
    messages: keep === 0 ? messages : messages.slice(keep),
    // A state is plain JSON but for being typed.
    rest: rest as unknown as JsonObject,
  };
}

const recordSchema = z.object({
  schemaVersion: z.int(),
  version: z.int().min(1),
  base: z.int().min(1).optional(),
  keep: z.int().min(0),
  messages: z.array(z.unknown()),
  rest: z.custom<JsonObject>(
    (value) =>
      isRecord(value) && isRecord(value.run) && isRecord(value.toolLedger) && isRecord(value.metadata),
  ),
});

/**
 * The state that the newest of `records` tells, frozen. The records of one thread, parsed from JSON, in any order; those
 * its chain does not need may be missing. `undefined` where a link is missing, damaged or of another schema version: the
 * events tell the same.
 *
 * @example
 * ```ts
 * import { emptyState } from "@locus-sdk/core";
 * import { restoreSnapshot, snapshotRecord } from "@locus-sdk/core/checkpoint";
 *
 * const record = snapshotRecord({ state: { ...emptyState("trip"), version: 1 } });
 * restoreSnapshot("trip", [record])?.version; // 1
 * ```
 */
export function restoreSnapshot(threadId: string, records: readonly unknown[]): AgentState | undefined {
  const links = new Map<number, z.infer<typeof recordSchema>>();
  let newest = 0;
  for (const record of records) {
    const parsed = recordSchema.safeParse(record);
    if (!parsed.success || parsed.data.schemaVersion !== SCHEMA_VERSION) continue;
    links.set(parsed.data.version, parsed.data);
    newest = Math.max(newest, parsed.data.version);
  }
  const chain = chainOf(links, newest);
  const last = chain.at(-1);
  if (last === undefined) return undefined;
  let messages: unknown[] = [];
  for (const link of chain) {
    if (link.keep > messages.length) return undefined;
    messages.length = link.keep;
    for (const message of link.messages) messages.push(message);
  }
  const checked = messagesSchema.safeParse(messages);
  if (!checked.success) return undefined;
  messages = [];
  // The members of `rest` are those that `snapshotRecord` took out of a state of this schema version.
  const rest = deepFreeze(last.rest) as unknown as Omit<AgentState, "threadId" | "version" | "messages">;
  return Object.freeze({ ...rest, threadId, version: last.version, messages: checked.data });
}

/** From the first link, which has no base, to the last; empty where one is missing. */
function chainOf<Link extends { readonly base?: number | undefined; readonly version: number }>(
  links: ReadonlyMap<number, Link>,
  newest: number,
): readonly Link[] {
  const chain: Link[] = [];
  for (let link = links.get(newest); link !== undefined; ) {
    chain.push(link);
    if (link.base === undefined) return chain.reverse();
    // A base comes before what continues it: a damaged one must not lead round in circles.
    link = link.base < link.version ? links.get(link.base) : undefined;
  }
  return [];
}
