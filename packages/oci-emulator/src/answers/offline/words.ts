// Reading a prompt without a model: words, names, quotes, numbers.

const stopWords: ReadonlySet<string> = new Set(
  `a about all also am an and any are as at be been but by can could did do does for from get give had has have
  he her him his how i if in into is it its just like me my need no not of on or our out over please say she should
  show so some tell than that the their them then there these they this to up us use using very want was we were what
  when where which who whom whose why will with would you your hi hello thanks thank ok okay let make much many now
  i'm it's what's let's don't`.split(/\s+/),
);

const notNames: ReadonlySet<string> = new Set(
  `i ok monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
  september october november december celsius fahrenheit json http https`.split(/\s+/),
);

/** Lower-case words, stop words left out. */
export function contentWords(text: string): readonly string[] {
  return (text.toLowerCase().match(/[\p{L}\p{N}][\p{L}\p{N}']*/gu) ?? []).filter(
    (word) => !stopWords.has(word),
  );
}

/** Parts of an identifier, lower-case: `getWeather_now` is get, weather, now. */
export function identifierWords(name: string): readonly string[] {
  return name
    .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean);
}

/** Crude stem: enough for `flights` to meet `flight` and `raining` to meet `rain`. */
export function stem(word: string): string {
  const bare = word.replace(/'s?$/, "");
  if (bare.length > 4 && bare.endsWith("ies")) return `${bare.slice(0, -3)}y`;
  for (const suffix of ["ing", "ed", "es", "s"]) {
    if (bare.length > suffix.length + 2 && bare.endsWith(suffix) && !bare.endsWith("ss")) {
      return bare.slice(0, -suffix.length).replace(/e$/, "");
    }
  }
  return bare.replace(/(?<=.{3})e$/, "");
}

export const stems = (words: readonly string[]): ReadonlySet<string> => new Set(words.map(stem));

interface Span {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly opensSentence: boolean;
}

const namePart = String.raw`\p{Lu}[\p{L}\p{N}]*(?:[-.'’](?!s\b)[\p{L}\p{N}]+)*`;
const namePattern = new RegExp(
  String.raw`(?<![\p{L}\p{N}_/@.-])${namePart}(?: (?:(?:de|da|del|of|upon|la|le|van|von) )?${namePart})*`,
  "gu",
);

function nameSpans(text: string): readonly Span[] {
  const spans: Span[] = [];
  for (const match of text.matchAll(namePattern)) {
    // "And Oslo" is one run of capitals: words that are no names are taken off its front.
    const words = match[0].split(" ");
    let start = match.index;
    while (words.length > 0 && isCommon(words[0] ?? "")) start += (words.shift() ?? "").length + 1;
    if (words.length === 0) continue;
    const name = words.join(" ");
    const before = text.slice(0, start).trimEnd();
    spans.push({
      text: name,
      start,
      end: start + name.length,
      opensSentence: before === "" || /[.!?:\n]$/.test(before),
    });
  }
  return dropSentenceOpeners(spans, text);
}

const isCommon = (word: string): boolean =>
  stopWords.has(word.toLowerCase()) || notNames.has(word.toLowerCase());

/** The first word of a sentence is capital anyway: it counts as a name only in a list, alone, or for want of others. */
function dropSentenceOpeners(spans: readonly Span[], text: string): readonly Span[] {
  const kept = spans.filter((span) => {
    if (!span.opensSentence || span.text.includes(" ")) return true;
    const after = text.slice(span.end);
    return /^\s*([.!?]*$|,\s*\p{Lu}|(and|or|vs)\s+\p{Lu})/u.test(after);
  });
  return kept.length > 0 ? kept : spans.filter(({ text: name }) => name.includes(" "));
}

/** Proper nouns, in order, each once. */
export function properNouns(text: string): readonly string[] {
  return unique(nameSpans(text).map((span) => span.text));
}

const beforePlace = /\b(in|at|for|near|of|around|to|from|visit|visiting|between)\s+(the\s+)?$/i;
const listSeparator = /^\s*(,|,?\s*(and|or|vs\.?|versus|&))\s*(in\s+|for\s+)?$/i;
const notPlace =
  /^(the|a|an|my|your|our|this|that|it|me|him|her|us|them|today|tomorrow|now|general|detail|total|all|case|order|fact|time|short|json|english|degrees?|least|most|once|first|home|work|night|noon|example|instance|sure|how|what|each|every|some|any|more|less|one|two|three)$/;

/** Names that stand where places stand: after "in", "for", …, with whatever is listed beside them. */
export function places(text: string): readonly string[] {
  const spans = nameSpans(text);
  const found: string[] = [];
  let previous: { readonly end: number; readonly isPlace: boolean } | undefined;
  for (const span of spans) {
    const listed = previous?.isPlace === true && listSeparator.test(text.slice(previous.end, span.start));
    const isPlace = listed || beforePlace.test(text.slice(0, span.start));
    if (isPlace) found.push(span.text);
    previous = { end: span.end, isPlace };
  }
  if (found.length > 0) return unique(found);
  if (spans.length > 0) return unique(spans.map((span) => span.text));
  const lower = /\b(?:in|near|at|for)\s+(\p{Ll}[\p{Ll}-]+)/u.exec(text)?.[1];
  return lower === undefined || notPlace.test(lower) ? [] : [lower.charAt(0).toUpperCase() + lower.slice(1)];
}

/** Names that do not stand where only places stand. */
export function people(text: string): readonly string[] {
  const spans = nameSpans(text);
  const others = spans.filter(({ start }) => !/\b(in|at|near|to|from|visit)\s+$/i.test(text.slice(0, start)));
  return unique((others.length > 0 ? others : spans).map((span) => span.text));
}

/** Text in quotation marks. */
export function quoted(text: string): readonly string[] {
  const found = text.matchAll(
    /"([^"]+)"|“([^”]+)”|«([^»]+)»|`([^`]+)`|(?<![\p{L}\p{N}])'([^']+)'(?![\p{L}])/gu,
  );
  return Array.from(found, (match) => match.slice(1).find((group) => group !== undefined) ?? "");
}

/** Numbers, dates left out. */
export function numbers(text: string): readonly number[] {
  const bare = text.replace(/\d{4}-\d{2}-\d{2}(T[\d:.Z+-]*)?/g, " ");
  return Array.from(
    bare.matchAll(/(?<![\p{L}\d.])-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|(?<![\p{L}\d.])-?\d+(?:\.\d+)?/gu),
    ([match]) => Number(match.replaceAll(",", "")),
  );
}

/** What a prompt is about, once its asking is taken away: "Search for the history of Rome?" is "history of Rome". */
export function salient(text: string): string {
  const sentence = text.trim().replace(/[?!.\s]+$/, "");
  const bare = sentence
    .replace(/^(hi|hello|hey|please|ok|okay|and|so)\b[\s,]*/i, "")
    .replace(/^((can|could|would|will) you|i (want|need|would like)( you)? to|help me|let's)\s+/i, "")
    .replace(/^please\s+/i, "")
    .replace(
      /^(search|look up|look|find out|find|google|tell me|show me|give me|research|explain|describe|what|who|where|when)\b\s*/i,
      "",
    )
    .replace(/^(is|are|was|were|do you know)\b\s*/i, "")
    .replace(/^(the web|online)\s+/i, "")
    .replace(/^(for|about|up|on)\b\s*/i, "")
    .replace(/^(the|a|an)\s+/i, "")
    .trim();
  return bare === "" ? sentence : bare;
}

export function unique<Item>(items: readonly Item[]): readonly Item[] {
  return [...new Set(items)];
}
