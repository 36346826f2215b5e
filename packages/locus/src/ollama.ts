/** `locus-sdk/ollama`: local models over Ollama, by name. */
export * from "@locus-sdk/ollama";
