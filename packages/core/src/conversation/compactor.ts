/** Keeps a conversation within its model's context: shortens old tool results, then summarises the middle. */
import { ConfigurationError } from "../errors/errors.ts";
import { type Checks, checkOptions, must, whole } from "../options/check.ts";
import type { Compaction, CompactionContext, ConversationManager } from "./types.ts";

export interface CompactorOptions {
  /** Tokens of the model's context. Default: what is known of the model; where nothing is, only the provider's refusal counts. */
  readonly maxTokens?: number | undefined;
  /** Tokens of it that are left for the answer. Default: the `maxOutputTokens` of the agent's settings, if any. */
  readonly reserveOutputTokens?: number | undefined;
  /** To what share of the rest it makes room, below `trigger`. Default 0.6. */
  readonly target?: number | undefined;
  /** From what share on it does. Default 0.85. */
  readonly trigger?: number | undefined;
  /** First messages that stay; long tool results among them are shortened like any old ones. Default 2. */
  readonly keepHead?: number | undefined;
  /** Latest messages that stay; their tool results are shortened where nothing else helps. Default 8. */
  readonly keepTail?: number | undefined;
  /** Characters to which old tool results are shortened; from 200. Default 2,000. */
  readonly toolResultChars?: number | undefined;
}

/** Tool results are not made shorter than this. */
export const LEAST_RESULT_CHARS = 200;
const share = must("a number above 0 and up to 1", (value) => Number(value) > 0 && Number(value) <= 1);
const OPTIONS: Checks<CompactorOptions> = {
  maxTokens: whole(1),
  reserveOutputTokens: whole(0),
  target: share,
  trigger: share,
  keepHead: whole(0),
  keepTail: whole(1),
  toolResultChars: whole(LEAST_RESULT_CHARS),
};

type Settings = { readonly [Name in keyof CompactorOptions]-?: NonNullable<CompactorOptions[Name]> };
type Filled = Omit<Settings, "maxTokens" | "reserveOutputTokens"> &
  Pick<CompactorOptions, "maxTokens" | "reserveOutputTokens">;

/** Of what was sent, or of the limit: what may remain once the provider has refused it. The counts were wrong, then. */
const OVERFLOW_SHARE = 0.5;

/**
 * Makes room once a request comes to `trigger` of the model's context, down to `target` of it, so that it has to happen
 * rarely: old tool results are shortened to their beginnings and ends; then the oldest messages behind the head give way
 * to a summary by the auxiliary model, or to a note where none can be had; at last the latest tool results are
 * shortened as well. The system prompt, the input of the current run and open calls are never touched, and a call is never
 * parted from its result. Where that is not enough, the provider's error stands.
 *
 * Tokens are counted by the model (`countTokens`) or estimated. With the agent's `resultStore`, shortened results can be
 * read back.
 *
 * @throws ConfigurationError for an option out of range.
 * @example
 * ```ts
 * import { Agent, compactor } from "@locus-sdk/core";
 *
 * const agent = new Agent({
 *   model: "oci:openai.gpt-5",
 *   auxiliaryModel: "oci:openai.gpt-oss-20b",
 *   conversation: compactor({ reserveOutputTokens: 8_000 }),
 * });
 * ```
 */
export function compactor(options: CompactorOptions = {}): ConversationManager {
  checkOptions("compactor", options, OPTIONS);
  const { maxTokens, reserveOutputTokens, target = 0.6, trigger = 0.85 } = options;
  const { keepHead = 2, keepTail = 8, toolResultChars = 2000 } = options;
  if (target >= trigger) {
    throw new ConfigurationError(`compactor: target must be below trigger (${trigger}), not ${target}`, {
      hint: "What lies between them is how far a conversation grows before room is made again.",
    });
  }
  if (maxTokens !== undefined && (reserveOutputTokens ?? 0) >= maxTokens) {
    throw new ConfigurationError(
      `compactor: reserveOutputTokens must be below maxTokens (${maxTokens}), not ${reserveOutputTokens}`,
    );
  }
  const filled = { maxTokens, reserveOutputTokens, target, trigger, keepHead, keepTail, toolResultChars };
  return Object.freeze({ compact: (context: CompactionContext) => compact(context, filled) });
}

async function compact(context: CompactionContext, options: Filled): Promise<Compaction | undefined> {
  const { cause, state, countTokens } = context;
  const limit = inputLimit(context, options);
  if (cause === "limit" && limit === Number.POSITIVE_INFINITY) return undefined;
  const before = await countTokens(state.messages);
  if (cause === "limit" && before <= limit * options.trigger) return undefined;
  const goal = cause === "limit" ? limit * options.target : Math.min(before, limit) * OVERFLOW_SHARE;

  // Loaded once there is room to be made: most conversations never come to it.
  const { makeRoom } = await import("./compacting.ts");
  return makeRoom(context, options, { before, goal });
}

/** Tokens that a request may come to; half of the context at least, whatever is to be left for the answer. */
function inputLimit({ model, request }: CompactionContext, options: Filled): number {
  const context = options.maxTokens ?? model.capabilities.contextWindow;
  if (context === undefined) return Number.POSITIVE_INFINITY;
  const reserve = options.reserveOutputTokens ?? request.settings?.maxOutputTokens ?? 0;
  return Math.max(context / 2, context - reserve);
}
