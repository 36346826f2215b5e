/** Settings as a family takes them. What it does not take is left out, and said. */
import type { JsonObject, JsonValue, ModelSettings } from "@locus-sdk/core";
import type { ClaudeFamily, WireEffort } from "./families.ts";

type Warn = (text: string) => void;
type Effort = NonNullable<NonNullable<ModelSettings["reasoning"]>["effort"]>;

/** Tokens of an answer that nobody has limited, as far as the family goes. */
const DEFAULT_MAX_TOKENS = 16_384;

/** What the API insists on: a thinking budget of at least this, and below `max_tokens`. */
const LEAST_BUDGET = 1024;
/** Of the answer's tokens, what thinking may take at most. */
const MOST_OF_ANSWER = 0.75;
const BUDGETS: Readonly<Record<Exclude<Effort, "none">, number>> = {
  minimal: 1024,
  low: 2048,
  medium: 8192,
  high: 16_384,
  xhigh: 32_768,
};

/** What the API takes of a parameter; while the model thinks, of `top_p` less. What lies outside is not bent to fit. */
const RANGES: Readonly<Record<string, readonly [least: number, most: number]>> = {
  temperature: [0, 1],
  top_p: [0, 1],
};
const THINKING_TOP_P = [0.95, 1] as const;

/** From least to most. */
const LADDER: readonly (Effort | "max")[] = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

/** Settings of ours that the Messages API has no parameter for. */
const MISSING = ["seed", "frequencyPenalty", "presencePenalty", "verbosity"] as const;

/** The parameters of a request that come from its settings: all but `tool_choice` and `extraBody`. */
export function encodeSettings(settings: ModelSettings, family: ClaudeFamily, warn: Warn): JsonObject {
  for (const name of MISSING) {
    if (settings[name] !== undefined) warn(`the Messages API has no ${name}: it was not sent`);
  }
  const reasoning = encodeReasoning(settings, family, warn);
  const { stop, serviceTier } = settings;
  const stops = (stop ?? []).filter((text) => text.trim() !== "");
  if (stop !== undefined && stops.length < stop.length) {
    warn("Claude takes no stop sequence of white space alone: it was not sent");
  }
  return {
    ...reasoning.body,
    ...encodeSampling(settings, family, reasoning.thinks, warn),
    ...(stops.length === 0 ? {} : { stop_sequences: stops }),
    ...(serviceTier === undefined ? {} : { service_tier: serviceTier }),
  };
}

/** Limits, thinking and effort, which hang together. */
function encodeReasoning(
  { reasoning, maxOutputTokens }: ModelSettings,
  family: ClaudeFamily,
  warn: Warn,
): { readonly body: JsonObject; readonly thinks: boolean } {
  const effort = reasoning?.effort;
  const display = reasoning?.summary === undefined ? {} : { display: "summarized" };
  const maxTokens = maxOutputTokens ?? Math.min(DEFAULT_MAX_TOKENS, family.maxOutputTokens);
  const limit = { max_tokens: maxTokens };
  if (effort === "none") return { body: { ...limit, ...switchedOff(family, warn) }, thinks: false };
  if (effort === undefined) {
    // Whoever asks for summaries alone wants to read what would be thought anyway.
    const asks = reasoning?.summary !== undefined && family.thinking === "adaptive";
    return { body: asks ? { ...limit, thinking: { type: "adaptive", ...display } } : limit, thinks: asks };
  }
  const level = levelOf(effort, family, warn);
  const config = level === undefined ? {} : { output_config: { effort: level } };
  switch (family.thinking) {
    case "adaptive":
      return { body: { ...limit, thinking: { type: "adaptive", ...display }, ...config }, thinks: true };
    case "budget": {
      const budget = budgetOf(effort, maxOutputTokens, family);
      if (budget === undefined) {
        warn(`maxOutputTokens ${maxOutputTokens} leaves no room to think (${LEAST_BUDGET} tokens at least)`);
        return { body: { ...limit, ...config }, thinks: false };
      }
      const thinking = { type: "enabled", budget_tokens: budget };
      return {
        body: {
          max_tokens: maxOutputTokens ?? Math.min(maxTokens + budget, family.maxOutputTokens),
          thinking,
          ...config,
        },
        thinks: true,
      };
    }
    case "none":
      warn(`models of the family "${family.name}" do not think: reasoning effort was not sent`);
      return { body: limit, thinks: false };
  }
}

function switchedOff(family: ClaudeFamily, warn: Warn): JsonObject {
  if (family.off === "by default") return {};
  if (family.off !== "never") return { thinking: { type: family.off } };
  warn(`models of the family "${family.name}" always think: the lowest effort was sent`);
  return { output_config: { effort: "low" } };
}

/** The highest level that is not above what was asked, or the lowest; nothing where the family knows none. */
function levelOf(effort: Effort, family: ClaudeFamily, warn: Warn): WireEffort | undefined {
  if (family.efforts.length === 0) return undefined;
  const asked = LADDER.indexOf(effort);
  const level = family.efforts.findLast((one) => LADDER.indexOf(one) <= asked) ?? family.efforts[0];
  if (level !== undefined && level !== effort) {
    warn(`models of the family "${family.name}" know no effort "${effort}": "${level}" was sent`);
  }
  return level;
}

function budgetOf(
  effort: Exclude<Effort, "none">,
  maxOutputTokens: number | undefined,
  family: ClaudeFamily,
): number | undefined {
  const room = Math.floor((maxOutputTokens ?? family.maxOutputTokens) * MOST_OF_ANSWER);
  return room < LEAST_BUDGET ? undefined : Math.min(BUDGETS[effort], room);
}

function encodeSampling(
  { temperature, topP, topK }: ModelSettings,
  family: ClaudeFamily,
  thinks: boolean,
  warn: Warn,
): JsonObject {
  const asked: [name: string, value: number | undefined][] = [
    ["temperature", temperature],
    ["top_p", topP],
    ["top_k", topK],
  ];
  const sent: Record<string, JsonValue> = {};
  for (const [name, value] of asked) {
    if (value === undefined) continue;
    const [least, most] = (thinks && name === "top_p" ? THINKING_TOP_P : RANGES[name]) ?? [value, value];
    if (family.sampling === "none") {
      warn(`models of the family "${family.name}" take no ${name}: it was not sent`);
    } else if (thinks && name !== "top_p") {
      warn(`Claude takes no ${name} while it thinks: it was not sent`);
    } else if (family.sampling === "one" && name === "top_p" && "temperature" in sent) {
      warn(`models of the family "${family.name}" take temperature or top_p: top_p was not sent`);
    } else if (value < least || value > most) {
      const when = thinks ? " while it thinks" : "";
      warn(`Claude takes ${name} from ${least} to ${most}${when}: ${value} was not sent`);
    } else {
      sent[name] = value;
    }
  }
  return sent;
}
