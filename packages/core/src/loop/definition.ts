/** An agent's options, checked and filled in: what the loop reads. Holds nothing of any run. */
import type { Reflector, Verifier } from "./checks.ts";
import type { AgentTraits } from "./traits.ts";

export interface AgentDefinition extends AgentTraits {
  /** What an answer has to pass before the run ends with it, in this order. */
  readonly verifiers: readonly Verifier[];
  readonly reflector?: Reflector;
}
