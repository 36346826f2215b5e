/** The `oracledb` driver as this store uses it: loaded when it is needed, and known by its shape alone. */
import { CheckpointError, ConfigurationError, messageOf } from "@locus-sdk/core";

/** A value with the type that it is bound as. */
interface TypedBind {
  readonly val: string | Uint8Array;
  readonly type: unknown;
}
export type Bind = string | number | null | Uint8Array | TypedBind;

/** A connection; one of `oracledb` is one. */
export interface OracleConnection {
  execute(
    sql: string,
    binds: Record<string, Bind>,
    options: object,
  ): Promise<{ readonly rows?: readonly unknown[] | undefined; readonly rowsAffected?: number | undefined }>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
  close(): Promise<void>;
}

/** A pool of connections; one of `oracledb` is one. */
export interface OraclePool {
  getConnection(): Promise<OracleConnection>;
}
interface OwnOraclePool extends OraclePool {
  close(drainTime: number): Promise<void>;
}

/** The module `oracledb`. */
export interface OracleDriver {
  readonly DB_TYPE_CLOB: unknown;
  readonly DB_TYPE_BLOB: unknown;
  readonly DB_TYPE_RAW: unknown;
  readonly DB_TYPE_VARCHAR: unknown;
  readonly OUT_FORMAT_OBJECT: unknown;
  createPool(attributes: object): Promise<OwnOraclePool>;
}

/** @throws ConfigurationError where it is not installed. */
export async function loadDriver(): Promise<OracleDriver> {
  const { default: driver } = await import("oracledb").catch((error: unknown) => {
    throw new ConfigurationError(`OracleCheckpointer needs the package "oracledb": ${messageOf(error)}`, {
      code: "driver_missing",
      hint: "Install it: npm install oracledb",
      cause: error,
    });
  });
  return driver;
}

/** Errors of Oracle Database that say what the store goes by. */
export const UNIQUE_VIOLATED = 1;
export const NAME_IN_USE = 955;
export const NO_SUCH_TABLE = 942;

/** Of an error of the driver, or of ours that it is the cause of. */
export function errorNumber(error: unknown): number | undefined {
  if (error instanceof CheckpointError) return errorNumber(error.cause);
  if (!(error instanceof Error)) return undefined;
  if ("errorNum" in error && typeof error.errorNum === "number") return error.errorNum;
  const [, found] = /^ORA-(\d{5})/.exec(error.message) ?? [];
  return found === undefined ? undefined : Number(found);
}

/** The instance starts, stops or is gone, the listener does not know it, or the network failed. */
const UNAVAILABLE: ReadonlySet<number> = new Set([
  28, 1012, 1033, 1034, 1089, 1090, 1092, 2396, 3113, 3114, 3135, 3136, 12153, 12170, 12514, 12521, 12537,
  12541, 12543, 12545, 12547, 12560, 12571, 12757,
]);
/** Deadlock, and a transaction that could not be put in an order with others. */
const CONTENTION: ReadonlySet<number> = new Set([60, 8177]);
/** The driver's own words for the same, and for a pool that has no connection left. */
const UNAVAILABLE_CODE = /^(?:NJS-(?:040|076|500|501|503|506|510|511|521|530)|E[A-Z]{3,})$/;
const REFUSED: ReadonlySet<number> = new Set([1017, 1031, 28000, 28001]);

/** What a failure of the driver or the database is to the caller. Neither tells a password. */
export function failureOf(error: unknown): CheckpointError {
  if (error instanceof CheckpointError) return error;
  const number = errorNumber(error);
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
  const why = messageOf(error);
  if ((number !== undefined && UNAVAILABLE.has(number)) || UNAVAILABLE_CODE.test(code)) {
    return new CheckpointError(`Oracle Database is not available: ${why}`, {
      code: "checkpoint_connection",
      retryable: true,
      hint: "Whether an append that was under way is stored shows when the thread is read again.",
      cause: error,
    });
  }
  const isContention = number !== undefined && CONTENTION.has(number);
  return new CheckpointError(`Oracle Database refused: ${why}`, {
    retryable: isContention,
    cause: error,
    ...(number !== undefined && REFUSED.has(number)
      ? {
          hint: "Check user and password, and that the user may create tables and sequences and has a quota.",
        }
      : {}),
  });
}
