/** The seam between memory and a model that makes vectors of texts, and what is done with vectors. */
import { abortable } from "../async/abort.ts";
import { ModelError } from "../errors/errors.ts";
import { canonicalJson, toJson } from "../json/json.ts";

export interface EmbedCall {
  /** Models tell what is looked for (`"query"`) from what it is found in (`"document"`). */
  readonly kind: "document" | "query";
  readonly signal?: AbortSignal | undefined;
}

/** Makes vectors of texts. */
export interface Embeddings {
  /**
   * Stored with every vector. It names all that decides on vectors, such as `"oci:cohere.embed-v4.0"`: two that have the
   * same id are compared, others never.
   */
  readonly modelId: string;
  /** One vector a text, in their order, all of one length. */
  embed(texts: readonly string[], call: EmbedCall): Promise<readonly (readonly number[])[]>;
}

/** An embedding model as `OCIEmbeddings` of `@locus-sdk/oci` is one, and others are. */
export interface EmbeddingModel<Settings> {
  readonly provider: string;
  readonly modelId: string;
  embed(
    inputs: readonly string[],
    options: Settings & {
      readonly inputType: "search_document" | "search_query";
      readonly signal?: AbortSignal | undefined;
    },
  ): Promise<{ readonly embeddings: readonly (readonly number[])[] }>;
}

/**
 * An embedding model as memory wants it. `settings` go along with each of its calls, and count as part of the model.
 *
 * @example
 * ```ts
 * import { embeddingsFrom, InMemoryStore } from "@locus-sdk/core";
 * import { OCIEmbeddings } from "@locus-sdk/oci";
 *
 * const model = new OCIEmbeddings({ model: "cohere.embed-v4.0", profile: "DEFAULT" });
 * const store = new InMemoryStore({ embeddings: embeddingsFrom(model, { outputDimensions: 512 }) });
 * ```
 */
export function embeddingsFrom<Settings extends object>(
  model: EmbeddingModel<Settings>,
  settings?: Omit<Settings, "inputType" | "signal">,
): Embeddings {
  const own = settings === undefined ? "" : ` ${canonicalJson(toJson(settings))}`;
  return Object.freeze({
    modelId: `${model.provider}:${model.modelId}${own}`,
    embed: async (texts: readonly string[], { kind, signal }: EmbedCall) => {
      const inputType = kind === "query" ? "search_query" : "search_document";
      const call = { ...settings, inputType, ...(signal === undefined ? {} : { signal }) };
      // `Omit` over a type parameter is not seen to be whole again; the two left out are the two put in.
      const { embeddings } = await model.embed(texts, call as Parameters<typeof model.embed>[1]);
      return embeddings;
    },
  });
}

/** Vectors of length 1: their cosine is then their dot product. */
export type UnitVector = Float32Array;

/**
 * Vectors of texts, checked and of length 1.
 *
 * @throws ModelError where the model answers with anything but one vector a text, all of the same length.
 */
export async function embedTexts(
  embeddings: Embeddings,
  texts: readonly string[],
  call: EmbedCall,
): Promise<readonly UnitVector[]> {
  const work = embeddings.embed(texts, call);
  const vectors = await (call.signal === undefined ? work : abortable(work, call.signal));
  const size = vectors[0]?.length ?? 0;
  const fits =
    vectors.length === texts.length &&
    vectors.every((vector) => vector.length === size && size > 0 && vector.every(Number.isFinite));
  if (!fits) {
    const sizes = [...new Set(vectors.map((vector) => vector.length))].join(", ");
    throw new ModelError(
      `embeddings "${embeddings.modelId}": expected ${texts.length} vectors of one length, all of numbers; got ${vectors.length} of length ${sizes}`,
      { code: "invalid_response" },
    );
  }
  return vectors.map(unit);
}

function unit(vector: readonly number[]): UnitVector {
  const length = Math.sqrt(vector.reduce((sum, part) => sum + part * part, 0));
  return Float32Array.from(vector, (part) => (length === 0 ? 0 : part / length));
}

/** -1 to 1. Of vectors of the same length. */
export function cosine(a: UnitVector, b: UnitVector): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += (a[index] ?? 0) * (b[index] ?? 0);
  return Math.max(-1, Math.min(1, sum));
}

/** A vector as bytes, four a number, as IEEE 754 has them, little-endian. */
export function vectorBytes(vector: UnitVector): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(4 * vector.length));
  for (const [index, part] of vector.entries()) bytes.setFloat32(4 * index, part, true);
  return new Uint8Array(bytes.buffer);
}

/** Whether this machine has the lowest byte of a number first, as the bytes of vectors do. */
const IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** A vector from its bytes. A search reads thousands: where they can be taken as they are, they are only copied. */
export function vectorFrom(bytes: Uint8Array): UnitVector {
  if (IS_LITTLE_ENDIAN)
    return new Float32Array(new Uint8Array(bytes).buffer, 0, Math.floor(bytes.byteLength / 4));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: bytes.byteLength / 4 }, (_, index) => view.getFloat32(4 * index, true));
}
