/** Token counts as the native API tells them, in all of its formats. */
import { type Usage, usageFrom } from "@locus-sdk/core";
import { z } from "zod";

const tokens = z.number().nullish().catch(undefined);
const schema = z.object({
  promptTokens: tokens,
  completionTokens: tokens,
  totalTokens: tokens,
  promptTokensDetails: z.object({ cachedTokens: tokens }).nullish().catch(undefined),
  completionTokensDetails: z.object({ reasoningTokens: tokens }).nullish().catch(undefined),
});

/** The counts in `value`, or `undefined` where there are none. */
export function nativeUsage(value: unknown): Usage | undefined {
  const wire = schema.safeParse(value).data;
  if (wire === undefined) return undefined;
  return usageFrom({
    input: wire.promptTokens ?? undefined,
    output: wire.completionTokens ?? undefined,
    total: wire.totalTokens ?? undefined,
    cached: wire.promptTokensDetails?.cachedTokens ?? undefined,
    reasoning: wire.completionTokensDetails?.reasoningTokens ?? undefined,
  });
}
