/**
 * Snapshots as stores keep them: a state in links of a chain, each with the messages and tool calls that came since the one
 * before. So a snapshot costs what is new in it, and the bytes of a thread grow with its events, not with their square.
 */
import { z } from "zod";
import { SCHEMA_VERSION } from "../events/types.ts";
import { deepFreeze, isRecord, type JsonObject } from "../json/json.ts";
import { lazily } from "../lazily.ts";
import { messagesSchema } from "../messages/schema.ts";
import type { Message } from "../messages/types.ts";
import type { AgentState, ToolExecution, ToolLedger } from "../state/types.ts";
import type { SnapshotBase, SnapshotDraft } from "./types.ts";

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
  /** What came of tool calls since `base`; absent where `rest` holds all of it. */
  readonly tools?: {
    /** How many tool executions of `base` come first. */
    readonly keep: number;
    /** Those after them. */
    readonly executions: readonly ToolExecution[];
    /** Keys of the ledger of `base` that are gone. */
    readonly removed: readonly string[];
    /** Entries of the ledger that are new, or others than in `base`. */
    readonly ledger: ToolLedger;
  };
  /** The state but for its id, its version, its messages and what `tools` has of it. */
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
  const tools = base?.tools === undefined ? undefined : toolsSince(state, base.tools);
  return {
    schemaVersion: SCHEMA_VERSION,
    version,
    ...(base === undefined ? {} : { base: base.version }),
    keep,
    messages: keep === 0 ? messages : messages.slice(keep),
    ...(tools === undefined ? {} : { tools }),
    // A state is plain JSON but for being typed.
    rest: (tools === undefined ? rest : withoutTools(rest)) as unknown as JsonObject,
  };
}

function toolsSince(
  { run, toolLedger }: AgentState,
  { executions, removed, changed }: NonNullable<SnapshotBase["tools"]>,
): NonNullable<SnapshotRecord["tools"]> {
  const wanted = new Set(changed);
  const entries = Object.entries(toolLedger).filter(([key]) => wanted.has(key));
  return {
    keep: executions,
    executions: run.toolExecutions.slice(executions),
    removed,
    ledger: Object.fromEntries(entries),
  };
}

/** A reader that knows no `tools` misses the ledger, and takes the record for damaged rather than for whole. */
function withoutTools({
  run: { toolExecutions: _executions, ...run },
  toolLedger: _ledger,
  ...rest
}: Omit<AgentState, "threadId" | "version" | "messages">): object {
  return { ...rest, run };
}

const recordSchema = lazily(() =>
  z
    .object({
      schemaVersion: z.int(),
      version: z.int().min(1),
      base: z.int().min(1).optional(),
      keep: z.int().min(0),
      messages: z.array(z.unknown()),
      tools: z
        .object({
          keep: z.int().min(0),
          executions: z.array(z.unknown()),
          removed: z.array(z.string()),
          ledger: z.custom<JsonObject>(isRecord),
        })
        .optional(),
      rest: z.custom<JsonObject & { readonly run: JsonObject }>(
        (value) => isRecord(value) && isRecord(value.run) && isRecord(value.metadata),
      ),
    })
    .refine(
      ({ tools, rest: { run, toolLedger } }) =>
        tools !== undefined || (Array.isArray(run.toolExecutions) && isRecord(toolLedger)),
    ),
);
type Link = z.infer<ReturnType<typeof recordSchema>>;

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
  const links = new Map<number, Link>();
  let newest = 0;
  for (const record of records) {
    const parsed = recordSchema().safeParse(record);
    if (!parsed.success || parsed.data.schemaVersion !== SCHEMA_VERSION) continue;
    links.set(parsed.data.version, parsed.data);
    newest = Math.max(newest, parsed.data.version);
  }
  const chain = chainOf(links, newest);
  const last = chain.at(-1);
  if (last === undefined) return undefined;
  const messages = joined(chain.map(({ keep, messages: added }) => ({ keep, added })));
  const checked = messagesSchema.safeParse(messages);
  const tools = joinedTools(chain);
  if (!checked.success || tools === undefined) return undefined;
  const { toolExecutions, toolLedger } = tools;
  // The members of `rest` are those that `snapshotRecord` took out of a state of this schema version.
  const rest = deepFreeze({
    ...last.rest,
    toolLedger,
    run: { ...last.rest.run, toolExecutions },
  }) as unknown as Omit<AgentState, "threadId" | "version" | "messages">;
  return Object.freeze({ ...rest, threadId, version: last.version, messages: checked.data });
}

