/** `locus-sdk/checkpointers/postgres`: threads in PostgreSQL. Its driver, `pg`, is yours to install. */
export * from "@locus-sdk/checkpointers/postgres";
