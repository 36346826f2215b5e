/** The options of reflexion: what they are, their limits and defaults. */
import type { ChatModel } from "../../model/types.ts";
import {
  boolean,
  type Check,
  type Checks,
  either,
  having,
  must,
  shape,
  text,
  whole,
} from "../../options/check.ts";
import type { AssessRules } from "./types.ts";

/** How an agent looks back on what it does. */
export interface ReflexionOptions extends AssessRules {
  /** After so many answers with tool calls, 1 to 16. Default 1. */
  readonly every?: number | undefined;
  /** Where `every` is more: at once, too, where a call has failed. Default `true`. */
  readonly onError?: boolean | undefined;
  /** Where `every` is more: at once, too, where calls repeat. Default `true`. */
  readonly onLoop?: boolean | undefined;
  /** Tell the model where it is stuck or in a loop. Default `true`. */
  readonly guidance?: boolean | undefined;
  /** Asked in the place of the rules: a model, its name, or the agent's `auxiliaryModel`. Default: nobody is, which is free. */
  readonly judge?: ChatModel | "auxiliary" | (string & {}) | undefined;
  /** At every so many looks back the judge is asked; the rules do the others. Default 1. */
  readonly judgeEvery?: number | undefined;
}

/** Of what the rules go by. */
export const RULES: Checks<AssessRules> = { loopThreshold: whole(2, 16), stuckAfter: whole(2, 16) };

const isTrue = (value: unknown): boolean => value === true;

/** Of `AgentOptions.reflexion`. */
export const reflexionCheck: Check = either(
  (value) => typeof value === "boolean",
  must("true or an object of options", isTrue),
  shape<ReflexionOptions>({
    every: whole(1, 16),
    onError: boolean,
    onLoop: boolean,
    guidance: boolean,
    judge: either(
      (value) => typeof value === "string",
      text,
      having('"auxiliary", "<provider>:<model id>" or a model', ["complete"]),
    ),
    judgeEvery: whole(1),
    ...RULES,
  } satisfies Checks<ReflexionOptions>),
);
