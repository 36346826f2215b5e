/** `locus-sdk/testing`: a scripted model, recorded calls, and the suites that implementations of a seam must pass. */
export * from "@locus-sdk/core/testing";
