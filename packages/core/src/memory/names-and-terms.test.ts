import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareThreadIds as compareText } from "../checkpoint/contract.ts";
import { cosine, embeddingsFrom, embedTexts, vectorBytes, vectorFrom } from "./embeddings.ts";
import { decodeName, decodeNamespace, encodeName, encodeNamespace, endOfNamespace } from "./namespace.ts";
import { fuse } from "./rank.ts";
import { termsOf } from "./terms.ts";

const name = fc.oneof(
  fc.string({ unit: "binary", minLength: 1 }),
  fc.string({ unit: fc.constantFrom("\u0000", "\u0001", "\u0002", "\u0003", "\u0004", "a"), minLength: 1 }),
);
const namespace = fc.array(name, { maxLength: 4 });

function compareNames(a: readonly string[], b: readonly string[]): number {
  for (const [index, own] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    const order = compareText(own, other);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

describe("namespaces as text", () => {
  it("come back as they were", () => {
    fc.assert(
      fc.property(namespace, name, (names, key) => {
        expect(decodeNamespace(encodeNamespace(names))).toEqual(names);
        expect(decodeName(encodeName(key))).toBe(key);
      }),
    );
  });

  it("are in the order of their names, so no two are the same", () => {
    fc.assert(
      fc.property(namespace, namespace, (a, b) => {
        expect(Math.sign(compareText(encodeNamespace(a), encodeNamespace(b)))).toBe(
          Math.sign(compareNames(a, b)),
        );
      }),
    );
  });

  it("begin with those above them and no others, and end before their end", () => {
    fc.assert(
      fc.property(namespace, namespace, (above, other) => {
        const prefix = encodeNamespace(above);
        const isBelow = compareNames(above, other.slice(0, above.length)) === 0;
        const text = encodeNamespace(other);
        expect(text.startsWith(prefix)).toBe(isBelow);
        const end = endOfNamespace(prefix);
        const inside = compareText(text, prefix) >= 0 && (end === undefined || compareText(text, end) < 0);
        expect(inside).toBe(isBelow);
      }),
    );
  });

  it("hold nothing that a database cannot", () => {
    fc.assert(fc.property(namespace, (names) => !encodeNamespace(names).includes("\u0000")));
  });
});

describe("words", () => {
  it("are letters, digits and marks, and the same once more", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const terms = termsOf(text);
        for (const term of terms) expect(term).toMatch(/^[\p{L}\p{N}\p{M}]+$/u);
        expect(termsOf(terms.join(" "))).toEqual(terms);
      }),
    );
  });

  it("fold case and diacritics, and keep vowel signs that are no diacritics", () => {
    expect(termsOf("Zo\u00eb's CAF\u00c9")).toEqual(["zoe", "s", "cafe"]);
    expect(termsOf("\u0939\u093f\u0928\u094d\u0926\u0940")).toEqual(["\u0939\u093f\u0928\u094d\u0926\u0940"]);
  });
});

describe("vectors", () => {
  it("come back from their bytes as they were", () => {
    fc.assert(
      fc.property(fc.float32Array({ noNaN: true, minLength: 1 }), (vector) => {
        const padded = new Uint8Array([1, ...vectorBytes(vector)]);
        expect(vectorFrom(padded.subarray(1))).toEqual(vector);
      }),
    );
  });

  it("are compared by direction alone", async () => {
    const embeddings = {
      modelId: "m",
      embed: async () => [
        [3, 4],
        [30, 40],
        [-3, -4],
        [0, 0],
      ],
    };
    const [a, b, c, zero] = await embedTexts(embeddings, ["a", "b", "c", "d"], { kind: "document" });
    if (a === undefined || b === undefined || c === undefined || zero === undefined)
      throw new Error("four vectors");
    expect(cosine(a, b)).toBeCloseTo(1);
    expect(cosine(a, c)).toBeCloseTo(-1);
    expect(cosine(a, zero)).toBe(0);
  });

  it("come from any model with provider, id and embed(), whose settings are part of its name", async () => {
    const calls: unknown[] = [];
    const model = {
      provider: "oci",
      modelId: "cohere.embed-v4.0",
      embed: async (
        inputs: readonly string[],
        options: { readonly outputDimensions?: number; readonly inputType?: string },
      ) => {
        calls.push({ inputs, ...options });
        return { embeddings: inputs.map(() => [1]) };
      },
    };
    expect(embeddingsFrom(model).modelId).toBe("oci:cohere.embed-v4.0");
    const embeddings = embeddingsFrom(model, { outputDimensions: 256 });
    expect(embeddings.modelId).toBe('oci:cohere.embed-v4.0 {"outputDimensions":256}');
    expect(await embeddings.embed(["fjord"], { kind: "query" })).toEqual([[1]]);
    await embeddings.embed(["bay"], { kind: "document" });
    expect(calls).toEqual([
      { inputs: ["fjord"], inputType: "search_query", outputDimensions: 256 },
      { inputs: ["bay"], inputType: "search_document", outputDimensions: 256 },
    ]);
  });
});

it("fusion puts first what several rankings have near their top", () => {
  const row = (key: string): { row: { namespace: string; key: string }; score: number } => ({
    row: { namespace: "", key },
    score: 0.5,
  });
  const fused = fuse([
    [row("a"), row("b"), row("c")],
    [row("c"), row("b")],
  ]);
  expect(fused.map((each) => each.row.key)).toEqual(["c", "b", "a"]);
  expect(fuse([[row("x")], [row("x")]])[0]?.score).toBeCloseTo(1);
});
