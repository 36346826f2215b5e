/** Asks a model which nodes of a chain cause which. Its word is typed, and about nodes that are there, or it does not count. */
import type { PriceTable } from "../../model/prices/types.ts";
import type { ChatModel, Usage } from "../../model/types.ts";
import type { CausalChain } from "./chain.ts";
import type { CausalEdge } from "./types.ts";

export interface ProposeCausesOptions {
  readonly model: ChatModel;
  readonly signal?: AbortSignal | undefined;
  /** Asked before the built-in prices. */
  readonly prices?: PriceTable | undefined;
}

/** A link that a model proposed, and why it is not taken. */
export interface RejectedCause {
  readonly from: string;
  readonly to: string;
  readonly why: "unknown_node" | "same_node" | "known" | "against_order" | "cycle";
}

export interface ProposedCauses {
  /** With the links that were taken. */
  readonly chain: CausalChain;
  readonly proposed: readonly CausalEdge[];
  readonly rejected: readonly RejectedCause[];
  readonly usage: Usage;
}

/**
 * A chain with the causes that a model sees in it. What it makes up is not taken: ids of no node, links that are known, that go
 * against the order of events, or that would close a circle.
 *
 * @throws StructuredOutputError for an answer that is none; whatever the model throws.
 * @example
 * ```ts
 * import { CausalChain, getModel, proposeCauses } from "locus-sdk";
 *
 * const chain = new CausalChain().addNode("deploy", "Deployed version 42").addNode("errors", "HTTP 500 at checkout");
 * const model = await getModel("oci:openai.gpt-oss-120b");
 * const { proposed, rejected } = await proposeCauses(chain, { model });
 * console.log(proposed, rejected);
 * ```
 */
export async function proposeCauses(
  chain: CausalChain,
  options: ProposeCausesOptions,
): Promise<ProposedCauses> {
  options.signal?.throwIfAborted();
  const { propose } = await import("./proposing.ts");
  return propose(chain, options);
}
