/** Whether a note holds a password, a key or a card number, also where it says so in plain words. Pure. */
import { lazily } from "../lazily.ts";
import { redactSecrets } from "../text/redact.ts";

/** No letter or digit before or after: `\b` knows ASCII alone. */
const START = "(?<![\\p{L}\\p{N}])";
const END = "(?![\\p{L}\\p{N}])";

/** What is a secret whatever it looks like. */
const PASSWORD =
  "(?:passwords?|passwd|pwd|passcode|pass[ -]?phrase|passw(?:o|\u00f6)rt(?:er|e|es)?|kennwort|mot de passe|contrase\u00f1a|senha|wachtwoord|l\u00f6senord|has\u0142o|\u043f\u0430\u0440\u043e\u043b\u044c|\u5bc6\u7801|\u30d1\u30b9\u30ef\u30fc\u30c9)";
/** What may be one: only with a value that looks like it. */
const KEY =
  "(?:secret|token|(?:api|access|secret|private|license|account)?[ _-]?key|(?:api|zugangs)?-?schl\u00fcssel|credentials?|geheimnis|cl\u00e9|clave)";
const PIN = "pin(?:[ -]?(?:code|number|nummer))?";

/** Whose or what for: "for the wifi", "at home". */
const FOR =
  "(?:\\s+(?:for|of|at|to|on|from|f\u00fcr|von|vom|zum|zur|bei|im|pour|de|para|del|voor)(?:\\s+[\\p{L}\\p{N}'\u2019.-]+){1,4}?)?";
const IS =
  "(?:\\s*[:=]\\s*|\\s+(?:is|was|are|ist|war|lautet|hei\u00dft|est|es|\u00e9|\u00e8|\u00e4r|er|(?:(?:is|was|has been)\\s+)?(?:changed|set|reset)\\s+to)\\s*:?\\s+)";
const VALUE = "[\"'`\u201c\u201e\u2018\u00ab]?(?<value>[^\\s\"'`\u201c\u201d\u2018\u2019\u00ab\u00bb]+)";

const named = (name: string, link: string, value = VALUE): RegExp =>
  new RegExp(`${START}${name}${END}${link}${value}`, "giu");

/** Found with a value, which is looked at. Made when first asked: they take a millisecond to make. */
const stated = lazily((): readonly (readonly [RegExp, (value: string, rest: string) => boolean])[] => [
  [named(PASSWORD, `${FOR}${IS}`), (value, rest) => looksSecret(value, 4) || isLoneWord(value, rest)],
  [
    named(PASSWORD, `${FOR}${IS}`, '["\'`\u201c\u201e\u2018\u00ab](?<value>[^"`\u201c\u201d\u00bb]+)'),
    () => true,
  ],
  [
    new RegExp(`${START}(?:changed|set|reset)\\s+(?:\\S+\\s+){0,3}?${PASSWORD}\\s+to\\s+${VALUE}`, "giu"),
    (value) => looksSecret(value, 4),
  ],
  [named(PASSWORD, "\\s+"), (value) => looksSecret(value, 6)],
  [named(KEY, `${FOR}${IS}`), (value) => looksSecret(value, 6)],
  // "hunter2 is her password", but not "1Password is her password manager".
  [
    new RegExp(
      `(?<value>[^\\s"'\`\u201c\u201d]+)["'\`\u201d]?\\s+(?:is|as|ist|als)\\s+(?:\\p{L}+['\u2019]?\\p{L}*\\s+){0,3}?${PASSWORD}${END}(?!\\s*-?\\s*(?:manager|safe|vault|generator|hint|policy))`,
      "giu",
    ),
    (value) => looksSecret(value, 4),
  ],
  [named(PIN, `${FOR}${IS}`, "(?<value>\\d{3,12})(?!\\p{L})"), () => true],
  [/(?<![\p{L}\p{N}])PIN (?<value>\d{4,8})(?![\p{L}\p{N}])/gu, () => true],
  // A long row of hexadecimal or Base64 digits not far behind such a word.
  [
    new RegExp(`${START}(?:${PASSWORD}|${KEY})${END}[^.!?\\n]{0,60}?(?<value>[\\w+/=-]{24,})`, "giu"),
    (value) => /\d/.test(value) && /[a-z]/i.test(value),
  ],
]);

/** Words that are said of a password and are none. */
const SAID_OF_ONE: ReadonlySet<string> = new Set(
  [
    "wrong right correct incorrect invalid valid secret strong weak safe secure insecure lost forgotten unknown known",
    "expired required needed missing new old long short good bad important personal private public shared protected",
    "encrypted hashed stored saved reset changed leaked stolen compromised different unique same simple complex hard",
    "easy annoying tedious broken optional mandatory blank empty confidential sensitive outdated random reused",
    "falsch richtig vergessen geheim sicher unsicher stark schwach neu lang kurz abgelaufen bekannt unbekannt",
    "verloren gespeichert notwendig leer wichtig",
  ].flatMap((line) => line.split(" ")),
);

/** Digits and letters, four digits or more, a symbol that words have not, or a capital inside. */
function looksSecret(given: string, least: number): boolean {
  const value = given.replace(/[.,;:!?)\]}]+$/u, "");
  if (Array.from(value).length < least) return false;
  if (/\p{L}/u.test(value) && /[\p{N}!@#$%^&*+=~|\\<>_]/u.test(value)) return true;
  return /^[\d -]*\d{4,}[\d -]*$/.test(value) || /\p{Ll}\p{Lu}/u.test(value);
}

/** One word and the sentence is over: "The password is swordfish." */
function isLoneWord(value: string, rest: string): boolean {
  const word = value.replace(/[.,;:!?)\]}]+$/u, "");
  const ends = word !== value || /^["'`\u201d\u2019\u00bb]*\s*(?:[.,;!?]|$)/u.test(rest);
  return ends && /^[\p{L}-]{4,}$/u.test(word) && !SAID_OF_ONE.has(word.toLowerCase());
}

/** 13 to 19 digits, alone or in groups; not a part of a longer number, nor a telephone's. */
const CARD = /(?<!\p{N}[ -]?)(?<![\p{L}+])[2-6](?:[ -]?\d){12,18}(?![ -]?\p{N})/gu;

/** The check digit of payment cards (ISO/IEC 7812-1). */
function isCard(text: string): boolean {
  const digits = Array.from(text.replaceAll(/\D/g, ""), Number).reverse();
  const sum = digits.reduce((total, digit, index) => {
    const counted = index % 2 === 0 ? digit : digit * 2;
    return total + (counted > 9 ? counted - 9 : counted);
  }, 0);
  return sum % 10 === 0;
}

/** Whether a short text states a secret. */
export function holdsSecret(text: string): boolean {
  if (redactSecrets(text) !== text) return true;
  if ([...text.matchAll(CARD)].some(([number]) => isCard(number))) return true;
  return stated().some(([pattern, isOne]) =>
    [...text.matchAll(pattern)].some((match) =>
      isOne(match.groups?.value ?? "", text.slice(match.index + match[0].length)),
    ),
  );
}
