/** `locus-sdk/anthropic`: Claude over the Messages API, by name. */
export * from "@locus-sdk/anthropic";
