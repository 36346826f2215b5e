/** Takes secrets out of texts that others wrote, before they become messages of ours. */
import { isRecord } from "@locus-sdk/core";

/** What looks like a credential: the pattern, and what stands in its place. Quotes may be escaped, and texts cut off. */
const SECRETS: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  // `fetch` quotes a header value it cannot send, which may be the key with a line break behind it.
  [/"[^"]*"( is an invalid header value)/g, '"[redacted]"$1'],
  [/-----BEGIN [A-Z ]*KEY-----[\s\S]*?(?:-----END [A-Z ]*KEY-----|$)/g, "[redacted]"],
  [/\b(Signature)\s+(?:[\w-]+=\\*"[^"\\]*(?:\\*"|$),?\s*)+/gi, "$1 [redacted]"],
  [/\b(Bearer|Basic)\s+(?=\S*\d|\S{20})[\w.~+/=$-]{6,}/gi, "$1 [redacted]"],
  [/\bST\$[\w.~+/=$-]+/g, "ST$[redacted]"],
  [/\beyJ[\w-]{8,}(?:\.[\w-]*)*/g, "[redacted]"],
  [/\bsk-[\w*-]{4,}/g, "sk-[redacted]"],
  [/\b(signature|keyId)=(\\*")[^"\\]*/g, "$1=$2[redacted]"],
  [
    /(\b(?:authorization|proxy-authorization|x-api-key|api[-_]?key)(?:\\*")?\s*[:=]\s*)(\\*"[^"\\]*(?:\\*")?|'[^']*'|[^\s,;}]+)/gi,
    "$1[redacted]",
  ],
  [/\b([a-z][\w+.-]{0,20}:\/\/)[^\s/@:]+:[^\s/@]+@/gi, "$1[redacted]@"],
];

/** Members that are secret whatever stands in them. */
const SECRET_NAME =
  /^(?:(?:proxy-)?authorization|(?:set-)?cookie|(?:x-)?api[-_]?key|pass(?:word|phrase)|(?:access|security|session|refresh)[-_]?token|private[-_]?key)$/i;
/** How much of a foreign text and structure is kept with an error. */
const KEPT_CHARS = 8_000;
const KEPT_DEPTH = 8;
const KEPT_ITEMS = 100;

/** `text` without keys, tokens, signatures and passwords in URLs. */
export function redact(text: string): string {
  return SECRETS.reduce((clean, [pattern, replacement]) => clean.replace(pattern, replacement), text);
}

/** `value` as plain data without secrets: what a server sent back may hold what it was sent. */
function redactValue(value: unknown, depth = 0): unknown {
  if (typeof value === "string") {
    return redact(value.length > KEPT_CHARS ? `${value.slice(0, KEPT_CHARS)}…` : value);
  }
  if (typeof value !== "object" || value === null) return typeof value === "function" ? undefined : value;
  if (depth === KEPT_DEPTH) return "…";
  if (Array.isArray(value)) return value.slice(0, KEPT_ITEMS).map((item) => redactValue(item, depth + 1));
  const entries = Object.entries(value).slice(0, KEPT_ITEMS);
  return Object.fromEntries(
    entries.map(([name, member]) => [
      redact(name),
      SECRET_NAME.test(name) ? "[redacted]" : redactValue(member, depth + 1),
    ]),
  );
}

/** What of a failing answer goes along with an error; its headers and the client's own objects do not. */
const KEPT_FACTS = ["status", "code", "type", "param", "requestID", "requestId", "error"];

/**
 * The error itself where neither it nor what caused it tells a secret; otherwise a copy without. An error that brings
 * along what a server answered is always copied, with the answer's body redacted.
 */
export function redactError(error: unknown): unknown {
  if (!(error instanceof Error))
    return isRecord(error) || typeof error === "string" ? redactValue(error) : error;
  let tells = false;
  const seen = new Set<unknown>();
  for (let link: unknown = error; link !== undefined && !seen.has(link); ) {
    seen.add(link);
    if (!(link instanceof Error)) {
      if (link !== redactValue(link)) tells = true;
      break;
    }
    const texts = [link.message, link.stack, ...Object.values(link)].filter((one) => typeof one === "string");
    if (bringsAnswer(link) || texts.some((text) => redact(text) !== text)) tells = true;
    link = link.cause;
  }
  if (!tells) return error;
  const copy = new Error(redact(error.message));
  copy.name = error.name;
  if (error.stack !== undefined) copy.stack = redact(error.stack);
  const facts = KEPT_FACTS.flatMap((name) => {
    const fact: unknown = Reflect.get(error, name);
    return fact === undefined ? [] : [[name, redactValue(fact)]];
  });
  return Object.assign(copy, Object.fromEntries(facts));
}

const bringsAnswer = (error: Error): boolean => "error" in error || "headers" in error || "response" in error;
