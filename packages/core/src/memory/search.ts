/** Search over any backend: it finds candidates and keeps vectors; ranking, and making the vectors that are missing, is here. */
import { setImmediate as pause } from "node:timers/promises";
import { ModelError } from "../errors/errors.ts";
import type { JsonValue } from "../json/json.ts";
import type { MemoryBackend, MemoryRow, RowPlace, RowScope } from "./backend.ts";
import { checkSearch, itemOf } from "./contract.ts";
import { cosine, type Embeddings, embedTexts, vectorBytes, vectorFrom } from "./embeddings.ts";
import { byScore, fuse, keepBest, placeId, type Ranked, rankByText, type TextStatistics } from "./rank.ts";
import { formsOf, searchedText, singular, termsOf } from "./terms.ts";
import type { MemoryMatch, MemorySearchMode, MemorySearchQuery } from "./types.ts";

const DEFAULT_LIMIT = 10;
/** Candidates that each way of searching gives, at least: what is beyond cannot become a match. */
const POOL = 200;
/** Of a query, so much is looked at, and so many different words of it: a pasted document need not be looked up whole. */
const MAX_QUERY_CHARS = 10_000;
const MAX_QUERY_TERMS = 64;
/** Of a query or an item, so much is embedded: about the context of an embedding model. */
const EMBEDDED_CHARS = 8000;
/** Texts of one call to the embeddings. */
const BATCH = 96;
/** Vectors compared before others have their turn in this process. */
const PAGE = 500;

type Scores = Map<string, number>;

/** @throws ConfigurationError for a query that does not fit. */
export async function searchRows(
  backend: MemoryBackend,
  embeddings: Embeddings | undefined,
  scope: RowScope,
  asked: MemorySearchQuery & { readonly mode: MemorySearchMode },
): Promise<readonly MemoryMatch[]> {
  checkSearch(asked);
  const { mode, limit = DEFAULT_LIMIT, minScore = {}, signal } = asked;
  signal?.throwIfAborted();
  // Before anything goes through it: megabytes would keep this process from everything else.
  const query = asked.query.slice(0, MAX_QUERY_CHARS);
  if (query.trim() === "") return [];
  const pool = Math.max(POOL, 2 * limit);
  const [byText, byMeaning] = await Promise.all([
    mode === "semantic" ? undefined : searchText(backend, scope, query, pool),
    mode === "text" || embeddings === undefined
      ? undefined
      : searchMeaning(backend, embeddings, scope, query, pool, signal),
  ]);
  signal?.throwIfAborted();
  const text = atLeast(byText, minScore.text);
  const meaning = atLeast(byMeaning, minScore.semantic);
  const ranked = fuseOrOne(text, meaning).slice(0, limit);
  const textScores = scoresOf(text);
  const semanticScores = scoresOf(meaning);
  const found = await Promise.all(
    ranked.map(async ({ row, score }) => {
      // Between scan and now it may have gone.
      const whole = "value" in row ? row : await backend.read(row, scope.now);
      if (whole === undefined) return undefined;
      const id = placeId(row);
      return Object.freeze({
        item: itemOf(whole),
        score,
        matched: Object.freeze({
          ...scored("text", textScores.get(id)),
          ...scored("semantic", semanticScores.get(id)),
        }),
      });
    }),
  );
  return Object.freeze(found.filter((match) => match !== undefined));
}

type Found = RowPlace | MemoryRow;

function fuseOrOne(
  text: readonly Ranked<Found>[] | undefined,
  meaning: readonly Ranked<Found>[] | undefined,
): readonly Ranked<Found>[] {
  // The text's rows are whole, so they come first: what is in both need not be read again.
  if (text !== undefined && meaning !== undefined) return fuse<Found>([text, meaning]);
  return text ?? meaning ?? [];
}

function atLeast(
  ranked: readonly Ranked<Found>[] | undefined,
  least = 0,
): readonly Ranked<Found>[] | undefined {
  return ranked?.filter(({ score }) => score >= least);
}

function scoresOf(ranked: readonly Ranked<Found>[] = []): Scores {
  return new Map(ranked.map(({ row, score }) => [placeId(row), score]));
}

function scored(way: "text" | "semantic", score: number | undefined): MemoryMatch["matched"] {
  return score === undefined ? {} : { [way]: score };
}

