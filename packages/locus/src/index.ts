/** What users install: the whole core, and the providers behind their prefixes. */
import { registerProviders } from "./providers.ts";

export * from "@locus-sdk/core";

registerProviders();
