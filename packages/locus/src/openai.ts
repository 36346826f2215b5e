/** `locus-sdk/openai`: models of any server with OpenAI's chat completions API, by name. */
export * from "@locus-sdk/openai";
