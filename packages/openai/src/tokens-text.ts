/** Texts in tokens, by `gpt-tokenizer`; an encoding, some megabytes, is loaded when it is first asked for. */
import type { TokenEncoding } from "./tokens-table.ts";

export type TextCounter = (text: string) => number;

/** What users write is text, whatever it looks like: `<|endoftext|>` is not what it says. */
const AS_TEXT = { disallowedSpecial: new Set<string>() };
/** The tokenizer takes the square of the time for a run of one kind of characters. */
const LONGEST_RUN = 500;
const LONG_RUN = new RegExp(`\\S{${LONGEST_RUN}}|\\s{${LONGEST_RUN}}`);

interface Tokenizer {
  countTokens(text: string, options: typeof AS_TEXT): number;
}

const LOADERS: Readonly<Record<TokenEncoding, () => Promise<Tokenizer>>> = {
  o200k_base: () => import("gpt-tokenizer/encoding/o200k_base"),
  o200k_harmony: () => import("gpt-tokenizer/encoding/o200k_harmony"),
  cl100k_base: () => import("gpt-tokenizer/encoding/cl100k_base"),
};

const loading = new Map<TokenEncoding, Promise<TextCounter>>();

/** Counts the tokens of texts. A very long word counts up to one too many for each 500 characters. */
export function loadTextCounter(encoding: TokenEncoding): Promise<TextCounter> {
  let counter = loading.get(encoding);
  if (counter === undefined) {
    counter = LOADERS[encoding]().then(counterOf);
    loading.set(encoding, counter);
    // The next to ask tries again.
    counter.catch(() => loading.delete(encoding));
  }
  return counter;
}

function counterOf(tokenizer: Tokenizer): TextCounter {
  return (text) => {
    if (!LONG_RUN.test(text)) return tokenizer.countTokens(text, AS_TEXT);
    let tokens = 0;
    for (let at = 0; at < text.length; ) {
      const end = wellFormedEnd(text, at + LONGEST_RUN);
      tokens += tokenizer.countTokens(text.slice(at, end), AS_TEXT);
      at = end;
    }
    return tokens;
  };
}

/** Never between the halves of a surrogate pair. */
const wellFormedEnd = (text: string, at: number): number =>
  /[\uD800-\uDBFF]/.test(text.charAt(at - 1)) ? at + 1 : at;
