/** Threads in a bucket of OCI Object Storage. */
export type { StoreOptions } from "../shared/options.ts";
export type { FetchFunction } from "../shared/requester.ts";
export {
  OciObjectStorageCheckpointer,
  type OciObjectStorageCheckpointerOptions,
} from "./checkpointer.ts";
