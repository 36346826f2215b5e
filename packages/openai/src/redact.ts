/** Takes secrets out of texts that others wrote, before they become messages of ours. */

/** What looks like a credential: the pattern, and what stands in its place. */
const SECRETS: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  // `fetch` quotes a header value it cannot send, which may be the key with a line break behind it.
  [/"[^"]*"( is an invalid header value)/g, '"[redacted]"$1'],
  [/\b(Bearer|Basic)\s+(?=\S*\d|\S{20})[\w.~+/=-]{6,}/gi, "$1 [redacted]"],
  [/\bsk-[\w*-]{4,}/g, "sk-[redacted]"],
  [/\b(signature|keyId)="[^"]*"/g, '$1="[redacted]"'],
  [
    /("?\b(?:authorization|proxy-authorization|x-api-key|api[-_]?key)"?\s*[:=]\s*)("[^"]*"|'[^']*'|[^\s,;}]+)/gi,
    "$1[redacted]",
  ],
  [/(\w+:\/\/)[^\s/@:]+:[^\s/@]+@/g, "$1[redacted]@"],
];

/** `text` without keys, tokens, signatures and passwords in URLs. */
export function redact(text: string): string {
  return SECRETS.reduce((clean, [pattern, replacement]) => clean.replace(pattern, replacement), text);
}

/** The error itself where neither it nor what caused it tells a secret; otherwise a copy without. */
export function redactError(error: unknown): unknown {
  if (!(error instanceof Error)) return typeof error === "string" ? redact(error) : error;
  let tells = false;
  const seen = new Set<unknown>();
  for (let link: unknown = error; link instanceof Error && !seen.has(link); link = link.cause) {
    seen.add(link);
    const text = `${link.message}\n${link.stack ?? ""}`;
    if (redact(text) !== text) tells = true;
  }
  if (!tells) return error;
  const copy = new Error(redact(error.message));
  copy.name = error.name;
  if (error.stack !== undefined) copy.stack = redact(error.stack);
  return copy;
}
