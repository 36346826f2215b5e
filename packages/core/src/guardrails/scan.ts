/** Asks detectors about texts, and does to the texts what is to be done about what they found. */
import { abortable, linkedController } from "../async/abort.ts";
import type { GuardrailReport } from "../hooks/types.ts";
import { mergeFindings, note, replaceFindings } from "./spans.ts";
import type { Rewrite } from "./texts.ts";
import type { Detector, Finding, GuardrailAction, GuardrailPlace } from "./types.ts";

/** A detector, and what is done about its findings in each place. */
export interface Guard {
  readonly detector: Detector;
  readonly actions: Readonly<Record<GuardrailPlace, GuardrailAction>>;
}

export interface ScanOptions {
  readonly guards: readonly Guard[];
  readonly where: GuardrailPlace;
  /** For reports: the place, with the tool's name where there is one. */
  readonly label: string;
  /** Findings that another action is meant for are left to others. */
  readonly acts: readonly GuardrailAction[];
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Scanned<T> {
  /** With notes for what is to be redacted or blocked; the same object where nothing is. */
  readonly value: T;
  readonly reports: readonly GuardrailReport[];
  /** Kinds of what is to be blocked. */
  readonly blocked: readonly string[];
  /** Kinds of what a person is to be asked about. */
  readonly asked: readonly string[];
}

/** So often at most; what is then still found is in texts that nobody writes. */
const ROUNDS = 8;

/**
 * Whatever holds texts, and the way to walk them. What was redacted is looked at again, until nothing is found: a number
 * may have hidden in the one before it.
 *
 * @throws Error where there is no end to that.
 */
export async function scan<T>(
  value: T,
  walk: (value: T, rewrite: Rewrite) => T,
  options: ScanOptions,
): Promise<Scanned<T>> {
  let scanned = await scanOnce(value, walk, options);
  for (let round = 1, before = value; scanned.value !== before; round++) {
    if (round > ROUNDS) throw new Error("there is no end to what the detectors find in one text");
    before = scanned.value;
    const acts = options.acts.filter((action) => action === "redact" || action === "block");
    const again = await scanOnce(before, walk, { ...options, acts });
    scanned = {
      value: again.value,
      reports: [...scanned.reports, ...again.reports],
      blocked: [...scanned.blocked, ...again.blocked],
      asked: scanned.asked,
    };
  }
  return scanned;
}

async function scanOnce<T>(
  value: T,
  walk: (value: T, rewrite: Rewrite) => T,
  options: ScanOptions,
): Promise<Scanned<T>> {
  const { guards, where, acts } = options;
  const active = guards.filter(({ actions }) => acts.includes(actions[where]));
  if (active.length === 0) return { value, reports: [], blocked: [], asked: [] };
  const pieces: { readonly text: string; readonly start: number }[] = [];
  const joined: string[] = [];
  let length = 0;
  walk(value, (text, after) => {
    pieces.push({ text, start: length });
    joined.push(text, after);
    length += text.length + after.length;
    return text;
  });
  const text = joined.join("");
  const found = (await Promise.all(active.map((guard) => ask(guard, text, options)))).flat();
  if (found.length === 0) return { value, reports: [], blocked: [], asked: [] };
  const actionOf = new Map(active.map(({ detector, actions }) => [detector.name, actions[where]]));
  const isBlocked = (finding: Finding): boolean => actionOf.get(finding.detector) === "block";
  const merged = mergeFindings(
    found.filter((finding) => isBlocked(finding) || actionOf.get(finding.detector) === "redact"),
    text.length,
    (finding) => (isBlocked(finding) ? 1 : 0),
  );
  const noteOf = (finding: Finding): string =>
    note(finding.kind, isBlocked(finding) ? "blocked" : "redacted");
  const replaced = replaceIn(pieces, merged, noteOf);
  let at = 0;
  return {
    value: replaced === undefined ? value : walk(value, () => replaced[at++] ?? ""),
    reports: reportsOf(found, actionOf, options.label),
    blocked: kindsOf(found, actionOf, "block"),
    asked: kindsOf(found, actionOf, "ask"),
  };
}

/** A detector that is silent for too long is as good as one that failed. */
async function ask(
  { detector }: Guard,
  text: string,
  { where, timeoutMs, signal }: ScanOptions,
): Promise<readonly Finding[]> {
  const { controller, release } = linkedController(signal === undefined ? [] : [signal]);
  const timer = setTimeout(
    () => controller.abort(new Error(`the detector "${detector.name}" did not answer in ${timeoutMs} ms`)),
    timeoutMs,
  );
  try {
    const asking = (async () => detector.detect(text, { where, signal: controller.signal }))();
    const found = await abortable(asking, controller.signal);
    return found.map((finding) => checked(detector.name, finding));
  } finally {
    clearTimeout(timer);
    release();
  }
}

function checked(detector: string, finding: Finding): Finding {
  const { start, end, kind } = finding;
  if (Number.isFinite(start) && Number.isFinite(end) && typeof kind === "string")
    return { ...finding, detector };
  throw new TypeError(`the detector "${detector}" found what is no { start, end, kind }`);
}

/** Each piece with notes in the place of what of a finding lies in it; `undefined` where no piece changes. */
function replaceIn(
  pieces: readonly { readonly text: string; readonly start: number }[],
  merged: readonly Finding[],
  noteOf: (finding: Finding) => string,
): readonly string[] | undefined {
  if (merged.length === 0) return undefined;
  let first = 0;
  return pieces.map(({ text, start }) => {
    if (text === "") return text;
    const end = start + text.length;
    while ((merged[first]?.end ?? Number.POSITIVE_INFINITY) <= start) first += 1;
    const inside: Finding[] = [];
    for (let at = first; (merged[at]?.start ?? Number.POSITIVE_INFINITY) < end; at++) {
      const finding = merged[at];
      if (finding !== undefined) {
        const from = Math.max(0, finding.start - start);
        inside.push({ ...finding, start: from, end: Math.min(text.length, finding.end - start) });
      }
    }
    return replaceFindings(text, inside, noteOf);
  });
}

function reportsOf(
  found: readonly Finding[],
  actionOf: ReadonlyMap<string, GuardrailAction>,
  where: string,
): readonly GuardrailReport[] {
  const counts = Map.groupBy(found, ({ detector, kind }) => JSON.stringify([detector, kind]));
  return Array.from(counts.values(), (same) => {
    const [{ detector, kind } = { detector: "", kind: "" }] = same;
    const detail = same.length === 1 ? kind : `${kind}, ${same.length} times`;
    return { detector, action: actionOf.get(detector) ?? "flag", where, detail };
  });
}

function kindsOf(
  found: readonly Finding[],
  actionOf: ReadonlyMap<string, GuardrailAction>,
  action: GuardrailAction,
): readonly string[] {
  return [
    ...new Set(found.filter(({ detector }) => actionOf.get(detector) === action).map(({ kind }) => kind)),
  ];
}
