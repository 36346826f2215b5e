/** Which passages of long sources a judge is shown: those nearest to the claims, by the words they share. Pure. */
import { rankByText } from "../../memory/rank.ts";
import { singular, termsOf } from "../../memory/terms.ts";
import { whole } from "./answer.ts";
import type { ShownSource } from "./judge.ts";
import type { GroundingSource } from "./types.ts";

/** Characters of a passage: a few paragraphs, or a record of a table. */
const PASSAGE_CHARS = 1200;

/** All of it where it fits into `maxChars`; else as many passages, best first, told in the order of the sources. */
export function passagesFor(
  claims: readonly string[],
  sources: readonly GroundingSource[],
  maxChars: number,
): readonly ShownSource[] {
  const chars = sources.reduce((sum, { text }) => sum + text.length, 0);
  if (chars <= maxChars) return sources.map(({ text, ...source }) => ({ ...source, passages: [text] }));
  const passages = sources.flatMap((source, index) =>
    split(source.text).map((text, at) => ({ index, at, text, terms: termsOf(text).map(singular) })),
  );
  const chosen = new Set<number>();
  let left = maxChars;
  // Each claim has its turn: one that shares many words with much does not take all the room.
  const rankings = claims.map((claim) => ranked(claim, passages));
  const longest = Math.max(0, ...rankings.map(({ length }) => length));
  for (let place = 0; place < longest && left > 0; place++) {
    for (const ranking of rankings) {
      const number = ranking[place];
      if (number === undefined || chosen.has(number)) continue;
      const length = passages[number]?.text.length ?? 0;
      if (length > left) continue;
      chosen.add(number);
      left -= length;
    }
  }
  const kept = passages.filter((_, number) => chosen.has(number));
  return sources.flatMap(({ text: _whole, ...source }, index) => {
    const own = kept.filter((passage) => passage.index === index).map(({ text }) => text);
    return own.length === 0 ? [] : [{ ...source, passages: own }];
  });
}

interface Passage {
  readonly text: string;
  readonly terms: readonly string[];
}

function ranked(claim: string, passages: readonly Passage[]): readonly number[] {
  const query = [...new Set(termsOf(claim).map(singular))];
  const wanted = new Set(query);
  const frequencies = new Map<string, number>();
  let words = 0;
  for (const { terms } of passages) {
    words += terms.length;
    for (const term of new Set(terms)) {
      if (wanted.has(term)) frequencies.set(term, (frequencies.get(term) ?? 0) + 1);
    }
  }
  const rows = passages.map(
    ({ terms }, number) => [{ namespace: "", key: String(number).padStart(9, "0") }, terms] as const,
  );
  const statistics = {
    total: passages.length,
    averageWords: words / Math.max(1, passages.length),
    frequencies,
  };
  return rankByText(query, rows, statistics).map(({ row }) => Number(row.key));
}

/** At ends of paragraphs, lines, records or sentences, where there are such; else where the room ends. */
function split(text: string): readonly string[] {
  const passages: string[] = [];
  for (let from = 0; from < text.length; ) {
    const to = from + PASSAGE_CHARS >= text.length ? text.length : cutBefore(text, from);
    passages.push(text.slice(from, to));
    from = to;
  }
  return passages;
}

const ENDS = ["\n\n", "\n", "},", ". ", "。", " "];

function cutBefore(text: string, from: number): number {
  const room = text.slice(from, from + PASSAGE_CHARS);
  for (const end of ENDS) {
    const at = room.lastIndexOf(end);
    if (at > PASSAGE_CHARS / 2) return from + at + end.length;
  }
  return whole(text, from + PASSAGE_CHARS);
}
