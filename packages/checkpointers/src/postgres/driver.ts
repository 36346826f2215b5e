/** The `pg` driver as this store uses it: loaded when it is needed, and known by its shape alone. */
import { connect } from "node:net";
import { CheckpointError, ConfigurationError, messageOf } from "@locus-sdk/core";
import { z } from "zod";

/** A connection of a pool; one of `pg` is one. */
export interface PostgresClient {
  /** Of several statements in one text no rows come back. */
  query(text: string, values?: unknown[]): Promise<{ readonly rows?: readonly unknown[] }>;
  /** With an error, the connection is closed instead of kept. */
  release(error?: Error | boolean): void;
  on(event: "error", listener: (error: Error) => void): unknown;
  off(event: "error", listener: (error: Error) => void): unknown;
}

/** A pool of connections; one of `pg` is one. */
export interface PostgresPool {
  connect(): Promise<PostgresClient>;
  on(event: "error", listener: (error: Error) => void): unknown;
  off(event: "error", listener: (error: Error) => void): unknown;
}

export interface OwnPool extends PostgresPool {
  end(): Promise<void>;
}

/**
 * Whether it is an address: `pg` would take any other text for the name of a database.
 *
 * @throws ConfigurationError without the text, which may hold a password.
 */
export function checkAddress(owner: string, connectionString: unknown): void {
  if (typeof connectionString === "string" && /^(?:postgres(?:ql)?:\/\/|socket:|\/)/i.test(connectionString))
    return;
  throw new ConfigurationError(`${owner}: connectionString must be a URL`, {
    hint: 'Expected something like "postgres://user:password@host:5432/database"; "host=… password=…" is not read.',
  });
}

/** How long a server may take to let us in. */
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * A pool of our own.
 *
 * @throws ConfigurationError where the driver is not installed or the address is none.
 */
export async function openPool(
  connectionString: string,
  maxConnections: number,
  owner = "PostgresCheckpointer",
): Promise<OwnPool> {
  checkAddress(owner, connectionString);
  const { default: pg } = await import("pg").catch((error: unknown) => {
    throw new ConfigurationError(`${owner} needs the package "pg": ${messageOf(error)}`, {
      code: "driver_missing",
      hint: "Install it: npm install pg",
      cause: error,
    });
  });
  return new pg.Pool({
    connectionString,
    max: maxConnections,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    // Connections that nobody uses keep no process alive.
    allowExitOnIdle: true,
    application_name: "locus",
  });
}

/** What a connection of `pg` knows of itself: enough to have its statement cancelled. */
const cancellable = z.object({
  host: z.string(),
  port: z.int(),
  processID: z.int(),
  secretKey: z.int(),
});
const CANCEL_REQUEST = 80_877_102;

/** Asks the server to cancel the statement that `client` waits for (PostgreSQL protocol, 55.2.9). Never rejects. */
export async function cancelStatement(client: PostgresClient): Promise<void> {
  const known = cancellable.safeParse(client);
  if (!known.success) return;
  const { host, port, processID, secretKey } = known.data;
  const request = Buffer.alloc(16);
  for (const [index, word] of [16, CANCEL_REQUEST, processID, secretKey].entries()) {
    request.writeInt32BE(word | 0, index * 4);
  }
  await new Promise<void>((resolve) => {
    const socket = host.startsWith("/") ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
    socket.setTimeout(1_000, () => socket.destroy());
    socket.on("error", () => undefined);
    socket.on("close", () => resolve());
    socket.on("connect", () => socket.end(request));
    socket.resume();
  });
}

/** SQLSTATEs by which a transaction may be tried again at once: serialization failure, deadlock. */
const CONTENTION: ReadonlySet<string> = new Set(["40001", "40P01"]);
/** Of the connection, of resources, of a server that goes or comes: SQLSTATE classes 08, 53, 57P and errors of sockets. */
const UNAVAILABLE = /^(?:08|53|57P|E[A-Z]{3,}$)/;
const LOST =
  /terminated|not queryable|timeout exceeded when trying to connect|client was closed|end on the pool|closed unexpectedly/i;

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

/** Of statements that were ended before their time, or that a server takes on another day. */
const PASSING: Readonly<Record<string, { readonly what: string; readonly hint: string }>> = {
  "57014": {
    what: "cancelled a statement",
    hint: "A statement_timeout of the server or of the pool, perhaps: allow more, or see what holds its locks.",
  },
  "55P03": { what: "did not get a lock in time", hint: "See what holds it: pg_blocking_pids() tells." },
  "25006": {
    what: "takes no writes",
    hint: "It is a replica, or a primary that was replaced. Let the address lead to the primary, and try again.",
  },
  "25P03": { what: "ended an idle transaction", hint: "Allow more in idle_in_transaction_session_timeout." },
  "25P04": { what: "ended a transaction", hint: "Allow more in its transaction_timeout." },
};
const READ_ONLY = "25006";

/**
 * Whether PostgreSQL itself answered, which leaves the connection as it was. One to a server that takes no writes is not worth
 * keeping: another may lead to the new primary.
 */
export function isAnswer(error: unknown): boolean {
  return (
    error instanceof Error && "severity" in error && error.severity === "ERROR" && codeOf(error) !== READ_ONLY
  );
}

/** Nothing was heard of the server for so long. */
export const timeoutError = (timeoutMs: number): CheckpointError =>
  new CheckpointError(`PostgreSQL did not answer for ${timeoutMs} ms`, {
    code: "checkpoint_timeout",
    retryable: true,
    hint: "Whether an append that was under way is stored shows when the thread is read again.",
  });

export const isContention = (error: unknown): boolean => CONTENTION.has(codeOf(error));

/** What a failure of the driver or the server is to the caller. */
export function failureOf(error: unknown, owner = "PostgresCheckpointer"): CheckpointError {
  const code = codeOf(error);
  // Node's error of a malformed address holds the address, and with it the password.
  if (code === "ERR_INVALID_URL") {
    return new CheckpointError(`the connectionString of ${owner} is not an address`, {
      hint: "Expected: postgres://user:password@host:5432/database",
    });
  }
  const why = messageOf(error);
  const passing = PASSING[code];
  if (passing !== undefined) {
    const { what, hint } = passing;
    return new CheckpointError(`PostgreSQL ${what}: ${why}`, { retryable: true, hint, cause: error });
  }
  if (UNAVAILABLE.test(code) || LOST.test(why)) {
    return new CheckpointError(`PostgreSQL is not available: ${why || code}`, {
      code: "checkpoint_connection",
      retryable: true,
      hint: "Whether an append that was under way is stored shows when the thread is read again.",
      cause: error,
    });
  }
  return new CheckpointError(`PostgreSQL refused: ${why}`, { retryable: isContention(error), cause: error });
}
