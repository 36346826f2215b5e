/** Labels: a thread's metadata in a form that a store can look for without knowing what it says. */
import { createHash } from "node:crypto";
import { canonicalJson, type JsonValue, type ThreadQuery } from "@locus-sdk/core";
import type { PayloadCodec } from "@locus-sdk/core/checkpoint";
import { decodeFacts } from "../shared/records.ts";
import type { Head } from "./head.ts";
import type { Labels } from "./types.ts";

/** One for each member of the metadata that a query can ask for. `undefined` where it is encrypted. */
export function labelsOf(codec: PayloadCodec, { threadId, thread }: Head): Labels {
  if (thread === undefined) return [];
  const isPlain = thread.facts.startsWith("{");
  if (!isPlain) return undefined;
  const { metadata = {} } = decodeFacts(codec, threadId, thread.facts);
  return Object.entries(metadata)
    .filter(([, value]) => typeof value !== "object" || value === null)
    .map(([name, value]) => labelOf(name, value));
}

export const queryLabels = (metadata: ThreadQuery["metadata"]): readonly string[] =>
  Object.entries(metadata ?? {}).map(([name, value]) => labelOf(name, value));

const labelOf = (name: string, value: JsonValue): string =>
  createHash("sha256")
    .update(canonicalJson([name, value]))
    .digest("hex")
    .slice(0, 32);
