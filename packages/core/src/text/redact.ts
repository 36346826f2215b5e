/** Takes secrets out of text that goes to a model, a log, an error or a stored event. */
import { QUOTED_PATTERNS, SECRET_PATTERNS, type SecretPattern } from "./secret-patterns.ts";

const PATTERNS: readonly SecretPattern[] = [...SECRET_PATTERNS, ...QUOTED_PATTERNS];

/**
 * `text` without private keys, bearer tokens, JWTs, API keys, passwords in URLs, `password=…` pairs and quoted
 * credentials.
 *
 * @param known What must not be in it, whatever it looks like: see `knownSecrets`.
 * @example
 * ```ts
 * import { redactSecrets } from "@locus-sdk/core";
 *
 * redactSecrets("sent with hunter2-4711", ["hunter2-4711"]); // "sent with [redacted]"
 * ```
 */
export function redactSecrets(text: string, known: readonly string[] = []): string {
  const unknowing = known.reduce((clean, secret) => clean.replaceAll(secret, "[redacted]"), text);
  return PATTERNS.reduce(
    (clean, { pattern, keep, label = "[redacted key]" }) =>
      clean.replace(pattern, keep === undefined ? label : `$1${label}`),
    unknowing,
  );
}
