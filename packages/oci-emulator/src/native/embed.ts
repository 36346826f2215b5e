// Embeddings without a model: words and their letters hashed into a vector, so that alike texts point alike ways.
import { z } from "zod";
import { newId, tokensOf } from "../answers/complete.ts";
import { refusal } from "../http/dispatch.ts";
import { ociError } from "../http/envelopes.ts";
import type { Reply } from "../http/reply.ts";
import type { Call } from "../http/route.ts";
import type { JsonObject, JsonValue } from "../json.ts";
import type { EmulatorState } from "../state.ts";
import { operate } from "../surface/play.ts";
import { parseNative, type ServingMode, servingMode } from "./request.ts";
import { checkNativeScope } from "./scope.ts";
import { findServing } from "./serving.ts";

const embeddingTypes = ["float", "int8", "uint8", "binary", "ubinary", "base64"] as const;
type EmbeddingType = (typeof embeddingTypes)[number];

interface EmbedDetails {
  readonly compartmentId?: string | undefined;
  readonly servingMode: ServingMode;
  readonly inputs?: readonly string[] | null | undefined;
  readonly embedContents?: readonly EmbedContent[] | null | undefined;
  readonly isEcho?: boolean | null | undefined;
  readonly embeddingTypes?: readonly EmbeddingType[] | null | undefined;
  readonly outputDimensions?: number | null | undefined;
  readonly truncate?: "NONE" | "START" | "END" | null | undefined;
  readonly inputType?: string | null | undefined;
}

interface EmbedContent {
  readonly type: "TEXT" | "IMAGE";
  readonly text?: string | undefined;
  readonly imageUrl?: { readonly url: string } | undefined;
}

const embedDetails: z.ZodType<EmbedDetails> = z.looseObject({
  compartmentId: z.string().min(1).optional(),
  servingMode,
  inputs: z.array(z.string()).nullish(),
  embedContents: z
    .array(
      z.looseObject({
        type: z.enum(["TEXT", "IMAGE"]),
        text: z.string().optional(),
        imageUrl: z.looseObject({ url: z.string() }).optional(),
      }),
    )
    .nullish(),
  isEcho: z.boolean().nullish(),
  embeddingTypes: z.array(z.enum(embeddingTypes)).min(1).nullish(),
  outputDimensions: z.number().nullish(),
  truncate: z.enum(["NONE", "START", "END"]).nullish(),
  inputType: z.enum(["SEARCH_DOCUMENT", "SEARCH_QUERY", "CLASSIFICATION", "CLUSTERING", "IMAGE"]).nullish(),
});

/** Most inputs of one request. */
const maxInputs = 96;
/** About 512 tokens. */
const maxCharacters = 2048;

const dimensionRows: readonly (readonly [pattern: RegExp, dimensions: number, choices: readonly number[]])[] =
  [
    [/embed-v4/, 1536, [256, 512, 1024, 1536]],
    [/embed-.*-light/, 384, []],
    [/embed/, 1024, []],
  ];

export function embedText(call: Call, state: EmulatorState): Reply {
  const parsed = parseNative(embedDetails, call.request.json());
  if (!parsed.ok) return refusal(parsed.error, parsed.reason);
  const { body, source } = parsed;
  const outside = checkNativeScope("embedText", body.compartmentId, source, call, state);
  if (outside !== undefined) return refusal(outside.error, outside.reason);
  const serving = findServing(body.servingMode, state);
  if (!serving.ok) return refusal(serving.refused.error, serving.refused.reason);
  const { model } = serving;
  const [, dimensions, choices] =
    dimensionRows.find(([pattern]) => pattern.test(model)) ??
    (model.startsWith("ocid1.") ? ([/ocid1/, 1024, []] as const) : ([/(?:)/, 0, []] as const));
  const inputs = body.inputs ?? (body.embedContents ?? []).map(contentOf);
  const problem = findProblem(body, inputs, dimensions, choices);
  if (problem !== undefined) return refusal(ociError(400, "400", problem), problem);
  const size = body.outputDimensions ?? dimensions;
  const vectors = inputs.map((input) => embed(cutTo(input, body.truncate), size));
  const types = body.embeddingTypes ?? ["float"];
  const tokens = inputs.reduce((sum, input) => sum + tokensOf(input.length), 0);
  const result: JsonObject = {
    id: newId(),
    embeddings: types.includes("float") ? vectors : [],
    ...(body.embeddingTypes
      ? { embeddingsByType: Object.fromEntries(types.map((type) => [type, vectors.map(writers[type])])) }
      : {}),
    ...(body.isEcho ? { inputs } : {}),
    modelId: model,
    modelVersion: "1.0",
    usage: { promptTokens: tokens, completionTokens: 0, totalTokens: tokens },
  };
  return operate(state, result);
}

