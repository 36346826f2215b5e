/** Findings in order, and text without them. Pure. */
import type { Finding } from "./types.ts";

/** The note that stands for what was taken out. */
export function note(kind: string, action: "redacted" | "blocked" = "redacted"): string {
  return `[${action} ${kind}]`;
}

/**
 * Sorted, and no two of them overlap: of those that do one is left that covers all, and is called what the highest in
 * rank is, and of those the longest. A span that does not lie in a text of `length` is cut to it, and one that is empty is left out.
 */
export function mergeFindings(
  findings: readonly Finding[],
  length: number,
  rankOf: (finding: Finding) => number = () => 0,
): readonly Finding[] {
  const inside = findings
    .map((finding) => ({
      ...finding,
      start: clamp(finding.start, length),
      end: clamp(finding.end, length),
    }))
    .filter(({ start, end }) => start < end)
    .toSorted((a, b) => a.start - b.start || b.end - a.end);
  const merged: Finding[] = [];
  let named: Finding | undefined;
  for (const finding of inside) {
    const last = merged.at(-1);
    if (last === undefined || named === undefined || finding.start >= last.end) {
      merged.push(finding);
      named = finding;
      continue;
    }
    const higher = rankOf(finding) - rankOf(named) || sizeOf(finding) - sizeOf(named);
    if (higher > 0) named = finding;
    merged[merged.length - 1] = { ...named, start: last.start, end: Math.max(last.end, finding.end) };
  }
  return merged;
}

function sizeOf({ start, end }: Finding): number {
  return end - start;
}

/** `text` with a note in the place of each finding, which are merged; everything else stays as it is. */
export function replaceFindings(
  text: string,
  merged: readonly Finding[],
  noteOf: (finding: Finding) => string = ({ kind }) => note(kind),
): string {
  const pieces: string[] = [];
  let at = 0;
  for (const finding of merged) {
    pieces.push(text.slice(at, finding.start), noteOf(finding));
    at = finding.end;
  }
  pieces.push(text.slice(at));
  return pieces.join("");
}

function clamp(index: number, length: number): number {
  return Math.min(Math.max(0, Math.trunc(index)), length);
}
