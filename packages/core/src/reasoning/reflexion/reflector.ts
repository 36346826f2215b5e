/** Reflexion in the loop: when to look back, by rules or by a judge, and what goes on record. */
import type { DurableDraft } from "../../events/types.ts";
import type { Reflector } from "../../loop/checks.ts";
import { reminder } from "../../loop/reminder.ts";
import type { ChatModel } from "../../model/types.ts";
import type { AgentState } from "../../state/types.ts";
import { assessTrail } from "./assess.ts";
import { loopIn } from "./findings.ts";
import type { Judged, OpenJudge } from "./judged.ts";
import { EVERY, JUDGE_EVERY, LOOP_THRESHOLD } from "./numbers.ts";
import type { ReflexionOptions } from "./options.ts";
import { freshTurns, type Trail, trailOf, windowOf } from "./turns.ts";
import type { ReflectionTrigger } from "./types.ts";

/** `origin` of the message that tells the model where it stands. */
const REFLEXION_ORIGIN = "reflexion";

/** @throws ConfigurationError for a judge of a provider that nobody knows. */
export function reflectorOf(
  given: true | ReflexionOptions,
  open: (model: string | ChatModel) => () => Promise<ChatModel>,
): Reflector {
  const options = given === true ? {} : given;
  const { judge } = options;
  const openJudge: OpenJudge | undefined =
    judge === "auxiliary" ? async ({ auxiliaryModel }) => auxiliaryModel : judge && open(judge);
  const { guidance: guides = true, judgeEvery = JUDGE_EVERY } = options;
  const lookAt = (state: AgentState): Trail => trailOf(state, windowOf(thresholdOf(options)));
  return {
    due: (state) => triggerOf(state, options, lookAt) !== undefined,
    async reflect(run) {
      const { state } = run;
      const { confidence, reflections = { count: 0, guided: 0 } } = state.run;
      const trail = lookAt(state);
      const byRules = assessTrail(trail, { confidence, guided: reflections.guided, rules: options });
      const isJudged = openJudge !== undefined && reflections.count % judgeEvery === 0;
      const { guidance, ...found }: Judged = isJudged
        ? await (await import("./judged.ts")).judged(run, openJudge, trail, byRules)
        : byRules;
      const told = guides ? guidance : undefined;
      const trigger = triggerOf(state, options, lookAt) ?? "cadence";
      const event: DurableDraft = {
        type: "reflect",
        ...found,
        trigger,
        ...(told === undefined ? {} : { guidance: told }),
      };
      return told === undefined ? [event] : [event, reminder(told, REFLEXION_ORIGIN)];
    },
  };
}

function thresholdOf({ loopThreshold = LOOP_THRESHOLD }: ReflexionOptions): number {
  return loopThreshold;
}

function triggerOf(
  state: AgentState,
  options: ReflexionOptions,
  lookAt: (state: AgentState) => Trail,
): ReflectionTrigger | undefined {
  const { every = EVERY, onError = true, onLoop = true } = options;
  const fresh = freshTurns(state);
  if (fresh === 0) return undefined;
  if (fresh >= every) return "cadence";
  const trail = lookAt(state);
  if (onLoop && loopIn(trail, thresholdOf(options)) !== undefined) return "loop";
  return onError && trail.turns.at(-1)?.calls.some(({ call }) => call.isError) === true ? "error" : undefined;
}
