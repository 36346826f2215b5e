/** The statements of a text by its sentences, bullets and rows; what only asks, greets or offers is none. Pure. */
import { termsOf } from "../../../memory/terms.ts";
import { NO_CLAIM, NOT_KNOWN, STOP } from "./tables.ts";

let segmenter: Intl.Segmenter | undefined;

export function sentencesOf(text: string): readonly string[] {
  segmenter ??= new Intl.Segmenter("en", { granularity: "sentence" });
  const cutter = segmenter;
  return text.split(/\n+/).flatMap((line) => mended([...cutter.segment(line)].map(({ segment }) => segment)));
}

/** The segmenter cuts after "approx." and "No."; what goes on without a capital, or behind an abbreviation, belongs together. */
function mended(segments: readonly string[]): readonly string[] {
  const whole: string[] = [];
  for (const segment of segments) {
    const last = whole.at(-1);
    const goesOn =
      last !== undefined &&
      (/^\s*\p{Ll}/u.test(segment) ||
        /(?:^|\s)(?:e\.g|i\.e|approx|No|Dr|Mr|Mrs|Ms|St|vs|etc|Inc|Ltd)\.\s*$/u.test(last));
    if (goesOn) whole[whole.length - 1] = last + segment;
    else whole.push(segment);
  }
  return whole.map((segment) => segment.trim()).filter((segment) => segment !== "");
}

export function claimsByRules(answer: string): readonly string[] {
  const text = answer
    .replaceAll(/```[\s\S]*?(?:```|$)/g, "\n")
    .replaceAll(/^ {0,3}#{1,6} .*$/gm, "")
    .replaceAll(/^[ :|-]+$/gm, "")
    .replaceAll(/!?\[([^\]\n]{0,500})\]\([^)\n]{0,2000}\)/g, "$1")
    .replaceAll(/^[ \t]*(?:[-*•+]|\d{1,3}[.)])[ \t]+/gm, "")
    .replaceAll(/\*\*|__|`/g, "");
  return sentencesOf(text)
    .map((sentence) => (sentence.includes("|") ? sentence.replaceAll(/\s*\|\s*/g, " ").trim() : sentence))
    .filter(isClaim);
}

function isClaim(sentence: string): boolean {
  if (/[?？]\W*$/u.test(sentence) || NO_CLAIM.test(sentence) || NOT_KNOWN.test(sentence)) return false;
  const hasFigure = /\p{N}/u.test(sentence);
  if (/[:：]$/u.test(sentence) && !hasFigure) return false;
  return hasFigure || termsOf(sentence).filter((term) => !STOP.has(term)).length >= 2;
}
