/** What work comes to, and how much of it there is. */
import type { Sample } from "../verdict.ts";

/** What was measured, by name. */
export type Metrics = Readonly<Record<string, Sample>>;

/** How much is done where that is not part of the measure. */
export interface Sizes {
  /** Runs after which memory is to be as it was. */
  readonly leakRuns: number;
}
