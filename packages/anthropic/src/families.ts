/** What the families of Claude differ in, as a table. The first row whose pattern fits a model id is its family. */

/** How hard a model can be told to work, on the wire. */
export type WireEffort = "low" | "medium" | "high" | "xhigh" | "max";

export interface ClaudeFamily {
  /** In warnings. */
  readonly name: string;
  /** How it is told to think: it decides by itself, by a budget of tokens, or it does not. */
  readonly thinking: "adaptive" | "budget" | "none";
  /** What `output_config.effort` may be; empty where the family does not know it. */
  readonly efforts: readonly WireEffort[];
  /** How thinking is switched off: it is off unless asked for, by a type of `thinking`, or not at all. */
  readonly off: "by default" | "disabled" | "between_tools" | "never";
  /** Sampling: temperature and top_p together, one of the two, or none, nor top_k. */
  readonly sampling: "any" | "one" | "none";
  /** Whether `tool_choice` may demand a call. */
  readonly forcedTools: boolean;
  /** Whether answers and tool arguments can be bound to a schema (`output_config.format`, `strict`). */
  readonly schemas: boolean;
  /** The most tokens of one answer. */
  readonly maxOutputTokens: number;
  /** Tokens of prompt and answer together; unknown where it is not given. */
  readonly contextWindow?: number;
}

const TO_HIGH: readonly WireEffort[] = ["low", "medium", "high"];
const TO_MAX: readonly WireEffort[] = [...TO_HIGH, "max"];
const ALL: readonly WireEffort[] = [...TO_HIGH, "xhigh", "max"];

/** The generation that thinks by itself and takes no sampling parameters; rows below say what they do otherwise. */
const ADAPTIVE = {
  thinking: "adaptive",
  efforts: ALL,
  off: "disabled",
  sampling: "none",
  forcedTools: true,
  schemas: true,
  maxOutputTokens: 128_000,
  contextWindow: 1_000_000,
} as const;

/** The generation that thinks within a budget of tokens, where it is asked to. */
const BUDGET = {
  thinking: "budget",
  efforts: [],
  off: "by default",
  sampling: "any",
  forcedTools: true,
  schemas: false,
  maxOutputTokens: 64_000,
  contextWindow: 200_000,
} as const;

/** What is not in the table: what is asked for is sent, and the server has its say. */
export const UNKNOWN_FAMILY: ClaudeFamily = {
  name: "unknown",
  thinking: "adaptive",
  efforts: ALL,
  off: "by default",
  sampling: "any",
  forcedTools: true,
  schemas: true,
  maxOutputTokens: 8192,
};

// https://platform.claude.com/docs/en/about-claude/models/overview and the migration guide of each model.
const ROWS: readonly (readonly [pattern: RegExp, family: ClaudeFamily])[] = [
  [/(?:fable|mythos)-5-[1-9]/, { ...ADAPTIVE, name: "Claude Fable 5.1", off: "never", forcedTools: false }],
  [/(?:fable|mythos)-5/, { ...ADAPTIVE, name: "Claude Fable 5", off: "never" }],
  [/mythos-preview/, { ...ADAPTIVE, name: "Claude Mythos Preview", off: "never", efforts: TO_MAX }],
  [/opus-5-5/, { ...ADAPTIVE, name: "Claude Opus 5.5", off: "never", forcedTools: false }],
  [/sonnet-5-5/, { ...ADAPTIVE, name: "Claude Sonnet 5.5", off: "between_tools", forcedTools: false }],
  [/haiku-5-5/, { ...ADAPTIVE, name: "Claude Haiku 5.5" }],
  [/(?:opus|sonnet)-5(?!\d)/, { ...ADAPTIVE, name: "Claude Opus and Sonnet 5" }],
  [/opus-4-[78]/, { ...ADAPTIVE, name: "Claude Opus 4.7 and 4.8", off: "by default" }],
  [/opus-4-6/, { ...ADAPTIVE, name: "Claude Opus 4.6", off: "by default", efforts: TO_MAX, sampling: "one" }],
  [
    /sonnet-4-6/,
    {
      ...ADAPTIVE,
      name: "Claude Sonnet 4.6",
      off: "by default",
      efforts: TO_MAX,
      sampling: "one",
      maxOutputTokens: 64_000,
    },
  ],
  [
    /opus-4-5(?!\d)/,
    { ...BUDGET, name: "Claude Opus 4.5", efforts: TO_HIGH, sampling: "one", schemas: true },
  ],
  [
    /(?:sonnet|haiku)-4-5(?!\d)/,
    { ...BUDGET, name: "Claude Sonnet and Haiku 4.5", sampling: "one", schemas: true },
  ],
  [/opus-4-1(?!\d)/, { ...BUDGET, name: "Claude Opus 4.1", sampling: "one", maxOutputTokens: 32_000 }],
  [/opus-4(?!\d)/, { ...BUDGET, name: "Claude Opus 4", maxOutputTokens: 32_000 }],
  [/sonnet-4(?!\d)|3-7-sonnet/, { ...BUDGET, name: "Claude Sonnet 3.7 and 4" }],
  [/3-5-(?:sonnet|haiku)/, { ...BUDGET, name: "Claude 3.5", thinking: "none", maxOutputTokens: 8192 }],
  [/3-(?:opus|haiku|sonnet)/, { ...BUDGET, name: "Claude 3", thinking: "none", maxOutputTokens: 4096 }],
];

/**
 * The family of a model id, also as clouds and gateways spell it (`anthropic.claude-opus-5-5`).
 *
 * @example
 * ```ts
 * import { claudeFamily } from "@locus-sdk/anthropic";
 *
 * claudeFamily("claude-haiku-4-5-20251001").thinking; // "budget"
 * ```
 */
export function claudeFamily(modelId: string): ClaudeFamily {
  // Some spell the version with a dot.
  const id = modelId.toLowerCase().replaceAll(".", "-");
  return ROWS.find(([pattern]) => pattern.test(id))?.[1] ?? UNKNOWN_FAMILY;
}
