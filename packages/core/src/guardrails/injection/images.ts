/** What is loaded as soon as a text is shown, from an address that carries data out. */

import { matchesAny } from "../net/glob.ts";
import { hostPattern } from "../net/host-pattern.ts";
import { loadedFrom } from "./addresses.ts";
import type { Found } from "./found.ts";

const PLACEHOLDER =
  /\{\{?[^}]{1,60}\}|\[[^\]]{1,60}\]|<[^>]{1,60}>|%7B[^%]{1,60}%7D|\$\w+|=(?:DATA|SECRET|BASE64|CONVERSATION|PASSWORD|KEY|HISTORY)\b/i;

export function* findImages(text: string, hosts: readonly string[]): Generator<Found> {
  const allowed = hosts.map((host) => hostPattern(host));
  for (const { start, end, address } of loadedFrom(text)) {
    const absolute = /^[/\\]/.test(address) ? `https:${address}` : address;
    if (carriesData(absolute, allowed))
      yield { start, end, kind: "image that carries data out", weight: 1, whole: true };
  }
}

/** Words in a value of an address that are more than a label. */
const SENTENCE = 4;

/** A placeholder to fill in, or so much in the query, the path or the host that it is more than a name. */
function carriesData(address: string, allowed: readonly string[]): boolean {
  if (!URL.canParse(address)) return PLACEHOLDER.test(address);
  const url = new URL(address);
  if (matchesAny(allowed, url.hostname)) return false;
  // A host that is yet to be filled in.
  if (/[{}$]/.test(url.hostname)) return true;
  if (PLACEHOLDER.test(address.slice(address.indexOf(url.host) + url.host.length))) return true;
  const values = [...url.searchParams.values(), ...namesAlone(url), url.hash.slice(1)];
  if (values.some((value) => isSentence(value) || value.includes("@") || isPacked(value) || isWords(value)))
    return true;
  if (url.hostname.split(".").some((label) => label.length >= 30 && isPacked(label))) return true;
  return url.pathname
    .split("/")
    .some(
      (piece) =>
        (piece.length >= 60 && isPacked(piece)) ||
        isWords(piece) ||
        /\w(?:@|%40)\w[\w-]*\.[a-z]{2,}/i.test(piece),
    );
}

function isSentence(value: string): boolean {
  return value.trim().split(/\s+/).length >= SENTENCE;
}

/** `?U0VDUkVU`: what has no value is one. */
function namesAlone({ searchParams }: URL): readonly string[] {
  return Array.from(searchParams).flatMap(([name, value]) => (value === "" ? [name] : []));
}

/** A long value of letters and digits mixed, as Base64 and hexadecimal are; words and numbers are not. */
function isPacked(value: string): boolean {
  return (
    /^[\w+/=%-]{24,}$/.test(value) &&
    /\d/.test(value) &&
    /[a-z]/i.test(value) &&
    !/[a-z]{3,}[-_][a-z]{3,}/.test(value)
  );
}

/** Base64 or hexadecimal that reads as text. What is random does not. */
function isWords(value: string): boolean {
  const packed = value.replace(/(?:%3d)+$/i, "");
  if (/^[\w+/-]{16,}={0,2}$/.test(packed) && reads(Buffer.from(packed, "base64"))) return true;
  return /^(?:[\da-f]{2}){10,}$/i.test(packed) && reads(Buffer.from(packed, "hex"));
}

function reads(bytes: Buffer): boolean {
  return /^[\t\n\r -~]+$/.test(bytes.toString("latin1"));
}
