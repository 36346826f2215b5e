/** `locus-sdk/ai-sdk`: models of Locus for the Vercel AI SDK, and its models for Locus. */
export * from "@locus-sdk/ai-sdk";
