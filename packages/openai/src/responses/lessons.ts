/** What one model instance has learned about its server, and remembers for its life. */
import type { Message } from "@locus-sdk/core";
import { ParameterRepairs, type RepairVocabulary } from "../chat/repair.ts";
import { Conversations } from "./conversations.ts";

const VOCABULARY: RepairVocabulary = {
  droppable: new Set([
    "temperature",
    "top_p",
    "max_output_tokens",
    "parallel_tool_calls",
    "service_tier",
    "reasoning.effort",
    "reasoning.summary",
    "text.verbosity",
  ]),
  renamed: {},
  ours: new Set(),
};

/** Parameters that a text may name. */
export const RESPONSES_PARAMETERS: ReadonlySet<string> = VOCABULARY.droppable;

export class Lessons {
  readonly repairs: ParameterRepairs = new ParameterRepairs(VOCABULARY);
  readonly conversations: Conversations = new Conversations();
  /** Messages whose sealed reasoning this server could not open. */
  readonly sealed: WeakSet<Message> = new WeakSet();
  /** The server hands out no sealed reasoning. */
  includeRefused = false;
  /** The server keeps nothing: everything is sent every time, and where that is its rule, `store: false` with it. */
  stateless: { readonly store?: false } | undefined;
}
