// Model families: who they are by id, and how each one streams. Quirks are rows here, never branches elsewhere.
import type { ToolDeltaStyle } from "../stream/tool-deltas.ts";

export type FamilyName =
  | "openai-reasoning"
  | "openai-chat"
  | "gpt-oss"
  | "llama-3"
  | "llama-4"
  | "gemini"
  | "grok-reasoning"
  | "grok"
  | "cohere"
  | "mistral"
  | "anthropic"
  | "dedicated"
  | "unknown";

export interface Family {
  readonly name: FamilyName;
  /** First match wins. */
  readonly pattern: RegExp;
  readonly toolDeltas: ToolDeltaStyle;
  /** Gemini reports `stop` although it calls tools. */
  readonly finishReasonOfToolCalls: "tool_calls" | "stop";
  /** Gemini's finish frame carries `delta: null`. */
  readonly nullFinalDelta: boolean;
  /** Whether `[DONE]` ends a native stream; on the OpenAI-compatible base it always does. */
  readonly nativeDone: boolean;
  /** How Responses show reasoning: as text, or as a summary where the client asks for one. */
  readonly reasoning: "text" | "summary";
}

const plain = {
  finishReasonOfToolCalls: "tool_calls",
  nullFinalDelta: false,
  nativeDone: false,
  reasoning: "text",
} as const;

const families: readonly Family[] = [
  { name: "dedicated", pattern: /^ocid1\.generativeaiendpoint\./, toolDeltas: "text-tags", ...plain },
  { name: "gpt-oss", pattern: /^openai\.gpt-oss/, toolDeltas: "fragments", ...plain },
  {
    name: "openai-reasoning",
    pattern: /^openai\.(gpt-5|o\d)/,
    toolDeltas: "fragments",
    ...plain,
    reasoning: "summary",
  },
  { name: "openai-chat", pattern: /^openai\./, toolDeltas: "fragments", ...plain },
  { name: "llama-3", pattern: /^meta\.llama-3/, toolDeltas: "double-encoded", ...plain, nativeDone: true },
  { name: "llama-4", pattern: /^meta\./, toolDeltas: "whole", ...plain, nativeDone: true },
  {
    name: "gemini",
    pattern: /^google\./,
    toolDeltas: "without-ids",
    ...plain,
    finishReasonOfToolCalls: "stop",
    nullFinalDelta: true,
  },
  {
    name: "grok-reasoning",
    // grok-4 and later reason unless their name says they do not; of grok-3 only mini does.
    pattern: /^xai\.(?!.*non-reasoning)(grok-3-mini|grok-4|.*-reasoning)/,
    toolDeltas: "whole-at-zero",
    ...plain,
  },
  { name: "grok", pattern: /^xai\./, toolDeltas: "whole-at-zero", ...plain },
  { name: "cohere", pattern: /^cohere\./, toolDeltas: "final-frame", ...plain },
  { name: "mistral", pattern: /^mistral\./, toolDeltas: "whole", ...plain },
  { name: "anthropic", pattern: /^anthropic\./, toolDeltas: "fragments", ...plain },
];

const unknownFamily: Family = { name: "unknown", pattern: /(?:)/, toolDeltas: "fragments", ...plain };

export function familyOf(model: string): Family {
  return families.find(({ pattern }) => pattern.test(model)) ?? unknownFamily;
}
