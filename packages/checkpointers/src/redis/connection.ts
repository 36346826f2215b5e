/** The way to the server: a client that comes back after it was lost, and scripts that are sent by their digests. */
import { CheckpointError, LocusError, SchemaVersionError } from "@locus-sdk/core";
import { z } from "zod";
import {
  failureOf,
  isUnknownScript,
  makeClient,
  type OwnClient,
  type RedisClient,
  timeoutError,
} from "./driver.ts";
import type { Keys } from "./keys.ts";
import { LAYOUT, type Script } from "./scripts.ts";

/** How the keys are laid out; another number, another layout. */
const LAYOUT_VERSION = 1;
/** How long replies that are under way may take once the store is closed. */
const CLOSE_PATIENCE_MS = 2_000;

/** Errors of a connection reach whoever waits for it; nobody else needs to hear of them. */
const ignore = (): void => undefined;

export type Source = { readonly url: string } | { readonly client: RedisClient };

export class Connection {
  readonly keys: Keys;
  readonly #source: Source;
  readonly #timeoutMs: number;
  #client: Promise<RedisClient> | undefined;
  #own: OwnClient | undefined;
  #ready: Promise<void> | undefined;
  #closed: Promise<void> | undefined;
  /** Those who wait for a connection, to be told on close: a server that lets nobody in would leave them waiting. */
  readonly #waiting = new Set<() => void>();

  constructor(source: Source, keys: Keys, timeoutMs: number) {
    this.#source = source;
    this.keys = keys;
    this.#timeoutMs = timeoutMs;
  }

  /** What a script answers, which nobody has checked yet. */
  async run(script: Script, keys: readonly string[], values: readonly (string | Buffer)[]): Promise<unknown> {
    this.#ready ??= this.#checkLayout();
    try {
      await this.#ready;
    } catch (error) {
      this.#ready = undefined;
      throw error;
    }
    return await this.#run(script, keys, values);
  }

  /** Waits for the replies that are under way, for a moment, and lets go of the connection. */
  async close(): Promise<void> {
    this.#closed ??= this.#end();
    await this.#closed;
  }

  async #end(): Promise<void> {
    for (const giveUp of this.#waiting) giveUp();
    if ("client" in this.#source && this.#client !== undefined) this.#source.client.off("error", ignore);
    const own = this.#own;
    if (own?.isReady === true) {
      let timer: NodeJS.Timeout | undefined;
      const patience = new Promise((resolve) => {
        timer = setTimeout(resolve, CLOSE_PATIENCE_MS);
      });
      await Promise.race([own.close().catch(ignore), patience]).finally(() => clearTimeout(timer));
    }
    if (own?.isOpen === true) own.destroy();
  }

  async #checkLayout(): Promise<void> {
    const { layout } = this.keys;
    const found = z.coerce.number().parse(await this.#run(LAYOUT, [layout], [String(LAYOUT_VERSION)]));
    if (found <= LAYOUT_VERSION) return;
    throw new SchemaVersionError(
      `"${layout}" says that the keys have layout ${found}; this version of Locus knows up to ${LAYOUT_VERSION}`,
      { hint: "Update @locus-sdk/checkpointers to the version that wrote them, or a later one." },
    );
  }

  async #run(
    { text, sha }: Script,
    keys: readonly string[],
    values: readonly (string | Buffer)[],
  ): Promise<unknown> {
    this.#refuseIfClosed();
    const call = { keys: [...keys], arguments: [...values] };
    try {
      return await this.#inTime(async (client) => {
        try {
          return await client.evalSha(sha, call);
        } catch (error) {
          // Nothing of it was run: the server forgot it, or never knew it.
          if (!isUnknownScript(error)) throw error;
          return await client.eval(text, call);
        }
      });
    } catch (error) {
      if (error instanceof LocusError) throw error;
      if (this.#closed !== undefined) throw closedError(error);
      throw failureOf(error);
    }
  }

  /** What comes of `ask`, unless the server takes too long: then the connection is given up, and the next one begins anew. */
  async #inTime<T>(ask: (client: RedisClient) => Promise<T>): Promise<T> {
    const stopped = Promise.withResolvers<never>();
    const giveUp = (): void => stopped.reject(closedError());
    let client: RedisClient | undefined;
    let isOver = false;
    const late = (): void => {
      if (isOver) return;
      stopped.reject(timeoutError(this.#timeoutMs));
      const own = this.#own;
      if (own === undefined || (client !== undefined && client !== own)) return;
      this.#own = undefined;
      this.#client = undefined;
      if (own.isOpen) own.destroy();
    };
    // A turn later: where this process was busy for so long, the answer may be there.
    const timer = setTimeout(() => setImmediate(late), this.#timeoutMs);
    this.#waiting.add(giveUp);
    const answer = async (): Promise<T> => {
      client = await this.#connected();
      this.#waiting.delete(giveUp);
      if (isOver) throw timeoutError(this.#timeoutMs);
      return await ask(client);
    };
    try {
      return await Promise.race([answer(), stopped.promise]);
    } finally {
      isOver = true;
      clearTimeout(timer);
      this.#waiting.delete(giveUp);
    }
  }

  async #connected(): Promise<RedisClient> {
    const client = this.#client;
    // A client that gave up is closed, and a new one takes its place.
    if (client === undefined || (this.#own !== undefined && !this.#own.isOpen)) {
      this.#own = undefined;
      this.#client = this.#open();
    }
    const opening = this.#client ?? this.#open();
    try {
      return await opening;
    } catch (error) {
      if (this.#client === opening) this.#client = undefined;
      throw error;
    }
  }

  async #open(): Promise<RedisClient> {
    if ("client" in this.#source) {
      this.#source.client.on("error", ignore);
      return this.#source.client;
    }
    const client = await makeClient(this.#source.url);
    // Without a listener, a connection that breaks would end the process.
    client.on("error", ignore);
    this.#refuseIfClosed();
    const connecting = client.connect();
    this.#own = client;
    await connecting;
    return client;
  }

  #refuseIfClosed(): void {
    if (this.#closed !== undefined) throw closedError();
  }
}

function closedError(cause?: unknown): CheckpointError {
  return new CheckpointError("the RedisCheckpointer is closed", {
    code: "checkpoint_closed",
    hint: "Close it when the last run is over.",
    ...(cause === undefined ? {} : { cause }),
  });
}
