/** What looks at an agent's answers, loaded with the first of them: most agents check none. */
export { outputVerifier } from "../output/verifier.ts";
export { groundingVerifier } from "../reasoning/grounding/verifier.ts";
export { gsarVerifier } from "../reasoning/gsar/verifier.ts";