const contentOf = ({ text, imageUrl }: EmbedContent): string => text ?? imageUrl?.url ?? "";

function findProblem(
  body: EmbedDetails,
  inputs: readonly string[],
  dimensions: number,
  choices: readonly number[],
): string | undefined {
  if (dimensions === 0) return "The model does not support embeddings.";
  if (inputs.length === 0) return "inputs must not be empty.";
  if (inputs.length > maxInputs)
    return `inputs: at most ${maxInputs} are allowed, there are ${inputs.length}.`;
  if (inputs.some((input) => input === "")) return "inputs must not contain empty texts.";
  const size = body.outputDimensions;
  if (size !== undefined && size !== null && !choices.includes(size)) {
    return choices.length === 0
      ? "outputDimensions is not supported with this model."
      : `outputDimensions must be one of ${choices.join(", ")}.`;
  }
  if (body.inputType === "IMAGE") {
    return inputs.length === 1 && inputs[0]?.startsWith("data:image/")
      ? undefined
      : "inputType IMAGE takes exactly one input, an image as a data URL.";
  }
  const long = inputs.findIndex((input) => input.length > maxCharacters && !input.startsWith("data:"));
  return long >= 0 && (body.truncate ?? "NONE") === "NONE"
    ? `invalid request: inputs[${long}] is too long, and truncate is NONE.`
    : undefined;
}

function cutTo(input: string, truncate: EmbedDetails["truncate"]): string {
  if (input.startsWith("data:")) return input;
  return truncate === "START" ? input.slice(-maxCharacters) : input.slice(0, maxCharacters);
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return value >>> 0;
}

/** A unit vector: every word counts, and a little also its groups of three letters. */
function embed(text: string, dimensions: number): readonly number[] {
  const vector = new Float64Array(dimensions);
  const add = (feature: string, weight: number): void => {
    const value = hash(feature);
    const at = value % dimensions;
    vector[at] = (vector[at] ?? 0) + (value & 0x8000_0000 ? -weight : weight);
  };
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [text]) {
    add(word, 1);
    for (let at = 0; at + 3 <= word.length; at += 1) add(`#${word.slice(at, at + 3)}`, 0.3);
  }
  const length = Math.hypot(...vector) || 1;
  return Array.from(vector, (value) => Math.fround(value / length));
}

const bits = (vector: readonly number[]): readonly number[] => {
  const bytes: number[] = [];
  for (let at = 0; at < vector.length; at += 8) {
    bytes.push(vector.slice(at, at + 8).reduce((byte, value) => (byte << 1) | (value > 0 ? 1 : 0), 0));
  }
  return bytes;
};

/** A vector in each of the types; the binary ones pack eight dimensions into a byte. */
const writers: Readonly<Record<EmbeddingType, (vector: readonly number[]) => JsonValue>> = {
  float: (vector) => vector,
  int8: (vector) => vector.map((value) => Math.round(value * 127)),
  uint8: (vector) => vector.map((value) => Math.round(value * 127) + 128),
  binary: (vector) => bits(vector).map((byte) => byte - 128),
  ubinary: bits,
  base64: (vector) => Buffer.from(Float32Array.from(vector).buffer).toString("base64"),
};
