/** Text that people do not see and models read: tag characters, zero-width runs, bidirectional overrides. */
import type { Found } from "./found.ts";

/** Unicode tags spell ASCII without a glyph; after a black flag they are an emoji of a region. */
const TAGS = /(?<![\u{1F3F4}\u{E0000}-\u{E007F}])[\u{E0000}-\u{E007F}]{3,}/gu;
/** Variation selectors in a row hide bytes behind one letter; text has one at a time. */
const SELECTORS = /\p{Variation_Selector}{4,}/gu;
/** Zero-width characters in a row; languages and emoji use them one at a time. */
const ZERO_WIDTH = /(?:\u200B|\u200C|\u200D|[\u2060-\u2064]|\uFEFF){4,}/g;
/** Overrides turn what is seen around; embeddings and isolates are of use in mixed text, and not counted. */
const OVERRIDES = /[\u202D\u202E][^\n\u202C]{1,200}/g;

const KINDS: readonly (readonly [pattern: RegExp, kind: string, weight: number])[] = [
  [TAGS, "hidden text", 1],
  [SELECTORS, "hidden text", 1],
  [ZERO_WIDTH, "hidden text", 1],
  [OVERRIDES, "text turned around", 0.6],
];

export function* findHidden(text: string): Generator<Found> {
  if (!/\p{Default_Ignorable_Code_Point}/u.test(text)) return;
  for (const [pattern, kind, weight] of KINDS) {
    for (const { 0: match, index } of text.matchAll(pattern)) {
      yield { start: index, end: index + match.length, kind, weight, whole: weight >= 1 };
    }
  }
}
