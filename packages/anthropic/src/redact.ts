/** Takes secrets out of texts that others wrote, before they become messages of ours. */
import { redactSecrets } from "@locus-sdk/core";

/** The longest piece of a foreign answer that goes into a message. */
const EXCERPT_CHARS = 300;

/** A foreign text for a message: without secrets, on one line, without markup, and short. */
export function excerpt(body: string, secrets: readonly string[] = []): string {
  const plain = /<(?:!doctype|html|head|body)\b/i.test(body)
    ? body.replace(/<(script|style)\b[\s\S]*?<\/\1>/gi, " ").replace(/<[^>]*>/g, " ")
    : body;
  const line = redact(plain, secrets).replace(/\s+/g, " ").trim();
  return line.length > EXCERPT_CHARS ? `${line.slice(0, EXCERPT_CHARS)}…` : line;
}

/** `text` without what looks like a secret, and without the secrets that are known. */
export function redact(text: string, secrets: readonly string[] = []): string {
  // `fetch` quotes a header value it cannot send, which may be the key with a line break behind it.
  const quoted = text.replace(/"[^"]*"( is an invalid header value)/g, '"[redacted]"$1');
  const known = secrets.filter((secret) => secret.length >= 6);
  return redactSecrets(known.reduce((clean, secret) => clean.replaceAll(secret, "[redacted]"), quoted));
}

/** What of an error may be kept as a cause: its name, its message and where it was thrown. */
export function safeCause(error: unknown, secrets: readonly string[] | undefined): unknown {
  if (!(error instanceof Error)) return redact(String(error), secrets);
  const copy = new Error(redact(error.message, secrets));
  copy.name = error.name;
  if (error.stack !== undefined) copy.stack = redact(error.stack, secrets);
  return copy;
}
