/** What `gsar` may be set to: checked, with its defaults. */
import { boolean, type Check, type Checks, shape, whole } from "../../options/check.ts";
import {
  type GroundingJudge,
  type GroundingSources,
  judgeCheck,
  replans,
  sourcesCheck,
  trueOr,
} from "../grounding/options.ts";
import { type GsarScoreOptions, penalty, readThresholds, readWeights } from "./score.ts";
import type { GsarThresholds } from "./types.ts";

/** How the answers of an agent are scored by GSAR, and what becomes of those that score low. */
export interface GsarOptions extends GsarScoreOptions {
  /** Default: proceed from 0.80, regenerate from 0.65. */
  readonly thresholds?: GsarThresholds | undefined;
  /** K_max: how many answers are sent back for more evidence, 0 to 10. Default 2. */
  readonly maxReplans?: number | undefined;
  /** How many are sent back to be written again from the same evidence, 0 to 10. Default 2. */
  readonly maxRegenerations?: number | undefined;
  /** Default: the agent's `auxiliaryModel`. */
  readonly judge?: GroundingJudge | undefined;
  /** Beside what tools returned and the user said. Default: none. */
  readonly sources?: GroundingSources | undefined;
  /**
   * Whether a run whose answer is still below `proceed` when its budgets are used up ends with `grounding_failed`. With
   * `false` it ends as it would without GSAR, and `result.gsar.degraded` says so. Default `true`.
   */
  readonly failOnLowScore?: boolean | undefined;
}

/** The check's name, among those of an answer. */
export const GSAR = "gsar";

export const DEFAULT_REGENERATIONS = 2;

const OPTIONS: Checks<GsarOptions> = {
  weights: (name, value) => void readWeights(name, value as object),
  contradictionPenalty: penalty,
  thresholds: (_name, value) => void readThresholds("Agent: gsar", value as object),
  maxReplans: replans,
  maxRegenerations: whole(0, 10),
  judge: judgeCheck,
  sources: sourcesCheck,
  failOnLowScore: boolean,
};

export const gsarCheck: Check = trueOr(shape(OPTIONS));
