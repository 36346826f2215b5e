/**
 * Signals: what instructions to a model look like where nobody should instruct it. Patterns are read against normalised
 * text: lower case, no accents, white space single. Between two parts of a pattern stand three words at most, so every
 * pattern is bounded.
 */

export interface Signal {
  readonly kind: string;
  /** What it counts towards the threshold of 1. */
  readonly weight: number;
  readonly pattern: RegExp;
}

/** At most so many words between, and nothing that ends a sentence. */
const GAP = "(?:[ \\n,:'\"’*_-]{1,4}[^\\s.!?;]{1,20}){0,3}?[ \\n,:'\"’*_-]{1,4}";

/** A word: alternatives with no letter or digit on either side. */
export const row = (kind: string, weight: number, ...words: readonly string[]): Signal => ({
  kind,
  weight,
  pattern: new RegExp(
    words.map((word) => `(?<![\\p{L}\\p{N}])(?:${word})(?![\\p{L}\\p{N}])`).join(GAP),
    "gu",
  ),
});

export const OVERRIDE = "instruction override";
export const LEAK = "request for the system prompt";
export const ROLE = "change of role";
export const SECRECY = "demand for secrecy";
export const EXFILTRATION = "request to send data out";
export const MARK = "delimiter of a model's format";
export const DEMAND = "demand to call a tool";
export const ADDRESS = "words addressed to a model";
