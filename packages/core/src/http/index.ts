/** `@locus-sdk/core/http`: a `fetch` for Node that costs less than its own, and bodies read without a web stream. */
export { type BodySource, bodySource } from "./body-source.ts";
export { headerOf } from "./header-of.ts";
export { createNodeFetch, isNodeFetch, type NodeFetchOptions, nodeFetch } from "./node-fetch.ts";
