/** The providers that come with `locus-sdk`. */
import { registerProvider } from "@locus-sdk/core";

/**
 * Registers them. Nothing of a provider is loaded here; that waits for the first model of its prefix. A function, and not
 * what the module does when it is loaded: a bundler may drop a module, never a call in an entry that says it acts.
 */
export function registerProviders(): void {
  registerProvider("anthropic", async () => (await import("@locus-sdk/anthropic")).anthropicProvider);
  registerProvider("oci", async () => (await import("@locus-sdk/oci")).ociProvider);
  registerProvider("ollama", async () => (await import("@locus-sdk/ollama")).ollamaProvider);
  registerProvider("openai", async () => (await import("@locus-sdk/openai")).openaiProvider);
}
