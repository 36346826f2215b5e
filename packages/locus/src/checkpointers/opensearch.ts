/** `locus-sdk/checkpointers/opensearch`: threads in OpenSearch. */
export * from "@locus-sdk/checkpointers/opensearch";
