/** Takes secrets out of text that goes to a model, a log or a stored event. */
import { SECRET_PATTERNS } from "./secret-patterns.ts";

/** `text` without private keys, bearer tokens, JWTs, API keys, passwords in URLs and `password=…` pairs. */
export function redactSecrets(text: string): string {
  return SECRET_PATTERNS.reduce(
    (clean, { pattern, keep, label = "[redacted key]" }) =>
      clean.replace(pattern, keep === undefined ? label : `$1${label}`),
    text,
  );
}
