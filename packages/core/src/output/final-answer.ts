/** Names that an answer bound to a schema goes by. */

/** The tool that it is given by, where the provider binds none. */
export const FINAL_ANSWER = "final_answer";

/** Its check, among the checks of an answer. */
export const OUTPUT = "output";
