/** Gates: the user's own checks of the answer that a run would end with. */
import { ConfigurationError } from "../errors/errors.ts";
import type { Candidate, Verifier } from "../loop/checks.ts";
import type { AgentState } from "../state/types.ts";
import type { Awaitable } from "../tool/types.ts";

/** What a gate is shown. */
export interface GateContext extends Candidate {
  readonly state: AgentState;
  readonly signal: AbortSignal;
}

/**
 * Looks at the answer that a run would end well with: by an answer, a terminal tool or a condition. `true` lets it pass; a text
 * says what is missing, which the model reads before it goes on. A hook's `end` is not asked about.
 *
 * @example
 * ```ts
 * import { Agent, type VerificationGate } from "locus-sdk";
 *
 * const testsPass: VerificationGate = {
 *   name: "tests_pass",
 *   verify: ({ state }) =>
 *     state.run.toolExecutions.some(({ name, isError }) => name === "run_tests" && !isError) ||
 *     "Run the tests with run_tests before you say that you are done.",
 * };
 * const agent = new Agent({ model: "oci:openai.gpt-oss-120b", completionMode: "explicit", verify: [testsPass] });
 * ```
 */
export interface VerificationGate {
  /** Named in `verification` events, and in `stopDetail` where the run ends by it. */
  readonly name: string;
  /** How many answers are sent back before the run ends with `guardrail`; from 0. Default 2. */
  readonly maxRejections?: number | undefined;
  verify(context: GateContext): Awaitable<true | string>;
}

const MAX_REJECTIONS = 2;

export function gateVerifier(gate: VerificationGate): Verifier {
  const { name, maxRejections = MAX_REJECTIONS } = gate;
  return {
    name,
    async verify(candidate, { state, control }) {
      const said: unknown = await gate.verify({ ...candidate, state, signal: control.signal });
      if (said === true) return { decision: "accept" };
      if (typeof said !== "string" || said === "") {
        throw new ConfigurationError(
          `verification gate "${name}" returned ${said === "" ? "an empty text" : String(said)}; expected true, or a text that says what is missing`,
        );
      }
      return candidate.rejections < maxRejections
        ? { decision: "retry", feedback: said, detail: said }
        : { decision: "fail", reason: "guardrail", detail: `${name}: ${said}` };
    },
  };
}
