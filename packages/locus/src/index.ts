/** What users install: the whole core, and the providers behind their prefixes. */
import "./providers.ts";

export * from "@locus-sdk/core";