/**
 * The draft that `record` was made of, where its base is the thread as it was in `before`; `undefined` where it is no state of
 * that thread.
 *
 * @example
 * ```ts
 * import { emptyState } from "@locus-sdk/core";
 * import { snapshotDraft, snapshotRecord } from "@locus-sdk/core/checkpoint";
 *
 * const record = snapshotRecord({ state: { ...emptyState("trip"), version: 1 } });
 * snapshotDraft("trip", record)?.state.version; // 1
 * ```
 */
export function snapshotDraft(
  threadId: string,
  record: unknown,
  before?: AgentState,
): SnapshotDraft | undefined {
  const parsed = recordSchema().safeParse(record);
  if (!parsed.success) return undefined;
  const { version, base, keep, tools } = parsed.data;
  const whole = before === undefined ? [] : [snapshotRecord({ state: before })];
  const state = restoreSnapshot(threadId, [...whole, record]);
  if (state === undefined || state.version !== version) return undefined;
  if (base === undefined) return { state };
  const changed = tools === undefined ? [] : Object.keys(tools.ledger);
  const known =
    tools === undefined ? {} : { tools: { executions: tools.keep, removed: tools.removed, changed } };
  return { state, base: { version: base, messages: keep, ...known } };
}

/** One list of the parts that links have of it; `undefined` where one keeps more than there is. */
function joined(
  parts: readonly { readonly keep: number; readonly added: readonly unknown[] }[],
): readonly unknown[] | undefined {
  const all: unknown[] = [];
  for (const { keep, added } of parts) {
    if (keep > all.length) return undefined;
    all.length = keep;
    for (const item of added) all.push(item);
  }
  return all;
}

function joinedTools(
  chain: readonly Link[],
): { readonly toolExecutions: readonly unknown[]; readonly toolLedger: object } | undefined {
  const whole = chain.findLastIndex(({ tools }) => tools === undefined);
  const [root, ...since] = chain.slice(whole);
  if (root === undefined || whole < 0) return undefined;
  const { run, toolLedger } = root.rest;
  const first = { keep: 0, added: Array.isArray(run.toolExecutions) ? run.toolExecutions : [] };
  const others = since.flatMap(({ tools }) => (tools === undefined ? [] : [tools]));
  const toolExecutions = joined([
    first,
    ...others.map(({ keep, executions }) => ({ keep, added: executions })),
  ]);
  if (toolExecutions === undefined) return undefined;
  const ledger = new Map(Object.entries(isRecord(toolLedger) ? toolLedger : {}));
  for (const { removed, ledger: changed } of others) {
    for (const key of removed) ledger.delete(key);
    for (const [key, entry] of Object.entries(changed)) ledger.set(key, entry);
  }
  return { toolExecutions, toolLedger: Object.fromEntries(ledger) };
}

/** From the first link, which has no base, to the last; empty where one is missing. */
function chainOf(links: ReadonlyMap<number, Link>, newest: number): readonly Link[] {
  const chain: Link[] = [];
  for (let link = links.get(newest); link !== undefined; ) {
    chain.push(link);
    if (link.base === undefined) return chain.reverse();
    // A base comes before what continues it: a damaged one must not lead round in circles.
    link = link.base < link.version ? links.get(link.base) : undefined;
  }
  return [];
}
