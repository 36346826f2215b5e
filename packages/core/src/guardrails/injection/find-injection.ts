/** Instructions where none should be: signals are found one by one, and weighed with those around them. */
import type { Finding, GuardrailPlace } from "../types.ts";
import { DELIMITERS, DISCUSSION, TOPIC, UNSEEN } from "./delimiters.ts";
import { findEncoded } from "./encoded.ts";
import type { Found } from "./found.ts";
import { findHidden } from "./hidden.ts";
import { findImages } from "./images.ts";
import { normalise, readMixed } from "./normalise.ts";
import { type Pace, pacer, windowsOf } from "./pace.ts";
import { ENGLISH } from "./phrases-english.ts";
import { OTHERS } from "./phrases-others.ts";
import { OVERRIDE, type Signal } from "./signal.ts";

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

/** @throws the signal's reason where it aborts before a long text is read. */
export async function findInjection(
  text: string,
  where: GuardrailPlace,
  { threshold, imageHosts }: InjectionRules,
  signal?: AbortSignal,
): Promise<readonly Finding[]> {
  const pace = pacer(signal);
  // A model may write about attacks; what it writes must not hide anything, or carry anything out.
  const isModels = where === "output" || where === "arguments" || where === "question";
  const found = [
    ...(isModels ? [] : await findSignals(text, pace)),
    ...findHidden(text),
    ...findImages(text, imageHosts),
    ...(isModels ? [] : await findNested(text, threshold, MAX_DEPTH, pace)),
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

async function findSignals(text: string, pace: Pace): Promise<readonly Found[]> {
  const { text: plain, original } = await normalise(text, pace);
  const said = await matches(plain, SIGNALS, pace, readMixed);
  const marked = await matches(text, [...DELIMITERS, UNSEEN], pace);
  return [...said.map((one) => ({ ...one, start: original(one.start), end: original(one.end) })), ...marked];
}

async function matches(
  text: string,
  signals: readonly Signal[],
  pace: Pace,
  read = (piece: string): string => piece,
): Promise<readonly Found[]> {
  const found: Found[] = [];
  for (const { at, text: given, from, to } of windowsOf(text)) {
    const piece = read(given);
    for (const { kind, weight, pattern } of signals) {
      for (const { 0: match, index } of piece.matchAll(pattern)) {
        const start = at + index;
        if (start >= from && start < to) found.push({ start, end: start + match.length, kind, weight });
      }
    }
    await pace(piece.length);
  }
  return found;
}

/** Words that somebody took the trouble to encode count fully: nobody writes about attacks like that. */
async function findNested(
  text: string,
  threshold: number,
  depth: number,
  pace: Pace,
): Promise<readonly Found[]> {
  const found: Found[] = [];
  for (const { start, end, text: decoded } of findEncoded(text)) {
    await pace(end - start);
    const said = await findSignals(decoded, pace);
    const inner = clusters(said.toSorted((a, b) => a.start - b.start));
    const fires =
      inner.some((cluster) => sum(cluster) >= threshold) ||
      (depth > 1 && (await findNested(decoded, threshold, depth - 1, pace)).length > 0);
    if (fires) found.push({ start, end, kind: "encoded instructions", weight: 1.2 });
  }
  return found;
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
  const isAboutElse = kind === OVERRIDE && TOPIC.test(text.slice(heaviest?.end, (heaviest?.end ?? 0) + 60));
  const talks = isAboutElse || DISCUSSION.test(text.slice(from, to).toLowerCase());
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
