/** `locus-sdk/checkpointers/sqlite`: threads in a SQLite file. Loads `node:sqlite`. */
export * from "@locus-sdk/checkpointers/sqlite";