async function searchText(
  backend: MemoryBackend,
  scope: RowScope,
  query: string,
  pool: number,
): Promise<readonly Ranked<MemoryRow>[]> {
  const terms = [...new Set(termsOf(query).map(singular))].slice(0, MAX_QUERY_TERMS);
  if (terms.length === 0) return [];
  const { rows, statistics } = await backend.candidates(scope, terms.flatMap(formsOf), pool);
  const found = rows.map(([row, words]) => [row, words.map(singular)] as const);
  return rankByText(terms, found, ofSingulars(terms, statistics)).slice(0, pool);
}

/** How many items have a word in one form or another, at most: one that has both is counted twice. */
function ofSingulars(terms: readonly string[], statistics: TextStatistics): TextStatistics {
  const { total, frequencies } = statistics;
  const counted = terms.map((term) => {
    const count = formsOf(term).reduce((sum, form) => sum + (frequencies.get(form) ?? 0), 0);
    return [term, Math.min(count, total)] as const;
  });
  return { ...statistics, frequencies: new Map(counted) };
}

async function searchMeaning(
  backend: MemoryBackend,
  embeddings: Embeddings,
  scope: RowScope,
  query: string,
  pool: number,
  signal: AbortSignal | undefined,
): Promise<readonly Ranked<RowPlace>[]> {
  const [target] = await embedTexts(embeddings, [query.slice(0, EMBEDDED_CHARS).toWellFormed()], {
    kind: "query",
    ...(signal === undefined ? {} : { signal }),
  });
  if (target === undefined) return [];
  const kind = { model: embeddings.modelId, dimensions: target.length };
  await ensureVectors(backend, embeddings, scope, { dimensions: target.length, signal });
  const kept = keepBest<RowPlace>(pool);
  for (let after: RowPlace | undefined; ; ) {
    signal?.throwIfAborted();
    const page = await backend.vectors(scope, kind, { after, limit: PAGE });
    for (const { namespace, key, vector } of page) {
      const score = cosine(target, vectorFrom(vector));
      if (score > 0) kept.add({ row: { namespace, key }, score });
    }
    if (page.length < PAGE) return [...kept.best()].sort(byScore);
    after = page.at(-1);
    await pause();
  }
}

/** Has every row of the scope that can be searched have a vector of the model; those of another model are replaced. */
export async function ensureVectors(
  backend: MemoryBackend,
  embeddings: Embeddings,
  scope: RowScope,
  options: {
    /** How long the vectors are; one of another length is made anew. */
    readonly dimensions?: number;
    /** This row alone; it has none, or an old one. */
    readonly only?: MemoryRow;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<void> {
  const { dimensions, only, signal } = options;
  if (only !== undefined) return embedRows(backend, embeddings, [only], dimensions, signal);
  const kind = { model: embeddings.modelId, dimensions: dimensions ?? 0 };
  for (let after: RowPlace | undefined; ; ) {
    signal?.throwIfAborted();
    const rows = await backend.unembedded(scope, kind, { after, limit: BATCH });
    await embedRows(backend, embeddings, rows, dimensions, signal);
    if (rows.length < BATCH) return;
    after = rows.at(-1);
  }
}

async function embedRows(
  backend: MemoryBackend,
  embeddings: Embeddings,
  rows: readonly MemoryRow[],
  dimensions: number | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  const texts = rows.map((row) => searchedText(JSON.parse(row.value) as JsonValue).slice(0, EMBEDDED_CHARS));
  const searchable = rows.flatMap((row, index) => {
    const text = texts[index] ?? "";
    return termsOf(text).length === 0 ? [] : [{ row, text: text.toWellFormed() }];
  });
  if (searchable.length === 0) return;
  const vectors = await embedTexts(
    embeddings,
    searchable.map(({ text }) => text),
    { kind: "document", ...(signal === undefined ? {} : { signal }) },
  );
  const [first] = vectors;
  if (first === undefined) return;
  if (dimensions !== undefined && first.length !== dimensions) {
    throw new ModelError(
      `embeddings "${embeddings.modelId}" make vectors of ${dimensions} numbers for queries and of ${first.length} for documents`,
      {
        code: "invalid_response",
        hint: "Vectors are compared number by number: both must be of one length.",
      },
    );
  }
  const kind = { model: embeddings.modelId, dimensions: first.length };
  const embedded = searchable.flatMap(({ row: { namespace, key, version } }, index) => {
    const vector = vectors[index];
    return vector === undefined ? [] : [{ namespace, key, version, vector: vectorBytes(vector) }];
  });
  await backend.setVectors(kind, embedded);
}
