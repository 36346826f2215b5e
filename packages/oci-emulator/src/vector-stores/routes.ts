// Vector stores: created, listed, changed and deleted on one plane, filled and searched on the other.
import type { Route } from "../http/route.ts";

/** On the data plane: files, batches and search; the stores themselves for API keys. */
export const vectorStoreRoutes: readonly Route[] = [];
/** On the control plane: the stores themselves, for signed requests. */
export const vectorStoreControlRoutes: readonly Route[] = [];
