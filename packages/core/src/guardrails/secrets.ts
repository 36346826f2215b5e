/** Secrets in a text, by the patterns that logs are redacted with. What only looks a little like one is looked at twice. */
import { SECRET_PATTERNS, type SecretPattern } from "../text/secret-patterns.ts";
import type { Finding } from "./types.ts";

/** In a sentence: "the password for the router is hunter2", "das Passwort lautet Sommer2024". */
const SAID: SecretPattern = {
  kind: "password",
  keep: 1,
  pattern:
    /((?<![\p{L}\p{N}])(?:password|passphrase|passcode|passwort|kennwort|mot de passe|contrase\u00f1a|senha|wachtwoord)(?: (?:for|of|to|f\u00fcr|zum|vom|pour|de|para|del|voor)(?: [\p{L}\p{N}'-]{1,30}){1,3}?)? (?:is|was|ist|lautet|war|est|es|\u00e9|to|now):? ["'`\u201c\u201e\u00ab]?)(?=[^\s]{0,60}[\p{N}!$%^&*+=_])(?=[^\s]{0,60}\p{L})(?!\[redacted)[^\s"'`\u201d\u00bb]{5,200}/giu,
};
const PATTERNS = [...SECRET_PATTERNS, SAID];

export function findSecrets(text: string): readonly Finding[] {
  return PATTERNS.flatMap(({ kind, keep = 0, pattern, vague = false }) =>
    Array.from(text.matchAll(pattern)).flatMap((match): readonly Finding[] => {
      const kept = match.slice(1, keep + 1).join("").length;
      const value = match[0].slice(kept);
      if (vague && !isPlausible(kind, value)) return [];
      return [{ detector: "secrets", kind, start: match.index + kept, end: match.index + match[0].length }];
    }),
  );
}

/** What stands after `password:` in types, schemas, templates and documentation. */
const NO_VALUE =
  /^(?:str(?:ing)?|number|int(?:eger)?|bool(?:ean)?|null|none|nil|undefined|true|false|required|optional|any|unknown|text|varchar.*|secret|password|token|yes|no|is|the|a|an|my|your|x+|\*+|\.+|-+|_+|change[_-]?me|redacted|hidden|example|placeholder|todo|z\.\w.*|process\.env.*|os\.(?:environ|getenv).*|env[.([].*|import\.meta.*|config\.\w.*|args\.\w.*|self\.\w.*|this\.\w.*|[$<{[(%].*|.*(?:\.\.\.|…)|[a-z_]+(?:\.[a-z_]+)+(?:\[\w*\])?|\w+\(.*)[)\]}>.!?]*$/i;

function isPlausible(kind: string, value: string): boolean {
  if (kind === "credentials") {
    const token = value.replace(/^\w+\s+/, "");
    return /\d/.test(token) || /[a-z][A-Z]{2}|=$/.test(token) || token.length > 40;
  }
  if (kind === "password") return value.length >= 4 && !NO_VALUE.test(value.slice(0, 200));
  return /\d/.test(value);
}
