/** A conversation being shortened: what changes, and what that leaves of its tokens. */
import type { Message, ToolMessage } from "../messages/types.ts";
import type { Usage } from "../model/types.ts";
import { redactError } from "../text/redact-error.ts";
import { READ_RESULT_TOOL, resultKey } from "../tool/result-store.ts";
import { replaceUnits } from "./leave-out.ts";
import { isShortened, shortenResult } from "./shorten-result.ts";
import type { CompactionContext, CompactionEdit, ConversationUnit } from "./types.ts";
import { editsOf } from "./units.ts";

export class Draft {
  readonly usages: (Usage | undefined)[] = [];
  readonly #context: CompactionContext;
  readonly #changes = new Map<number, readonly Message[]>();
  /** By index, of what stands there now. */
  readonly #weights: number[];
  #tokens: number;

  private constructor(context: CompactionContext, weights: number[], tokens: number) {
    this.#context = context;
    this.#weights = weights;
    this.#tokens = tokens;
  }

  static async of(context: CompactionContext, tokens: number): Promise<Draft> {
    const weights: number[] = [];
    for (const message of context.state.messages) weights.push(await context.weigh(message));
    return new Draft(context, weights, tokens);
  }

  get tokens(): number {
    return this.#tokens;
  }

  edits(): readonly CompactionEdit[] {
    return editsOf(this.#changes);
  }

  weightOf({ from, count }: ConversationUnit): number {
    let weight = 0;
    for (let index = from; index < from + count; index++) weight += this.#weights[index] ?? 0;
    return weight;
  }

  /** Where `message` weighs less than what it stands for. */
  replace(units: readonly ConversationUnit[], message: Message, weight: number): void {
    const before = units.reduce((sum, unit) => sum + this.weightOf(unit), 0);
    if (weight >= before) return;
    replaceUnits(this.#changes, units, message);
    for (const { from, count } of units) this.#weights.fill(0, from, from + count);
    const [first] = units;
    if (first !== undefined) this.#weights[first.from] = weight;
    this.#tokens += weight - before;
  }

  /** From the oldest on, until the conversation comes to `goal`. */
  async shortenResults(units: readonly ConversationUnit[], maxChars: number, goal: number): Promise<void> {
    for (const { from, count, fixed } of units) {
      if (fixed) continue;
      for (let index = from; index < from + count; index++) {
        if (this.#tokens <= goal) return;
        await this.#shortenResult(index, maxChars);
      }
    }
  }

  async #shortenResult(index: number, maxChars: number): Promise<void> {
    const change = this.#changes.get(index);
    const message = change === undefined ? this.#context.state.messages[index] : change[0];
    if (message?.role !== "tool") return;
    // Whether it can be read back is only asked where it is too long: a store may be far away.
    if (shortenResult(message, maxChars, false) === undefined) return;
    const shorter = shortenResult(message, maxChars, await this.#isReadable(message));
    if (shorter === undefined) return;
    const weight = await this.#context.weigh(shorter);
    const before = this.#weights[index] ?? 0;
    if (weight >= before) return;
    this.#changes.set(index, [shorter]);
    this.#weights[index] = weight;
    this.#tokens += weight - before;
  }

  /** Puts the whole result where the model's tool finds it, unless it is there. */
  async #isReadable({ callId, name, content }: ToolMessage): Promise<boolean> {
    const { resultStore, state, logger } = this.#context;
    // What was read back can be read back once more, from the call that it belongs to.
    if (resultStore === undefined || typeof content !== "string" || name === READ_RESULT_TOOL) return false;
    const key = resultKey(state.threadId, callId);
    try {
      if ((await resultStore.get(key)) !== undefined) return true;
      if (isShortened(content)) return false;
      await resultStore.put(key, content);
      return true;
    } catch (error) {
      logger.warn({ err: redactError(error) }, "a tool result is shortened, and could not be kept whole");
      return false;
    }
  }
}
