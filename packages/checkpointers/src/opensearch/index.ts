/** Threads in OpenSearch. */
export type { StoreOptions } from "../shared/options.ts";
export type { FetchFunction, RequestHeaders } from "../shared/requester.ts";
export { OpenSearchCheckpointer, type OpenSearchCheckpointerOptions } from "./checkpointer.ts";
