/** Verify: puts a candidate answer to the agent's checks, one after the other, and what each says on record. */
import { asLocusError } from "../errors/errors.ts";
import type { DurableDraft, EventOf, StopReason } from "../events/types.ts";
import type { AssistantMessage } from "../messages/types.ts";
import { acceptedOutput } from "../state/accepted-output.ts";
import { finalText } from "../state/final-text.ts";
import type { AgentState } from "../state/types.ts";
import type { Candidate, Verdict } from "./checks.ts";
import type { RunContext } from "./context.ts";
import type { AgentDefinition } from "./definition.ts";
import { reminder } from "./reminder.ts";
import { nextVerifier, type Step } from "./route.ts";
import { unlessStopped } from "./run-control.ts";

export async function verify(
  run: RunContext,
  { reason }: Extract<Step, { readonly node: "verify" }>,
): Promise<void> {
  const { state, definition, control } = run;
  const verifier = nextVerifier(state, definition);
  if (verifier === undefined) return;
  const { name } = verifier;
  let verdict: Verdict | undefined;
  try {
    const asked = (async () => verifier.verify(candidateOf(state, definition, reason, name), run))();
    verdict = await unlessStopped(control, asked);
  } catch (thrown) {
    control.end({
      reason: "error",
      error: asLocusError(thrown, `the answer could not be checked (${name})`),
    });
    return;
  }
  if (verdict === undefined) return;
  await run.commit([
    ...(verdict.events ?? []),
    verification(name, verdict),
    ...(verdict.decision === "retry" ? [reminder(verdict.feedback, name)] : []),
  ]);
}

function candidateOf(
  state: AgentState,
  definition: AgentDefinition,
  reason: StopReason,
  name: string,
): Candidate {
  const message = state.messages
    .slice(state.run.firstMessage)
    .findLast((candidate): candidate is AssistantMessage => candidate.role === "assistant");
  const output = acceptedOutput(state.run);
  return {
    text: finalText(state, reason, definition),
    ...(message === undefined ? {} : { message }),
    ...(output === undefined ? {} : { output }),
    reason,
    rejections: state.run.rejections?.[name] ?? 0,
  };
}

type VerificationDraft = Extract<DurableDraft, { type: EventOf<"verification">["type"] }>;

function verification(verifier: string, verdict: Verdict): VerificationDraft {
  const { decision, detail, usage } = verdict;
  return {
    type: "verification",
    verifier,
    decision,
    ...(detail === undefined ? {} : { detail }),
    ...(usage === undefined ? {} : { usage }),
    ...(verdict.decision === "fail" ? { reason: verdict.reason } : {}),
    ...(verdict.decision === "accept" && verdict.output !== undefined ? { output: verdict.output } : {}),
  };
}
