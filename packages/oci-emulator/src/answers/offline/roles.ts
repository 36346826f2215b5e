// What a string parameter is for, judged by its name, and where in a prompt its value stands: one row a role.
import { expressions } from "./arithmetic.ts";
import { people, places, properNouns, quoted, salient, unique } from "./words.ts";

export interface Role {
  readonly name: string;
  /** Tested against the property's name in words, such as `departure city`. */
  readonly property: RegExp;
  /** Candidates in the prompt, best first. */
  readonly find: (prompt: string) => readonly string[];
  /** Whether several candidates mean several calls. */
  readonly several: boolean;
}

const all =
  (pattern: RegExp) =>
  (prompt: string): readonly string[] =>
    unique(Array.from(prompt.matchAll(pattern), (match) => match[1] ?? match[0]));

const first = (...finders: readonly ((prompt: string) => readonly string[])[]) => {
  return (prompt: string): readonly string[] => {
    for (const find of finders) {
      const found = find(prompt);
      if (found.length > 0) return found;
    }
    return [];
  };
};

const placeAfter =
  (word: string) =>
  (prompt: string): readonly string[] =>
    all(new RegExp(String.raw`\b(?:${word})\s+(\p{Lu}[\p{L}-]*(?: \p{Lu}[\p{L}-]*)*)`, "gu"))(prompt);

const emails = all(/[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g);

const ids = (prompt: string): readonly string[] =>
  all(/#?\b([A-Za-z]{0,8}[-_]?\d[\w-]*)\b/g)(prompt.replace(/\b\d{4}-\d{2}-\d{2}\b/g, " "));

const day =
  /\b(\d{4}-\d{2}-\d{2}|today|tonight|tomorrow|yesterday|(?:next |this )?(?:mon|tues|wednes|thurs|fri|satur|sun)day|next week|this week|weekend)\b/gi;
const language =
  /\b(english|french|german|spanish|italian|portuguese|norwegian|dutch|japanese|chinese|korean|arabic|hindi|russian|polish|swedish|danish|turkish)\b/gi;
const currencyWords: Readonly<Record<string, string>> = {
  dollar: "USD",
  euro: "EUR",
  pound: "GBP",
  yen: "JPY",
  krone: "NOK",
};

const currencies = (prompt: string): readonly string[] =>
  unique(
    Array.from(
      prompt.matchAll(/\b([A-Z]{3})\b|\b(dollar|euro|pound|yen|krone)s?\b/g),
      (match) => match[1] ?? currencyWords[match[2] ?? ""] ?? "",
    ).filter(Boolean),
  );

const whole = (prompt: string): readonly string[] => [
  prompt.trim().replace(/^(please )?(remember|note|save|store)( down)?( that)?[:\s]+/i, ""),
];

/** First match wins, so the narrower roles come first. */
const roles: readonly Role[] = [
  { name: "email", property: /mail|recipient/, find: emails, several: false },
  {
    name: "url",
    property: /\b(url|uri|link|website|href)\b/,
    find: all(/https?:\/\/[^\s"'<>)]+/g),
    several: true,
  },
  {
    name: "expression",
    property: /expression|formula|equation|calculation|\bexpr\b|\bmath\b/,
    find: expressions,
    several: true,
  },
  {
    name: "from currency",
    property: /(from|source|base).*currency|currency.*from/,
    find: (p) => currencies(p).slice(0, 1),
    several: false,
  },
  {
    name: "to currency",
    property: /(to|target|quote).*currency|currency.*to/,
    find: (p) => currencies(p).slice(1, 2),
    several: false,
  },
  { name: "currency", property: /currency/, find: currencies, several: false },
  { name: "to", property: /^to$/, find: first(emails, placeAfter("to"), places), several: false },
  {
    name: "origin",
    property: /\b(from|origin|source|departure|start)\b/,
    find: placeAfter("from|leaving"),
    several: false,
  },
  {
    name: "destination",
    property: /\b(to|destination|dest|arrival)\b/,
    find: first(placeAfter("to|visit|visiting"), places),
    several: false,
  },
  { name: "date", property: /date|\bday\b|\bwhen\b|deadline|\bdue\b/, find: all(day), several: false },
  {
    name: "time zone",
    property: /time ?zone/,
    find: first(all(/\b[A-Z][a-z]+\/[A-Z][A-Za-z_]+\b|\bUTC\b/g), places),
    several: true,
  },
  {
    name: "clock time",
    property: /\btime\b|\bhour\b/,
    find: all(/\b(\d{1,2}(?::\d{2})?\s?(?:am|pm)|\d{1,2}:\d{2})\b/gi),
    several: false,
  },
  {
    name: "place",
    property: /city|cities|location|place|town|country|region|address|area|where|destination/,
    find: places,
    several: true,
  },
  {
    name: "symbol",
    property: /symbol|ticker|stock/,
    find: first(all(/\b[A-Z]{2,5}\b/g), properNouns),
    several: true,
  },
  {
    name: "path",
    property: /\b(path|file|filename|directory|folder)\b/,
    find: all(/(?:[\w.-]*\/[\w./-]+|\b[\w-]+\.\w{1,5}\b)/g),
    several: true,
  },
  { name: "language", property: /language|\blang\b|locale/, find: all(language), several: false },
  {
    name: "id",
    property: /\b(id|ids|number|code|reference|ref|sku|identifier|key)$/,
    find: first(ids, quoted),
    several: true,
  },
  {
    name: "topic",
    property: /quer(y|ies)|search|topic|keyword|\bterm|subject|title|\bq\b/,
    find: first(quoted, (p) => [salient(p)]),
    several: false,
  },
  {
    name: "wording",
    property:
      /question|prompt|message|input|request|task|\btext\b|content|body|instruction|note|fact|comment|description|statement|claim|summary|reason|thought|answer|plan/,
    find: first(quoted, whole),
    several: false,
  },
  {
    name: "person",
    property:
      /name|person|user|customer|author|\bwho\b|employee|contact|guest|owner|passenger|traveller|traveler|attendee/,
    find: first(quoted, people),
    several: true,
  },
];

const anything: Role = {
  name: "anything",
  property: /(?:)/,
  find: first(quoted, properNouns),
  several: false,
};

/** The role of a property, by its name in words and, failing that, by its description. */
export function roleOf(property: string, description: string): Role {
  return (
    roles.find((role) => role.property.test(property)) ??
    roles.find((role) => role.property.test(description.toLowerCase())) ??
    anything
  );
}
