/** `locus-sdk/checkpointers/http`: threads that another service keeps, over HTTP. */
export * from "@locus-sdk/checkpointers/http";
