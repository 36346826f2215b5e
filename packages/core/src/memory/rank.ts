/** In which order matches come: BM25 over words, cosine over vectors, reciprocal rank fusion over both. Pure. */
import { compareThreadIds as compareText } from "../checkpoint/contract.ts";

/** BM25's usual parameters (Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009). */
const K1 = 1.2;
const B = 0.75;
/** Of reciprocal rank fusion, as its authors have it (Cormack, Clarke and Büttcher, SIGIR 2009). */
const RRF_K = 60;

/** What the words of a query weigh, among the items that are searched and no others. */
export interface TextStatistics {
  /** How many items are searched. */
  readonly total: number;
  /** Words of one of them, on average. */
  readonly averageWords: number;
  /** In how many of them each word of the query is. */
  readonly frequencies: ReadonlyMap<string, number>;
}

export interface Ranked<Row> {
  readonly row: Row;
  readonly score: number;
}

interface Placed {
  readonly namespace: string;
  readonly key: string;
}

/** Items that are taken to be there besides, without the words of the query: among two or three, no word is common. */
const UNSEEN = 10;
/** What a long query says besides its weightiest words does not make a match any weaker. */
const WEIGHTIEST = 8;

/** In alphabets, what is that short holds sentences together: "is", "of", "le", "zu". No list of a language is needed. */
const SHORT = /^[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}]{1,2}$/u;
const SHORT_WEIGHT = 0.25;
/** A word that is in more of the items than that says little about any of them; in three it may always be. */
const COMMON = 0.25;
const NEVER_COMMON = 3;
/** Without one word that says something, a text must have that share of the query's weight; else it counts little. */
const ENOUGH = 0.4;
const LITTLE = 0.1;

/** The rarer a word, the more it weighs; never below 0. (Lucene's form of the formula.) */
function weightOf(term: string, { total, frequencies }: TextStatistics): number {
  const found = frequencies.get(term) ?? 0;
  const weight = Math.log(1 + (Math.max(total, found) + UNSEEN - found + 0.5) / (found + 0.5));
  return SHORT.test(term) ? weight * SHORT_WEIGHT : weight;
}

/** Whether a word is one that tells what a text is about. */
function tells(term: string, { total, frequencies }: TextStatistics): boolean {
  return !SHORT.test(term) && (frequencies.get(term) ?? 0) <= Math.max(NEVER_COMMON, COMMON * total);
}

/**
 * Rows that have a word of the query, best first. A score is the share of what a text of average length reaches that has each
 * of the query's weightiest words once, and 1 for what has more: so scores of different queries can be compared. What shares
 * with a longer query nothing but words that most items have, is far behind.
 */
export function rankByText<Row extends Placed>(
  query: readonly string[],
  rows: readonly (readonly [Row, readonly string[]])[],
  statistics: TextStatistics,
): readonly Ranked<Row>[] {
  const weights = new Map([...new Set(query)].map((term) => [term, weightOf(term, statistics)]));
  const weightiest = [...weights.values()].sort((a, b) => b - a).slice(0, WEIGHTIEST);
  const whole = weightiest.reduce((sum, weight) => sum + weight, 0);
  const telling = new Set([...weights.keys()].filter((term) => tells(term, statistics)));
  const average = Math.max(statistics.averageWords, 1);
  const ranked = rows.map(([row, terms]) => {
    const counts = new Map<string, number>();
    for (const term of terms) if (weights.has(term)) counts.set(term, (counts.get(term) ?? 0) + 1);
    const length = K1 * (1 - B + (B * terms.length) / average);
    let sum = 0;
    for (const [term, count] of counts)
      sum += ((weights.get(term) ?? 0) * count * (K1 + 1)) / (count + length);
    const share = sum / whole;
    const matters = share >= ENOUGH || [...counts.keys()].some((term) => telling.has(term));
    return { row, score: matters ? share : share * LITTLE };
  });
  const found = ranked.filter(({ score }) => score > 0).sort(byScore);
  return found.map(({ row, score }) => ({ row, score: Math.min(score, 1) }));
}

/** Best first; equals in the order of their places, so that every store has them alike. */
export function byScore(a: Ranked<Placed>, b: Ranked<Placed>): number {
  return (
    b.score - a.score || compareText(a.row.namespace, b.row.namespace) || compareText(a.row.key, b.row.key)
  );
}

/** Two rankings as one: what each of them has near its top comes first. 1 for what both have at the very top. */
export function fuse<Row extends Placed>(
  rankings: readonly (readonly Ranked<Row>[])[],
): readonly Ranked<Row>[] {
  const most = rankings.length / (RRF_K + 1);
  const fused = new Map<string, { readonly row: Row; score: number }>();
  for (const ranking of rankings) {
    for (const [index, { row }] of ranking.entries()) {
      const id = placeId(row);
      const entry = fused.get(id) ?? { row, score: 0 };
      entry.score += 1 / (RRF_K + index + 1) / most;
      fused.set(id, entry);
    }
  }
  return [...fused.values()].sort(byScore);
}

/** Encoded names have no U+0000, so it keeps the two apart. */
export function placeId({ namespace, key }: Placed): string {
  return `${namespace}\u0000${key}`;
}

/** The first `limit` of what comes, without keeping the rest: for scans of any length. */
export function keepBest<Row extends Placed>(
  limit: number,
): {
  readonly add: (ranked: Ranked<Row>) => void;
  readonly best: () => readonly Ranked<Row>[];
} {
  let kept: Ranked<Row>[] = [];
  const trim = (): void => {
    kept = kept.sort(byScore).slice(0, limit);
  };
  return {
    add: (ranked) => {
      kept.push(ranked);
      // Sorted once in a while, not once an item.
      if (kept.length >= 4 * limit + 64) trim();
    },
    best: () => {
      trim();
      return kept;
    },
  };
}
