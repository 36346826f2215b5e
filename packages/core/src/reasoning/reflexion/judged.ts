/** Looking back with a judge, loaded with the first look: most agents have none. */
import { messageOf } from "../../errors/errors.ts";
import type { CheckContext } from "../../loop/checks.ts";
import type { ChatModel, Usage } from "../../model/types.ts";
import { NO_USAGE } from "../../state/usage.ts";
import { redactSecrets } from "../../text/redact.ts";
import { redactError } from "../../text/redact-error.ts";
import { askedInRun } from "../asked-in-run.ts";
import type { CountedModel } from "../counted.ts";
import { guidanceFor } from "./guidance.ts";
import { askJudge } from "./judge.ts";
import { moved } from "./numbers.ts";
import type { Trail } from "./turns.ts";
import type { Reflection } from "./types.ts";

/** The judge of a run. */
export type OpenJudge = (run: CheckContext) => Promise<ChatModel>;

export type Judged = Reflection & { readonly usage?: Usage };

/** What the judge says; what the rules say where it does not, and why. What it cost, either way. */
export async function judged(
  run: CheckContext,
  open: OpenJudge,
  trail: Trail,
  byRules: Reflection,
): Promise<Judged> {
  const { state, control, definition } = run;
  let judge: CountedModel | undefined;
  const spent = (): Pick<Judged, "usage"> => {
    const usage = judge?.usage();
    return usage === undefined || usage === NO_USAGE ? {} : { usage };
  };
  try {
    const verdict = await askedInRun(await open(run), run, (counting) => {
      judge = counting;
      return askJudge(counting.model, { state, trail, rules: byRules }, control.signal);
    });
    const { assessment, confidence_delta, reason, guidance: words } = verdict;
    const isTrouble = assessment === "stuck" || assessment === "loop_detected";
    const guided = state.run.reflections?.guided ?? 0;
    const guidance = isTrouble ? guidanceFor(words ?? UNTOLD, guided, words !== null) : undefined;
    return {
      assessment,
      ...moved(state.run.confidence, confidence_delta),
      reason,
      ...(guidance === undefined ? {} : { guidance }),
      ...spent(),
    };
  } catch (error) {
    // The run is over: nobody asks any more.
    control.signal.throwIfAborted();
    const why = redactSecrets(messageOf(error));
    definition.logger.warn({ err: redactError(error) }, `reflexion: the judge gave no verdict: ${why}`);
    return {
      ...byRules,
      reason: `${byRules.reason} (by rules: the judge gave no verdict: ${why})`,
      ...spent(),
    };
  }
}

const UNTOLD = "Your last steps have not brought you nearer to an answer.";
