// Searching several stores at once, for whoever answers with what files say.
import type { EmulatorState } from "../state.ts";
import type { Attributes, Filter } from "./filters.ts";

/** A passage of a file that fits a query. */
export interface FoundPassage {
  readonly vectorStoreId: string;
  readonly fileId: string;
  readonly filename: string;
  /** From 0 to 1. */
  readonly score: number;
  readonly attributes: Attributes;
  readonly text: string;
}

/**
 * The passages of the stores' completed files that fit a query, best first. It counts as activity of the stores. Stores
 * that do not exist, are not ready or are expired give nothing: `state.vectorStores.get(id, compartmentId)` finds out.
 */
export function searchStores(
  state: EmulatorState,
  ids: readonly string[],
  query: string,
  max: number = 10,
  options: { readonly filter?: Filter | undefined; readonly scoreThreshold?: number | undefined } = {},
): readonly FoundPassage[] {
  const nowMs = state.clock.now().getTime();
  return [...new Set(ids)]
    .flatMap((vectorStoreId) => {
      const store = state.vectorStores.get(vectorStoreId);
      if (store?.statusAt(nowMs) !== "completed") return [];
      store.lastActiveMs = nowMs;
      return store.search({ query, max, ...options }).map(({ chunk: { file, text }, score }) => ({
        vectorStoreId,
        fileId: file.id,
        filename: file.source.filename,
        score,
        attributes: file.attributes,
        text,
      }));
    })
    .toSorted((left, right) => right.score - left.score)
    .slice(0, max);
}
