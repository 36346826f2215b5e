/** What `grounding` may be set to: checked, with its defaults; and how a judge is come by. */
import type { OpenModel } from "../../agent/opened-models.ts";
import { ConfigurationError } from "../../errors/errors.ts";
import type { CheckContext } from "../../loop/checks.ts";
import { parseModelName } from "../../model/registry.ts";
import type { ChatModel } from "../../model/types.ts";
import {
  type Check,
  type Checks,
  checkOptions,
  either,
  having,
  isObject,
  listOf,
  must,
  shape,
  text,
  whole,
} from "../../options/check.ts";
import type { AgentState } from "../../state/types.ts";
import type { Awaitable } from "../../tool/types.ts";
import type { GroundingSource } from "./types.ts";

/** The check's name, among those of an answer. */
export const GROUNDING = "grounding";

/** What a function that gives sources is shown. */
export interface SourcesContext {
  readonly state: AgentState;
  readonly signal: AbortSignal;
}

/** Sources beside what tools returned and the user said, or a function that gives those of a run. */
export type GroundingSources =
  | readonly GroundingSource[]
  | ((context: SourcesContext) => Awaitable<readonly GroundingSource[]>);

/** A model, the name of one, or `"rules"`: words and figures compared, without a model and without cost. */
export type GroundingJudge = string | ChatModel;

/** How the answers of an agent are checked against their evidence. */
export interface GroundingOptions {
  /** The share of the claims that must be grounded, 0 to 1. Default 0.65. */
  readonly threshold?: number | undefined;
  /** How many answers go back to the model with what is ungrounded, 0 to 10; then the run ends. Default 2. */
  readonly maxReplans?: number | undefined;
  /** Default: the agent's `auxiliaryModel`. */
  readonly judge?: GroundingJudge | undefined;
  /** Beside what tools returned and the user said. Default: none. */
  readonly sources?: GroundingSources | undefined;
}

export const DEFAULT_THRESHOLD = 0.65;
export const DEFAULT_MAX_REPLANS = 2;

/** A share of a whole. */
export const share: Check = must(
  "a number from 0 to 1",
  (value) => typeof value === "number" && value >= 0 && value <= 1,
);
export const replans: Check = whole(0, 10);
export const judgeCheck: Check = either(
  (value) => typeof value === "string",
  text,
  having('"rules", "<provider>:<model id>" or a model', ["complete", "stream"]),
);

const SOURCE: Checks<GroundingSource> = {
  id: text,
  title: text,
  text: must("text", (value) => typeof value === "string"),
};
const sourceList = listOf(shape<GroundingSource>(SOURCE, ["id", "text"]));

export const sourcesCheck: Check = either(
  (value) => typeof value === "function",
  () => undefined,
  sourceList,
);

const OPTIONS: Checks<GroundingOptions> = {
  threshold: share,
  maxReplans: replans,
  judge: judgeCheck,
  sources: sourcesCheck,
};

/** `true`, or an object with these members. */
export function trueOr(check: Check): Check {
  return (name, value) => {
    if (value === true) return;
    must("true or an object of options", isObject)(name, value);
    check(name, value);
  };
}

export const groundingCheck: Check = trueOr(shape(OPTIONS));

/** @throws ConfigurationError for what is no list of sources, or two of one id. */
export function readSources(owner: string, given: unknown): readonly GroundingSource[] {
  checkOptions(owner, { sources: given }, { sources: sourceList }, ["sources"]);
  const sources = given as readonly GroundingSource[];
  const ids = sources.map(({ id }) => id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice === undefined) return sources;
  throw new ConfigurationError(
    `${owner}: two sources have the id "${twice}"; evidence could not tell them apart`,
  );
}

/** By rules, or the model that judges in a run. */
export type OpenJudge = "rules" | ((run: Pick<CheckContext, "auxiliaryModel">) => Promise<ChatModel>);

/** @throws ConfigurationError for a name that is none. */
export function judgeOf(judge: GroundingJudge | undefined, open: OpenModel): OpenJudge {
  if (judge === "rules") return judge;
  if (judge === undefined) return async ({ auxiliaryModel }) => auxiliaryModel;
  if (typeof judge === "string") parseModelName(judge);
  return open(judge);
}
