/**
 * The judge that is no model: claims are sentences, and each is compared with the sentences and records that share most words
 * with it. Names and figures must be there; figures, names and negations that differ make a contradiction. It knows no
 * synonyms: it takes what is only said in other words for ungrounded.
 */
import { type Breathe, breather } from "../breather.ts";
import type { ClaimJudge, Finding, ShownSource } from "../judge.ts";
import { NOTHING_FOUND } from "../judge.ts";
import { normalised, says } from "../quote.ts";
import { claimsByRules } from "./claims.ts";
import { GAP, type Unit, unitsOf } from "./units.ts";
import { areOpposed, hasNumber, hasStem, type Words, wordsOf } from "./words.ts";

/** Of what a claim says, so much must be in the evidence; and of its words that are neither names nor figures. */
const ENOUGH = 0.6;
const ENOUGH_WORDS = 0.5;
/** So alike, and yet another figure or the opposite: then it is about the same thing. */
const SAME_THING = 0.5;
/** A name tells less than a figure: it is in many sentences. */
const NAME_WEIGHT = 0.5;
/** Pieces that are looked at for one claim. */
const NEAREST = 12;

export const rulesJudge: ClaimJudge = Object.freeze({
  claimsOf: async (answer: string) => claimsByRules(answer),
  weigh: async (claims: readonly string[], sources: readonly ShownSource[], signal?: AbortSignal) => {
    const breathe = breather(signal);
    const index = await indexed(sources, breathe);
    const findings: Finding[] = [];
    for (const claim of claims) {
      await breathe();
      signal?.throwIfAborted();
      const whole = find(wordsOf(claim), index);
      findings.push(whole.label === "grounded" ? whole : (inParts(claim, index) ?? whole));
    }
    return findings;
  },
});

interface Index {
  readonly units: readonly Unit[];
  readonly byToken: ReadonlyMap<string, readonly number[]>;
  /** Of each unit for the claim at hand; all 0 between two claims. */
  readonly scores: Float64Array;
}

async function indexed(sources: readonly ShownSource[], breathe: Breathe): Promise<Index> {
  const units: Unit[] = [];
  const byToken = new Map<string, number[]>();
  for (const source of sources) {
    for (const unit of unitsOf(source)) {
      for (const token of tokensOf(unit.words)) {
        const list = byToken.get(token);
        if (list === undefined) byToken.set(token, [units.length]);
        else list.push(units.length);
      }
      units.push(unit);
      await breathe();
    }
  }
  return { units, byToken, scores: new Float64Array(units.length) };
}

function tokensOf({ stems, names, numbers }: Words): ReadonlySet<string> {
  return new Set([...stems, ...names, ...numbers.map((number) => `#${number}`)]);
}

/** Those that share most with the claim, a rare word counting more than a common one. */
function nearest(claim: Words, { units, byToken, scores }: Index): readonly Unit[] {
  const lists = [...tokensOf(claim)].map((token) => byToken.get(token) ?? []);
  const scoreOf = (number: number): number => scores[number] ?? 0;
  for (const found of lists) {
    const weight = Math.log(1 + units.length / Math.max(1, found.length));
    for (const number of found) scores[number] = scoreOf(number) + weight;
  }
  // The best, best first; of equals the one that comes first. What was looked at is 0 again.
  const best: Scored[] = [];
  for (const number of lists.flat()) {
    const score = scoreOf(number);
    scores[number] = 0;
    const last = best.at(-1);
    if (score === 0 || (best.length === NEAREST && last !== undefined && !isBetter({ number, score }, last)))
      continue;
    const place = best.findIndex((other) => isBetter({ number, score }, other));
    best.splice(place < 0 ? best.length : place, 0, { number, score });
    if (best.length > NEAREST) best.pop();
  }
  return best.flatMap(({ number }) => units[number] ?? []);
}

interface Scored {
  readonly number: number;
  readonly score: number;
}

function isBetter(one: Scored, other: Scored): boolean {
  return one.score > other.score || (one.score === other.score && one.number < other.number);
}

interface Fit {
  /** 0 to 1. */
  readonly coverage: number;
  readonly hasWords: boolean;
  readonly hasNumbers: boolean;
  readonly hasNames: boolean;
}

function fitOf(claim: Words, { words, context }: Unit): Fit {
  const stems = [...claim.stems];
  const covered = stems.filter((stem) => hasStem(words.stems, stem) || words.names.has(stem)).length;
  // Who it is about may be said in the sentences before.
  const isNamed = (name: string): boolean => words.all.has(name) || context.has(name);
  const names = [...claim.names].filter(isNamed).length;
  const isKnown = (stem: string): boolean =>
    [words.stems, words.names, context].some((stems) => hasStem(stems, stem));
  const numbers = claim.numbers.filter((number) => hasNumber(words.numbers, number)).length;
  const whole = stems.length + NAME_WEIGHT * claim.names.size + claim.numbers.length;
  return {
    coverage: whole === 0 ? 0 : (covered + NAME_WEIGHT * names + numbers) / whole,
    hasWords: stems.length < 2 || covered / stems.length >= ENOUGH_WORDS,
    hasNumbers: numbers === claim.numbers.length,
    hasNames: names === claim.names.size && [...claim.key].every(isKnown),
  };
}

function find(claim: Words, index: Index): Finding {
  let against: Unit | undefined;
  for (const unit of nearest(claim, index)) {
    const { coverage, hasWords, hasNumbers, hasNames } = fitOf(claim, unit);
    const isConflict = isNegatedFor(claim, unit.words) !== claim.isNegated || areOpposed(claim, unit.words);
    const isAll = hasNumbers && hasNames;
    if (isAll && hasWords && coverage >= ENOUGH && !isConflict) return finding("grounded", unit);
    const differs = isAll ? isConflict : hasNumbers || unit.words.numbers.length > 0;
    if (differs && hasWords && coverage >= SAME_THING) against ??= unit;
  }
  return against === undefined ? NOTHING_FOUND : finding("contradicted", against);
}

/** A record denies what its members say is false, and a sentence all that it says. */
function isNegatedFor(claim: Words, { isNegated, denied }: Words): boolean {
  return isNegated || [...claim.stems].some((stem) => denied.has(stem));
}

/** A claim of two halves, each of which is grounded for itself. */
function inParts(claim: string, index: Index): Finding | undefined {
  const at = claim.search(/\s(?:and|und|y|et)\s|;\s/u);
  if (at < 0) return undefined;
  const halves = [claim.slice(0, at), claim.slice(at).replace(/^\s*(?:and|und|y|et|;)\s/u, "")].map(wordsOf);
  if (halves.some((half) => tokensOf(half).size < 2)) return undefined;
  const found = halves.map((half) => find(half, index));
  if (found.some(({ label }) => label !== "grounded")) return undefined;
  return { label: "grounded", type: "synthesis", evidence: found.flatMap(({ evidence }) => evidence) };
}

function finding(label: Finding["label"], { source, quote }: Unit): Finding {
  const type = source.startsWith("tool:") ? "tool_match" : "specific_data";
  // Members of a record that others stand between are quoted each for itself.
  const telling = quote.split(GAP).filter((part) => says(normalised(part)));
  return {
    label,
    type,
    evidence: (telling.length === 0 ? [quote] : telling).map((part) => ({ source, quote: part })),
  };
}
