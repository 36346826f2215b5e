/** `locus-sdk/sse`: events of runs as server-sent events, written and read. */
export * from "@locus-sdk/core/sse";
