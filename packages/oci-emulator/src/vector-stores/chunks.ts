// How a file becomes the chunks that are searched: its text, cut into overlapping runs of words.

/** Sizes in tokens, for which words stand here. */
export interface Chunking {
  readonly maxTokens: number;
  readonly overlapTokens: number;
}

export const usualChunking: Chunking = { maxTokens: 800, overlapTokens: 400 };

/** The text of a file; `undefined` if it is no text in UTF-8. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return text.includes("\0") ? undefined : text;
  } catch {
    return undefined;
  }
}

/** The chunks of a text, with the white space between their words as it was. */
export function chunksOf(text: string, { maxTokens, overlapTokens }: Chunking): readonly string[] {
  const starts: number[] = [];
  const ends: number[] = [];
  // Runs without white space are cut as well: some scripts, and most data, have none.
  for (const match of text.matchAll(/\S{1,100}/gu)) {
    starts.push(match.index);
    ends.push(match.index + match[0].length);
  }
  const chunks: string[] = [];
  for (let first = 0; first < starts.length; first += maxTokens - overlapTokens) {
    const last = Math.min(first + maxTokens, starts.length) - 1;
    chunks.push(text.slice(starts[first], ends[last]));
    if (last === starts.length - 1) break;
  }
  return chunks;
}
