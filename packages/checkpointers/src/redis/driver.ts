/** The `redis` client as this store uses it: loaded when it is needed, and known by its shape alone. */
import { CheckpointError, ConfigurationError, messageOf } from "@locus-sdk/core";

/** Keys and arguments of a script. */
export interface ScriptCall {
  keys: string[];
  arguments: (string | Buffer)[];
}

/** A client of `redis`, of one server, a cluster, a pool or behind sentinels. */
export interface RedisClient {
  readonly isOpen: boolean;
  eval(script: string, call: ScriptCall): Promise<unknown>;
  evalSha(sha: string, call: ScriptCall): Promise<unknown>;
  on(event: "error", listener: (error: Error) => void): unknown;
  off(event: "error", listener: (error: Error) => void): unknown;
}

export interface OwnClient extends RedisClient {
  /** Connected, and let in. */
  readonly isReady: boolean;
  connect(): Promise<unknown>;
  close(): Promise<unknown>;
  destroy(): void;
}

const CONNECT_TIMEOUT_MS = 5_000;
/** After so many tries to connect, commands that wait are told; the next one begins anew. About 5 seconds. */
const MAX_RETRIES = 8;
const MAX_DELAY_MS = 1_000;

/**
 * A client of our own, not connected yet.
 *
 * @throws ConfigurationError where the driver is not installed or the address is none.
 */
export async function makeClient(url: string): Promise<OwnClient> {
  const { createClient } = await import("redis").catch((error: unknown) => {
    throw new ConfigurationError(`RedisCheckpointer needs the package "redis": ${messageOf(error)}`, {
      code: "driver_missing",
      hint: "Install it: npm install redis",
      cause: error,
    });
  });
  try {
    return createClient({
      url,
      name: "locus",
      socket: {
        connectTimeout: CONNECT_TIMEOUT_MS,
        reconnectStrategy: (retries, cause) => {
          // A server that refuses us will do so again.
          if (isReply(cause) || retries >= MAX_RETRIES) return false;
          return Math.min(MAX_DELAY_MS, 50 * 2 ** retries);
        },
      },
    });
  } catch {
    // The error holds the address, and with it the password.
    throw new CheckpointError("the url of RedisCheckpointer is not an address of Redis", {
      hint: "Expected: redis://user:password@host:6379, or rediss:// for TLS",
    });
  }
}

/** Errors that Redis answers with begin with a word in capitals; those of sockets and of the client do not. */
const REPLY = /^[A-Z]{2,}\b/;
/** Of a server that goes, comes or is full: the same may be answered otherwise later. */
const PASSING =
  /^(?:LOADING|BUSY|CLUSTERDOWN|TRYAGAIN|MASTERDOWN|READONLY|OOM|NOREPLICAS|MISCONF|UNBLOCKED)\b/;
const FROM_SERVER = /^(?:ErrorReply|SimpleError|BlobError|Error)$/;

function isReply(error: unknown): error is Error {
  if (!(error instanceof Error) || "code" in error) return false;
  return FROM_SERVER.test(error.constructor.name) && REPLY.test(error.message);
}

export const isUnknownScript = (error: unknown): boolean =>
  isReply(error) && error.message.startsWith("NOSCRIPT");

/** Nothing was heard of the server for so long. */
export const timeoutError = (timeoutMs: number): CheckpointError =>
  new CheckpointError(`Redis did not answer for ${timeoutMs} ms`, {
    code: "checkpoint_timeout",
    retryable: true,
    hint: "Whether an append that was under way is stored shows when the thread is read again.",
  });

/** What a failure of the client or the server is to the caller. */
export function failureOf(error: unknown): CheckpointError {
  const code =
    error instanceof Error && "code" in error && typeof error.code === "string" ? ` (${error.code})` : "";
  const why = `${messageOf(error)}${code}`;
  if (isReply(error)) {
    const retryable = PASSING.test(error.message);
    return new CheckpointError(`Redis refused: ${why}`, { retryable, cause: error });
  }
  return new CheckpointError(`Redis is not available: ${why}`, {
    code: "checkpoint_connection",
    retryable: true,
    hint: "Whether an append that was under way is stored shows when the thread is read again.",
    cause: error,
  });
}
