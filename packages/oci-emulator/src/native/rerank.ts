// Reranking without a model: BM25 over the documents of the request.
import { z } from "zod";
import { newId } from "../answers/complete.ts";
import { refusal } from "../http/dispatch.ts";
import { ociError } from "../http/envelopes.ts";
import type { Reply } from "../http/reply.ts";
import type { Call } from "../http/route.ts";
import type { EmulatorState } from "../state.ts";
import { operate } from "../surface/play.ts";
import { Bm25Index } from "../text/bm25.ts";
import { parseNative, type ServingMode, servingMode } from "./request.ts";
import { checkNativeScope } from "./scope.ts";
import { findServing } from "./serving.ts";

interface RerankDetails {
  readonly compartmentId?: string | undefined;
  readonly servingMode: ServingMode;
  readonly input: string;
  readonly documents: readonly string[];
  readonly topN?: number | null | undefined;
  readonly isEcho?: boolean | null | undefined;
}

const rerankDetails: z.ZodType<RerankDetails> = z.looseObject({
  compartmentId: z.string().min(1).optional(),
  servingMode,
  input: z.string().min(1),
  documents: z.array(z.string()).min(1),
  topN: z.number().int().min(1).nullish(),
  isEcho: z.boolean().nullish(),
});

export function rerankText(call: Call, state: EmulatorState): Reply {
  const parsed = parseNative(rerankDetails, call.request.json());
  if (!parsed.ok) return refusal(parsed.error, parsed.reason);
  const { body, source } = parsed;
  const outside = checkNativeScope("rerankText", body.compartmentId, source, call, state);
  if (outside !== undefined) return refusal(outside.error, outside.reason);
  const serving = findServing(body.servingMode, state);
  if (!serving.ok) return refusal(serving.refused.error, serving.refused.reason);
  const { model } = serving;
  if (!/rerank|^ocid1\./.test(model)) {
    return refusal(ociError(400, "400", "The model does not support reranking."), `${model} does not rerank`);
  }
  const ranks = relevance(body.input, body.documents)
    .map((relevanceScore, index) => ({ index, relevanceScore }))
    .toSorted((left, right) => right.relevanceScore - left.relevanceScore || left.index - right.index)
    .slice(0, body.topN ?? body.documents.length)
    .map((rank) => (body.isEcho ? { ...rank, document: { text: body.documents[rank.index] ?? "" } } : rank));
  return operate(state, { id: newId(), documentRanks: ranks, modelId: model, modelVersion: "1.0" });
}

function relevance(query: string, documents: readonly string[]): readonly number[] {
  const index = new Bm25Index<number>();
  for (const [at, document] of documents.entries()) index.add(at, document);
  const scores = index.scores(query);
  return documents.map((_, at) => scores.get(at) ?? 0);
}
