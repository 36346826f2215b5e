/** Threads behind another service: the client's side of `checkpointerHandler`. */
import { randomUUID } from "node:crypto";
import {
  type AppendOptions,
  CheckpointError,
  type Checkpointer,
  checkKeys,
  type DurableEvent,
  deepFreeze,
  type Lease,
  type LeaseAttempt,
  SCHEMA_VERSION,
  type StoredThread,
  type ThreadQuery,
  type ThreadSummary,
  type VacuumReport,
} from "@locus-sdk/core";
import {
  checkBatch,
  checkQuery,
  checkRange,
  checkThreadId,
  restoreSnapshot,
  snapshotRecord,
} from "@locus-sdk/core/checkpoint";
import { z } from "zod";
import { Connection } from "./connection.ts";
import { checkedUrl, type HttpCheckpointerOptions, KNOWN_OPTIONS } from "./options.ts";
import { listPath, type ThreadResource, vacuumPath } from "./paths.ts";
import { eventOf, isSame, numbersOf, replacedError } from "./told.ts";
import { attemptSchema, deletedSchema, renewedSchema, vacuumedSchema } from "./wire.ts";

interface Range {
  readonly after?: number;
  readonly upTo?: number;
}

/**
 * Keeps threads in a service that answers with `checkpointerHandler`. An append whose answer is lost is tried again, and
 * counts as done where the service finds its events stored; a deletion whose answer is lost may come back as `false`.
 *
 * @example
 * ```ts
 * import { HttpCheckpointer } from "@locus-sdk/checkpointers/http";
 *
 * const checkpointer = new HttpCheckpointer({
 *   url: "https://threads.example.com/checkpoints",
 *   headers: () => ({ authorization: `Bearer ${process.env.SERVICE_TOKEN}` }),
 * });
 * ```
 */
export class HttpCheckpointer implements Checkpointer {
  /** As the service says: known with its first answer. */
  snapshotEvery?: number;
  readonly acquire?: (threadId: string) => Promise<LeaseAttempt>;
  readonly #connection: Connection;
  #isClosed = false;

