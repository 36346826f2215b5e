/** `locus-sdk/checkpointers/redis`: threads in Redis. Its driver, `redis`, is yours to install. */
export * from "@locus-sdk/checkpointers/redis";
