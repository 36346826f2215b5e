/** Threads in Redis, through the package `redis`. */
export type { RedisClient, ScriptCall } from "./driver.ts";
export { RedisCheckpointer, type RedisCheckpointerOptions } from "./redis.ts";