  /** @throws ConfigurationError for a URL that is not one of HTTP, or that holds credentials. */
  constructor(options: HttpCheckpointerOptions) {
    checkKeys("HttpCheckpointer", options, KNOWN_OPTIONS);
    const { timeoutMs = 30_000, maxRetries = 2, leases = true, ...rest } = options;
    this.#connection = new Connection(
      { ...rest, url: checkedUrl(options.url), timeoutMs, maxRetries },
      (every) => {
        if (every === undefined) delete this.snapshotEvery;
        else this.snapshotEvery = every;
      },
    );
    if (leases) this.acquire = async (threadId) => await this.#acquire(threadId);
  }

  async append(
    threadId: string,
    expectedVersion: number,
    events: readonly DurableEvent[],
    options: AppendOptions = {},
  ): Promise<void> {
    this.#checkOpen();
    checkBatch(threadId, expectedVersion, events);
    const { fence, snapshot } = options;
    const record = snapshot === undefined ? undefined : snapshotRecord(snapshot);
    const body = { schemaVersion: SCHEMA_VERSION, expectedVersion, events, fence, snapshot: record };
    await this.#ask(threadId, "events", { method: "POST", body }, z.object({}));
  }

  async read(threadId: string, options: { readonly upTo?: number } = {}): Promise<StoredThread | undefined> {
    this.#checkOpen();
    checkRange(options);
    checkThreadId(threadId);
    const read = await this.#connection.thread(threadId, numbersOf({ upTo: options.upTo }));
    if (read === undefined) return undefined;
    const { schemaVersion, version, snapshot, eventSchema } = read;
    let events = read.events.map((event) => eventOf(event, threadId, eventSchema));
    const state = snapshot === undefined ? undefined : restoreSnapshot(threadId, [snapshot]);
    if (snapshot !== undefined && state === undefined) {
      // Of another version of Locus: the events tell the same.
      events = [];
      for await (const event of this.events(threadId, { upTo: version })) events.push(event);
      if (events.length !== version) throw replacedError(threadId);
    }
    return deepFreeze({
      threadId,
      schemaVersion,
      version,
      ...(state === undefined ? {} : { snapshot: { version: state.version, state } }),
      events,
    });
  }

  async *events(threadId: string, options: Range = {}): AsyncGenerator<DurableEvent, void, undefined> {
    this.#checkOpen();
    checkRange(options);
    checkThreadId(threadId);
    let { after = 0 } = options;
    let last: DurableEvent | undefined;
    // What goes on begins with the event that came last: by that it is known for the same thread's.
    let isRecognized = true;
    yield* this.#connection.resumed(
      () => {
        isRecognized = last === undefined;
        const from = isRecognized ? after : after - 1;
        const query = numbersOf({ after: from, upTo: options.upTo });
        return { threadId, resource: "events", method: "GET", query };
      },
      (line, eventSchema) => {
        if (!("event" in line)) return undefined;
        const event = eventOf(line.event, threadId, eventSchema);
        if (!isRecognized) {
          if (!isSame(event, last)) throw replacedError(threadId);
          isRecognized = true;
          return undefined;
        }
        if (event.sequence !== after + 1) {
          throw new CheckpointError(
            `the checkpoint service sent event ${event.sequence} of thread "${threadId}" in the place of ${after + 1}`,
          );
        }
        after = event.sequence;
        last = event;
        return event;
      },
    );
    if (!isRecognized) throw replacedError(threadId);
  }

  async *list(query: ThreadQuery = {}): AsyncGenerator<ThreadSummary, void, undefined> {
    this.#checkOpen();
    checkQuery(query);
    let { after, limit = Number.POSITIVE_INFINITY } = query;
    yield* this.#connection.resumed(
      () => ({
        path: listPath(),
        method: "GET",
        query: {
          ...numbersOf({ limit: Number.isFinite(limit) ? limit : undefined }),
          ...(query.prefix === undefined ? {} : { prefix: query.prefix }),
          ...(after === undefined ? {} : { after }),
          ...(query.order === undefined ? {} : { order: query.order }),
          ...(query.metadata === undefined ? {} : { metadata: JSON.stringify(query.metadata) }),
        },
      }),
      (line) => {
        if (!("summary" in line)) return undefined;
        after = line.summary.threadId;
        limit -= 1;
        return deepFreeze(line.summary);
      },
      () => limit > 0,
    );
  }

  async fork(threadId: string, at: number, newThreadId: string): Promise<void> {
    this.#checkOpen();
    checkThreadId(threadId);
    checkThreadId(newThreadId);
    if (!Number.isSafeInteger(at) || at < 1) {
      throw new CheckpointError(
        `thread "${threadId}" cannot be forked at ${at}: expected a whole number from 1`,
      );
    }
    await this.#ask(threadId, "forks", { method: "POST", body: { at, newThreadId } }, z.object({}));
  }

  async delete(threadId: string): Promise<boolean> {
    this.#checkOpen();
    checkThreadId(threadId);
    return (await this.#ask(threadId, "", { method: "DELETE" }, deletedSchema)).deleted;
  }

  /** Refused unless the service's `authorizeVacuum` says otherwise. */
  async vacuum(options: { readonly rekey?: boolean } = {}): Promise<VacuumReport> {
    this.#checkOpen();
    const request = { path: vacuumPath(), method: "POST", body: options };
    return await this.#connection.ask(request, vacuumedSchema);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #acquire(threadId: string): Promise<LeaseAttempt> {
    this.#checkOpen();
    checkThreadId(threadId);
    const holder = randomUUID();
    const attempt = await this.#ask(threadId, "leases", { method: "POST", body: { holder } }, attemptSchema);
    if ("heldForMs" in attempt) return attempt;
    const query = { holder };
    const lease: Lease = {
      fence: attempt.fence,
      leaseMs: attempt.leaseMs,
      renew: async () =>
        (await this.#ask(threadId, "leases", { method: "PUT", query }, renewedSchema)).renewed,
      release: async () => {
        await this.#ask(threadId, "leases", { method: "DELETE", query }, z.object({}));
      },
    };
    return { lease };
  }

  async #ask<T>(
    threadId: string,
    resource: ThreadResource,
    rest: {
      readonly method: string;
      readonly query?: Readonly<Record<string, string>>;
      readonly body?: unknown;
    },
    schema: z.ZodType<T>,
  ): Promise<T> {
    return await this.#connection.ask({ threadId, resource, ...rest }, schema);
  }

  #checkOpen(): void {
    if (!this.#isClosed) return;
    throw new CheckpointError("the checkpointer is closed", { code: "checkpoint_closed" });
  }
}
