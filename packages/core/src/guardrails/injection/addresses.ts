/** Addresses that are loaded as soon as a text is shown: of images in Markdown, of elements in HTML, in style sheets. */

export interface Loaded {
  readonly start: number;
  readonly end: number;
  readonly address: string;
}

/** With a scheme, or with that of the page. */
const REMOTE = "(?:https?:)?[/\\\\]{2}";
/** From the bracket that closes the words of a picture or a link. */
const INLINE = new RegExp(`\\]\\(\\s{0,8}<?(?<address>${REMOTE}[^)>"\\n]{1,2000})[^)]{0,300}\\)?`, "gi");
const REFERENCE = /(?<=[!\]])\[(?<label>[^\][]{1,100})\]/g;
const DEFINITION = new RegExp(
  `^[ >]{0,12}\\[(?<label>[^\\]\\n]{1,100})\\]:[ \\t]{0,8}\\n?[ \\t]{0,8}<?(?<address>${REMOTE}[^\\s>]{1,2000})`,
  "gim",
);
/** Elements that load something without a click, to the end of the tag. */
const ELEMENT =
  /<(?:img|image|iframe|frame|video|audio|source|track|object|embed|input|link|script|body|table|td|th|use|feimage|div|span|p|svg|style|a|b|i|h\d|section|ul|li)\b[^>]{0,2500}>?/gi;
const ATTRIBUTE =
  /\b(?:src|srcset|data|poster|background|lowsrc|dynsrc|imagesrcset)\s{0,8}=\s{0,8}(?:"(?<double>[^"]{1,2500})|'(?<single>[^']{1,2500})|(?<bare>[^\s"'>]{1,2000}))/gi;
const HREF =
  /\bhref\s{0,8}=\s{0,8}(?:"(?<double>[^"]{1,2500})|'(?<single>[^']{1,2500})|(?<bare>[^\s"'>]{1,2000}))/gi;
/** An `href` that is followed by itself. */
const LOADS_HREF = /^<(?:link|image|use|feimage)\b/i;
const STYLE = new RegExp(
  `(?:\\burl\\(\\s{0,8}["']?|@import\\s{1,8}["'])(?<address>${REMOTE}[^\\s"')]{1,2000})["']?\\)?`,
  "gi",
);

export function* loadedFrom(text: string): Generator<Loaded> {
  if (text.includes("![")) yield* inMarkdown(text);
  if (text.includes("<")) yield* inElements(text);
  if (/url\(|@import/i.test(text)) yield* spans(text, STYLE);
}

function* spans(text: string, pattern: RegExp): Generator<Loaded> {
  for (const { 0: match, index, groups } of text.matchAll(pattern))
    yield { start: index, end: index + match.length, address: groups?.address ?? "" };
}

function* inMarkdown(text: string): Generator<Loaded> {
  for (const { start, end, address } of spans(text, INLINE)) {
    const opens = opensAt(text, start);
    if (opens !== undefined) yield { start: opens, end, address };
  }
  const used = new Set<string>();
  for (const { index, groups } of text.matchAll(REFERENCE)) {
    if (text.charAt(index - 1) === "!" || opensAt(text, index - 1) !== undefined)
      used.add(labelOf(groups?.label));
  }
  for (const { 0: match, index, groups } of text.matchAll(DEFINITION)) {
    if (used.has(labelOf(groups?.label)))
      yield { start: index, end: index + match.length, address: groups?.address ?? "" };
  }
}

/** More than anybody writes of a picture. */
const MOST_WORDS = 500;

/** Where the picture begins whose words the bracket at `close` ends; a link is none. */
function opensAt(text: string, close: number): number | undefined {
  for (let at = close - 1, open = 1; at > 0 && at >= close - MOST_WORDS; at--) {
    const char = text.charAt(at);
    if (char === "]") open += 1;
    else if (char === "[") open -= 1;
    if (open === 0) return text.charAt(at - 1) === "!" ? at - 1 : undefined;
  }
  return undefined;
}

function labelOf(words = ""): string {
  return words.replace(/\s+/g, " ").trim().toLowerCase();
}

function* inElements(text: string): Generator<Loaded> {
  for (const { 0: tag, index } of text.matchAll(ELEMENT)) {
    const patterns = LOADS_HREF.test(tag) ? [ATTRIBUTE, HREF] : [ATTRIBUTE];
    for (const { groups = {} } of patterns.flatMap((pattern) => [...tag.matchAll(pattern)])) {
      const value = groups.double ?? groups.single ?? groups.bare ?? "";
      // `srcset` holds several, each with its width.
      for (const address of value.trim().split(/,?\s+/))
        if (/^(?:https?:)?[/\\]{2}/i.test(address)) yield { start: index, end: index + tag.length, address };
    }
  }
}
