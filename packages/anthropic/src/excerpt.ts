/** What others wrote, in the form in which it goes into messages of ours. */
import { redactSecrets } from "@locus-sdk/core";

/** The longest piece of a foreign answer that goes into a message. */
const EXCERPT_CHARS = 300;

/** A foreign text for a message: without secrets, on one line, without markup, and short. */
export function excerpt(body: string, secrets?: readonly string[]): string {
  const plain = /<(?:!doctype|html|head|body)\b/i.test(body)
    ? body.replace(/<(script|style)\b[\s\S]*?<\/\1>/gi, " ").replace(/<[^>]*>/g, " ")
    : body;
  const line = redactSecrets(plain, secrets).replace(/\s+/g, " ").trim();
  return line.length > EXCERPT_CHARS ? `${line.slice(0, EXCERPT_CHARS)}…` : line;
}
