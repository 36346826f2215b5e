/** Instructions where none should be: signals are found one by one, and weighed with those around them. */
import type { Finding, GuardrailPlace } from "../types.ts";
import { DELIMITERS, DISCUSSION } from "./delimiters.ts";
import { findEncoded } from "./encoded.ts";
import type { Found } from "./found.ts";
import { findHidden } from "./hidden.ts";
import { findImages } from "./images.ts";
import { normalise } from "./normalise.ts";
import { ENGLISH } from "./phrases-english.ts";
import { OTHERS } from "./phrases-others.ts";

const SIGNALS = [...ENGLISH, ...OTHERS];

export interface InjectionRules {
  /** What signals close to each other must come to. */
  readonly threshold: number;
  /** Where images may be loaded from, whatever is in their address. */
  readonly imageHosts: readonly string[];
}

/** Signals this close to each other are of one passage. */
const NEAR = 240;
/** What talk about attacks takes off. */
const DISCOUNT = 0.6;
const MOST_BEFORE = 400;
const MOST_AFTER = 1500;
/** Base64 in Base64 is read so deep. */
const MAX_DEPTH = 2;

export function findInjection(
  text: string,
  where: GuardrailPlace,
  { threshold, imageHosts }: InjectionRules,
): readonly Finding[] {
  // A model may write about attacks; what it writes must not hide anything, or carry anything out.
  const isModels = where === "output" || where === "arguments" || where === "question";
  const found = [
    ...(isModels ? [] : findSignals(text)),
    ...findHidden(text),
    ...findImages(text, imageHosts),
    ...(isModels ? [] : findNested(text, threshold, MAX_DEPTH)),
  ].toSorted((a, b) => a.start - b.start);
  return clusters(found)
    .map((cluster) => weigh(text, cluster))
    .filter(({ score }) => score >= threshold)
    .map(({ cluster, score, kind }) => ({
      detector: "injection",
      kind,
      confidence: Math.min(1, score / 2),
      ...passageOf(text, cluster),
    }));
}

function findSignals(text: string): readonly Found[] {
  const { text: plain, original } = normalise(text);
  const said = SIGNALS.flatMap(({ kind, weight, pattern }) =>
    Array.from(plain.matchAll(pattern), ({ 0: match, index }): Found => {
      return { start: original(index), end: original(index + match.length), kind, weight };
    }),
  );
  const marked = DELIMITERS.flatMap(({ kind, weight, pattern }) =>
    Array.from(text.matchAll(pattern), ({ 0: match, index }): Found => {
      return { start: index, end: index + match.length, kind, weight };
    }),
  );
  return [...said, ...marked];
}

/** Words that somebody took the trouble to encode count fully: nobody writes about attacks like that. */
function* findNested(text: string, threshold: number, depth: number): Generator<Found> {
  for (const { start, end, text: decoded } of findEncoded(text)) {
    const inner = clusters([...findSignals(decoded)].toSorted((a, b) => a.start - b.start));
    const fires =
      inner.some((cluster) => sum(cluster) >= threshold) ||
      (depth > 1 && !findNested(decoded, threshold, depth - 1).next().done);
    if (fires) yield { start, end, kind: "encoded instructions", weight: 1.2 };
  }
}

function clusters(found: readonly Found[]): readonly (readonly Found[])[] {
  const made: Found[][] = [];
  let end = Number.NEGATIVE_INFINITY;
  for (const one of found) {
    if (one.start - end > NEAR) made.push([one]);
    else made.at(-1)?.push(one);
    end = Math.max(end, one.end);
  }
  return made;
}

/** The best of each kind, added up: the same thing said twice is not said more. */
function sum(cluster: readonly Found[]): number {
  const best = new Map<string, number>();
  for (const { kind, weight } of cluster) best.set(kind, Math.max(best.get(kind) ?? 0, weight));
  return [...best.values()].reduce((total, weight) => total + weight, 0);
}

function weigh(
  text: string,
  cluster: readonly Found[],
): { readonly cluster: readonly Found[]; readonly score: number; readonly kind: string } {
  const [heaviest] = cluster.toSorted((a, b) => b.weight - a.weight);
  const score = sum(cluster);
  const kind = heaviest?.kind ?? "";
  if (heaviest?.whole === true || kind === "encoded instructions") return { cluster, score, kind };
  const from = Math.max(0, (cluster[0]?.start ?? 0) - NEAR);
  const to = endOf(cluster) + NEAR;
  const talks = DISCUSSION.test(text.slice(from, to).toLowerCase());
  return { cluster, score: talks ? score - DISCOUNT : score, kind };
}

/** From the beginning of its sentence to the end of its paragraph: what follows an override is what was meant. */
function passageOf(
  text: string,
  cluster: readonly Found[],
): { readonly start: number; readonly end: number } {
  const first = cluster[0]?.start ?? 0;
  const last = endOf(cluster);
  if (cluster.every(({ whole }) => whole === true)) return { start: first, end: last };
  const before = text.slice(Math.max(0, first - MOST_BEFORE), first);
  const lead = Math.max(
    ...["\n", ". ", "! ", "? "].map(
      (end) => before.lastIndexOf(end) + (before.includes(end) ? end.length : 1),
    ),
  );
  const after = text.slice(last, last + MOST_AFTER);
  const ends = /\n\s{0,20}\n/.exec(after)?.index ?? after.length;
  return { start: first - before.length + lead, end: last + ends };
}

function endOf(cluster: readonly Found[]): number {
  return cluster.reduce((end, one) => Math.max(end, one.end), 0);
}
