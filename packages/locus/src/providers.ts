/**
 * Registers the providers that come with `locus-sdk`. A module with a side effect: package.json says so, or bundlers
 * would drop it. Nothing of a provider is loaded here; that waits for the first model of its prefix.
 */
import { registerProvider } from "@locus-sdk/core";

registerProvider("anthropic", async () => (await import("@locus-sdk/anthropic")).anthropicProvider);
registerProvider("oci", async () => (await import("@locus-sdk/oci")).ociProvider);
registerProvider("ollama", async () => (await import("@locus-sdk/ollama")).ollamaProvider);
registerProvider("openai", async () => (await import("@locus-sdk/openai")).openaiProvider);
