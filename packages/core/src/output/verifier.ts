/** The check of an answer against the agent's `outputSchema`: it goes back with what does not fit, a few times. */
import type { Candidate, CheckContext, Verdict, Verifier } from "../loop/checks.ts";
import { toolCallsOf } from "../messages/messages.ts";
import { FINAL_ANSWER, OUTPUT } from "./final-answer.ts";
import type { OutputPlan } from "./plan.ts";
import { readAnswer, type WrittenAnswer } from "./read-answer.ts";

export function outputVerifier(plan: OutputPlan): Verifier {
  return {
    name: OUTPUT,
    async verify(candidate, run): Promise<Verdict> {
      const answer = answerOf(candidate, run);
      const read = await readAnswer(plan, answer);
      if (read.ok) {
        plan.accepted.set(run.control, read.value);
        return { decision: "accept", output: read.value.written };
      }
      const detail = read.message;
      if (candidate.rejections >= plan.retries) return { decision: "fail", reason: "output_invalid", detail };
      return { decision: "retry", detail, feedback: feedback(detail, "calls" in answer) };
    },
  };
}

function answerOf({ text, message }: Candidate, { state }: CheckContext): WrittenAnswer {
  const ids = message === undefined ? [] : toolCallsOf(message).map((call) => call.id);
  const calls = state.run.toolExecutions.filter(
    ({ callId, name, isError }) => name === FINAL_ANSWER && !isError && ids.includes(callId),
  );
  if (calls.length > 0) return { calls: calls.map(({ result }) => result ?? null) };
  return { text, isCutOff: state.run.lastStopReason === "length" };
}

function feedback(wrong: string, called: boolean): string {
  const again = called ? `Call ${FINAL_ANSWER} again with the whole answer` : "Give the whole answer again";
  return `Your answer does not fit what was asked for: ${wrong}. ${again}, so that it fits.`;
}
