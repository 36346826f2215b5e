/** What of the AI SDK's parts a message of ours has no words for, as provider parts: kept in place, and given back. */
import type { JSONObject, SharedV4ProviderMetadata } from "@ai-sdk/provider";
import { type JsonValue, jsonObjectSchema, type ProviderPart } from "@locus-sdk/core";
import { z } from "zod";

/** What goes with the part before it, and a part of its own. */
export type Item =
  | { readonly kind: "metadata"; readonly of: PartWithMetadata; readonly providerMetadata: JsonMetadata }
  | { readonly kind: "content"; readonly part: JsonRecord };

/** The parts of ours that metadata goes with. */
export type PartWithMetadata = "text" | "reasoning" | "tool_call";

type JsonRecord = Readonly<Record<string, JsonValue>>;
type JsonMetadata = Readonly<Record<string, JsonRecord>>;

const itemSchema: z.ZodType<Item> = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("metadata"),
    of: z.enum(["text", "reasoning", "tool_call"]),
    providerMetadata: z.record(z.string(), jsonObjectSchema),
  }),
  z.object({ kind: z.literal("content"), part: jsonObjectSchema }),
]);

export const readItem = (item: JsonValue): Item | undefined => itemSchema.safeParse(item).data;

/** The metadata of the part before it. */
export function metadataItem(
  provider: string,
  of: PartWithMetadata,
  providerMetadata: SharedV4ProviderMetadata,
): ProviderPart {
  return {
    type: "provider",
    provider,
    item: { kind: "metadata", of, providerMetadata: json(providerMetadata) },
  };
}

export const contentItem = (provider: string, part: object): ProviderPart => ({
  type: "provider",
  provider,
  item: { kind: "content", part: json(part) },
});

/** Plain JSON of what is all but that: the AI SDK's types allow members that are `undefined`. */
function json(value: object): JsonRecord {
  return jsonObjectSchema.parse(JSON.parse(JSON.stringify(value)));
}

/** As the AI SDK's types have it: the same, and not read-only. */
export const optionsOf = (metadata: JsonMetadata): Record<string, JSONObject> => ({ ...metadata });
