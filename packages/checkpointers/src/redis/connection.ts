/** The way to the server: a client that comes back after it was lost, and scripts that are sent by their digests. */
import { CheckpointError, LocusError, SchemaVersionError } from "@locus-sdk/core";
import { z } from "zod";
import { failureOf, isUnknownScript, makeClient, type OwnClient, type RedisClient } from "./driver.ts";
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
  #client: Promise<RedisClient> | undefined;
  #own: OwnClient | undefined;
  #ready: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  constructor(source: Source, keys: Keys) {
    this.#source = source;
    this.keys = keys;
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
    const client = await this.#client?.catch(() => undefined);
    if (client === undefined) return;
    const own = this.#own;
    if (own === undefined) client.off("error", ignore);
    else if (own.isOpen) {
      let timer: NodeJS.Timeout | undefined;
      const patience = new Promise((resolve) => {
        timer = setTimeout(resolve, CLOSE_PATIENCE_MS);
      });
      await Promise.race([own.close().catch(ignore), patience]).finally(() => clearTimeout(timer));
      if (own.isOpen) own.destroy();
    }
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
      const client = await this.#connected();
      try {
        return await client.evalSha(sha, call);
      } catch (error) {
        // Nothing of it was run: the server forgot it, or never knew it.
        if (!isUnknownScript(error)) throw error;
        return await client.eval(text, call);
      }
    } catch (error) {
      if (error instanceof LocusError) throw error;
      if (this.#closed !== undefined) throw closedError(error);
      throw failureOf(error);
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
