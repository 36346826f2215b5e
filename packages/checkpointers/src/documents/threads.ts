/** What the parts of a document store work with. */
import type { StoreSettings } from "../shared/options.ts";
import type { Heads } from "./heads.ts";
import type { Documents } from "./types.ts";

export interface DocumentThreads {
  readonly documents: Documents;
  readonly heads: Heads;
  readonly settings: StoreSettings;
}
