/** What a memory store of one's own is made of: `@locus-sdk/core/memory`. */
export { BackedMemoryStore, type MemoryStoreOptions } from "./backed.ts";
export type * from "./backend.ts";
export { encodeNamespace, endOfNamespace } from "./namespace.ts";
export type { TextStatistics } from "./rank.ts";
