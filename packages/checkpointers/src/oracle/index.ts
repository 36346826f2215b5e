/** Threads in Oracle Database. */
export type { StoreOptions } from "../shared/options.ts";
export { OracleCheckpointer, type OracleCheckpointerOptions } from "./checkpointer.ts";
export type { OracleConnection, OracleDriver, OraclePool } from "./driver.ts";
