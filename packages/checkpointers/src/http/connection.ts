/** The client's requests and what comes of them: single answers, and streams that go on where they broke off. */
import { CheckpointError } from "@locus-sdk/core";
import type { z } from "zod";
import {
  type FetchFunction,
  type OutgoingRequest,
  Requester,
  type RequestHeaders,
  type StreamedAnswer,
} from "../shared/requester.ts";
import { foreignAnswer, fromWire } from "./errors.ts";
import { linesOf } from "./ndjson.ts";
import {
  isLong,
  METHOD_HEADER,
  RETRY_HEADER,
  SNAPSHOT_HEADER,
  type ThreadResource,
  threadPath,
} from "./paths.ts";
import { failureSchema, issuesOf, type Line, lineSchema, type ThreadLine } from "./wire.ts";

export interface ConnectionOptions {
  readonly url: string;
  readonly fetch?: FetchFunction;
  readonly headers?: RequestHeaders;
  readonly timeoutMs: number;
  readonly maxRetries: number;
}

/** Where a request goes: to a path, or to a resource of a thread. */
type Where = { readonly path: string } | { readonly threadId: string; readonly resource: ThreadResource };
export type Asked = Where & {
  readonly method: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
};

/** A thread as its lines tell it: nothing of it is checked yet but the form. */
export interface ThreadLines {
  readonly schemaVersion: number;
  readonly version: number;
  readonly snapshot?: unknown;
  readonly events: readonly unknown[];
  /** The version of the events as they were sent. */
  readonly eventSchema: number;
}

/** A longer query goes in the body. */
const MAX_QUERY = 1_024;

export class Connection {
  readonly #url: string;
  readonly #maxRetries: number;
  readonly #requester: Requester;
  readonly #onSnapshotEvery: (every: number | undefined) => void;

  constructor(options: ConnectionOptions, onSnapshotEvery: (every: number | undefined) => void) {
    const { url, ...rest } = options;
    this.#url = url;
    this.#maxRetries = options.maxRetries;
    this.#requester = new Requester({ service: "the checkpoint service", ...rest });
    this.#onSnapshotEvery = onSnapshotEvery;
  }

  /** @throws CheckpointError, or what the service says went wrong. */
  async ask<T>(asked: Asked, schema: z.ZodType<T>): Promise<T> {
    const { status, headers, text } = await this.#requester.text(requestOf(this.#url, asked));
    this.#learn(headers);
    const value = parsed(text);
    if (status !== 200) throw this.#told(status, value);
    const answer = schema.safeParse(value);
    if (answer.success) return answer.data;
    throw new CheckpointError(`the checkpoint service answered what does not fit: ${issuesOf(answer.error)}`);
  }

  /** The thread as it is stored; read anew as a whole where it breaks off. */
  async thread(threadId: string, query: Readonly<Record<string, string>>): Promise<ThreadLines | undefined> {
    let thread: ThreadLine | null = null as ThreadLine | null;
    let events: unknown[] = [];
    let eventSchema = 0;
    const asked: Asked = { threadId, resource: "", method: "GET", query };
    const lines = this.resumed(
      () => {
        events = [];
        return asked;
      },
      (line, schema) => {
        eventSchema = schema;
        if ("thread" in line) ({ thread } = line);
        if ("event" in line) events.push(line.event);
        return undefined;
      },
    );
    for await (const _ of lines);
    return thread === null ? undefined : { ...thread, events, eventSchema };
  }

  /**
   * What `take` makes of the lines. Where a stream breaks off, `next` says what to ask then; `wantsMore` whether there is
   * anything left to ask for.
   */
  async *resumed<T>(
    next: () => Asked,
    take: (line: Line, eventSchema: number) => T | undefined,
    wantsMore: () => boolean = () => true,
  ): AsyncGenerator<T, void, undefined> {
    for (let failures = 0; wantsMore(); ) {
      const lines = this.#lines(next());
      try {
        let eventSchema = 0;
        for (;;) {
          const step = await lines.next().then(
            ({ done, value }) => (done === true ? ("end" as const) : value),
            (error: unknown) => (error instanceof Broken ? error : Promise.reject(error)),
          );
          if (step === "end") return;
          if (step instanceof Broken) {
            failures += 1;
            if (failures > this.#maxRetries) throw step.cause;
            break;
          }
          if ("schemaVersion" in step) ({ schemaVersion: eventSchema } = step);
          const item = take(step, eventSchema);
          if (item === undefined) continue;
          failures = 0;
          yield item;
        }
      } finally {
        await lines.return();
      }
    }
  }

  /** The lines of an answer up to its end. @throws Broken where it has none. */
  async *#lines(asked: Asked): AsyncGenerator<Line, void, undefined> {
    const answer = await this.#requester.stream(requestOf(this.#url, asked));
    this.#learn(answer.headers);
    if (answer.status !== 200) throw this.#told(answer.status, parsed(await textOf(answer)));
    const values = linesOf(answer.chunks);
    try {
      for (;;) {
        const { done, value } = await values.next().catch((error: unknown) => {
          throw new Broken(error);
        });
        if (done === true) throw new Broken(incomplete());
        const line = lineSchema.safeParse(value);
        if (!line.success) throw new CheckpointError("the checkpoint service sent a line of no known kind");
        if ("error" in line.data) throw fromWire(line.data.error);
        if ("end" in line.data) return;
        yield line.data;
      }
    } finally {
      await values.return();
    }
  }

  #told(status: number, value: unknown): CheckpointError {
    const failure = failureSchema.safeParse(value);
    if (failure.success) return fromWire(failure.data.error, status);
    return foreignAnswer(status, new URL(this.#url).origin);
  }

  #learn(headers: Headers): void {
    const every = headers.get(SNAPSHOT_HEADER);
    this.#onSnapshotEvery(every !== null && /^[1-9]\d*$/.test(every) ? Number(every) : undefined);
  }
}

/** A stream that ended before its end. */
class Broken extends Error {
  constructor(cause: unknown) {
    super("the stream broke off", { cause });
  }
}

const incomplete = (): CheckpointError =>
  new CheckpointError("the checkpoint service's answer broke off", {
    code: "checkpoint_incomplete",
    retryable: true,
  });

function requestOf(url: string, { method, query = {}, body, ...where }: Asked): OutgoingRequest {
  const path = "path" in where ? where.path : threadPath(where.threadId, where.resource);
  const threadId = "threadId" in where && isLong(where.threadId) ? where.threadId : undefined;
  const search = new URLSearchParams(query).toString();
  const headersOfRepeats = { [RETRY_HEADER]: "1" };
  // Half a surrogate pair, which a prefix may end with, passes through JSON alone.
  const fits = search.length <= MAX_QUERY && Object.values(query).every((value) => value.isWellFormed());
  if (threadId !== undefined || !fits) {
    return {
      method: "POST",
      url: `${url}${path}`,
      headers: { ...JSON_TYPE, [METHOD_HEADER]: method },
      body: JSON.stringify({ threadId, query, body }),
      headersOfRepeats,
    };
  }
  return {
    method,
    url: `${url}${path}${search === "" ? "" : `?${search}`}`,
    ...(body === undefined ? {} : { headers: JSON_TYPE, body: JSON.stringify(body) }),
    headersOfRepeats,
  };
}

const JSON_TYPE = { "content-type": "application/json" };

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function textOf({ chunks }: StreamedAnswer): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const chunk of chunks) pieces.push(chunk);
  return Buffer.concat(pieces).toString("utf8");
}
