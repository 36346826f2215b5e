/** What the handler does for each request, over the store that it serves. */
import {
  type AppendOptions,
  CheckpointConflictError,
  CheckpointError,
  type Checkpointer,
  canonicalJson,
  type DurableEvent,
  emptyState,
  fold,
  LeaseLostError,
  type SnapshotDraft,
  toJson,
} from "@locus-sdk/core";
import { checkThreadId, readStoredEvent, snapshotDraft, withThreadId } from "@locus-sdk/core/checkpoint";
import { json, linesOfThread, streamed } from "./answers.ts";
import { RequestRefusal } from "./errors.ts";
import type { LeaseBook } from "./lease-book.ts";
import {
  appendSchema,
  checked,
  forkSchema,
  holderSchema,
  listSchema,
  rangeSchema,
  type SnapshotBody,
  vacuumSchema,
} from "./wire.ts";

/** A request, read. */
export interface Call {
  readonly store: Checkpointer;
  readonly leases: LeaseBook;
  /** Empty where the operation is not about a thread. */
  readonly threadId: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
  /** An earlier attempt of the same request may have been carried out. */
  readonly isRepeat: boolean;
}

/** By the methods of `Checkpointer` and `Lease`. */
export type OperationName =
  | "append"
  | "read"
  | "events"
  | "list"
  | "fork"
  | "delete"
  | "acquire"
  | "renew"
  | "release"
  | "vacuum";
interface Operation {
  readonly name: OperationName;
  readonly run: (call: Call) => Promise<Response>;
}

/** By method and resource. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  "GET list": {
    name: "list",
    run: async ({ store, query }) => {
      const summaries = store.list(defined(checked(listSchema, query)));
      return await streamed(summaries, (summary) => ({ summary }));
    },
  },
  "POST vacuum": {
    name: "vacuum",
    run: async ({ store, body }) => {
      if (store.vacuum === undefined) throw unsupported("clears nothing up", "vacuum");
      const report = await store.vacuum(defined(checked(vacuumSchema, body)));
      return json(200, report);
    },
  },
  "GET thread": {
    name: "read",
    run: async ({ store, threadId, query }) => {
      const { upTo } = checked(rangeSchema, query);
      return linesOfThread(await store.read(threadId, defined({ upTo })));
    },
  },
  "DELETE thread": {
    name: "delete",
    run: async ({ store, threadId }) => json(200, { deleted: await store.delete(threadId) }),
  },
  "GET events": {
    name: "events",
    run: async ({ store, threadId, query }) => {
      const events = store.events(threadId, defined(checked(rangeSchema, query)));
      return await streamed(events, (event) => ({ event }));
    },
  },
  "POST events": { name: "append", run: append },
  "POST forks": { name: "fork", run: fork },
  "POST leases": {
    name: "acquire",
    run: async ({ store, leases, threadId, body }) => {
      const { holder } = checked(holderSchema, body);
      checkThreadId(threadId);
      const attempt = await leases.acquire(threadId, holder, async () => {
        if (store.acquire === undefined) throw unsupported("gives no leases", "leases");
        return await store.acquire(threadId);
      });
      if (!("lease" in attempt)) return json(200, attempt);
      return json(200, { fence: attempt.lease.fence, leaseMs: attempt.lease.leaseMs });
    },
  },
  "PUT leases": {
    name: "renew",
    run: async ({ leases, threadId, query }) => {
      const lease = await leases.find(threadId, checked(holderSchema, query).holder);
      return json(200, { renewed: (await lease?.renew()) ?? false });
    },
  },
  "DELETE leases": {
    name: "release",
    run: async ({ leases, threadId, query }) => {
      const lease = await leases.find(threadId, checked(holderSchema, query).holder);
      await lease?.release();
      return json(200, {});
    },
  },
};

async function append({ store, threadId, body, isRepeat }: Call): Promise<Response> {
  const { schemaVersion, expectedVersion, events: raw, fence, snapshot } = checked(appendSchema, body);
  const events = raw.map((event, index) => eventOf(event, threadId, schemaVersion, index));
  const draft = snapshot === undefined ? undefined : await draftOf(store, threadId, snapshot);
  const options: AppendOptions = defined({ fence, snapshot: draft });
  try {
    await store.append(threadId, expectedVersion, events, options);
  } catch (error) {
    const isLate = error instanceof CheckpointConflictError || error instanceof LeaseLostError;
    // The attempt before may have been the one that wrote them.
    if (!isRepeat || !isLate || events.length === 0) throw error;
    const range = { after: expectedVersion, upTo: expectedVersion + events.length };
    if (!(await areSame(store.events(threadId, range), events))) throw error;
  }
  return json(200, {});
}

async function fork({ store, threadId, body, isRepeat }: Call): Promise<Response> {
  const { at, newThreadId } = checked(forkSchema, body);
  try {
    await store.fork(threadId, at, newThreadId);
  } catch (error) {
    if (!isRepeat || !(error instanceof CheckpointConflictError)) throw error;
    const copied = (async function* () {
      for await (const event of store.events(threadId, { upTo: at })) yield withThreadId(event, newThreadId);
    })();
    if (!(await areSame(store.events(newThreadId), copied))) throw error;
  }
  return json(200, {});
}

function eventOf(raw: unknown, threadId: string, schemaVersion: number, index: number): DurableEvent {
  const where = `events[${index}]`;
  try {
    return readStoredEvent(raw, { threadId, schemaVersion, where });
  } catch (error) {
    if (!(error instanceof CheckpointError) || error.code !== "checkpoint") throw error;
    throw new RequestRefusal(400, "bad_request", `the request does not fit: ${error.message}`);
  }
}

/** The whole state again: what was not sent is the thread's as far as the base goes. */
async function draftOf(store: Checkpointer, threadId: string, record: SnapshotBody): Promise<SnapshotDraft> {
  const { base } = record;
  const thread = base === undefined ? undefined : await store.read(threadId, { upTo: base });
  const before =
    thread === undefined ? undefined : fold(thread.snapshot?.state ?? emptyState(threadId), thread.events);
  const draft = snapshotDraft(threadId, record, before);
  if (draft !== undefined) return draft;
  throw new RequestRefusal(
    400,
    "bad_request",
    "the request does not fit: snapshot: it is no state of the thread",
  );
}

async function areSame(
  stored: AsyncIterable<DurableEvent>,
  wanted: AsyncIterable<DurableEvent> | Iterable<DurableEvent>,
): Promise<boolean> {
  const others = stored[Symbol.asyncIterator]();
  try {
    for await (const event of wanted) {
      const { done, value } = await others.next();
      if (done === true || canonicalJson(toJson(value)) !== canonicalJson(toJson(event))) return false;
    }
    return (await others.next()).done === true;
  } finally {
    await others.return?.();
  }
}

const unsupported = (what: string, option: string): RequestRefusal =>
  new RequestRefusal(
    501,
    `no_${option}`,
    `the store behind the checkpoint service ${what}`,
    option === "leases" ? "Construct the checkpointer with leases: false." : undefined,
  );

/** Without the members that are `undefined`: an absent option is absent. */
function defined<T extends object>(options: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  // Members that are gone are absent, and those that stay are defined.
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]: Exclude<T[Key], undefined>;
  };
}
