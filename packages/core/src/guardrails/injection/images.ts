/** Images in Markdown or HTML whose address carries data out as soon as they are shown. */
import type { Found } from "./found.ts";

const IMAGE =
  /!\[[^\]\n]{0,200}\]\(\s{0,4}<?(?<markdown>https?:\/\/[^)>"\n]{1,2000})|<img\b[^>]{0,200}?\bsrc\s{0,4}=\s{0,4}["']?(?<html>https?:\/\/[^\s"'>]{1,2000})/gi;
const PLACEHOLDER =
  /\{\{?[^}]{1,60}\}|\[[^\]]{1,60}\]|<[^>]{1,60}>|%7B[^%]{1,60}%7D|\$\w+|=(?:DATA|SECRET|BASE64|CONVERSATION|PASSWORD|KEY|HISTORY)\b/i;

export function* findImages(text: string, hosts: readonly string[]): Generator<Found> {
  if (!/!\[|<img/i.test(text)) return;
  for (const { 0: match, index, groups } of text.matchAll(IMAGE)) {
    const address = (groups?.markdown ?? groups?.html ?? "").trim();
    if (!URL.canParse(address)) continue;
    const url = new URL(address);
    if (hosts.includes(url.hostname) || !carriesData(url, address)) continue;
    const closes = match.startsWith("!")
      ? text.indexOf(")", index + match.length)
      : text.indexOf(">", index + match.length);
    const end = closes >= 0 && closes - index - match.length < 300 ? closes + 1 : index + match.length;
    yield { start: index, end, kind: "image that carries data out", weight: 1, whole: true };
  }
}

/** Words in a value of an address that are more than a label. */
const SENTENCE = 4;

/** A placeholder to fill in, or so much in the query or the path that it is more than a name. */
function carriesData(url: URL, address: string): boolean {
  const rest = address.slice(address.indexOf(url.host) + url.host.length);
  if (PLACEHOLDER.test(rest)) return true;
  const values = [...url.searchParams.values(), url.hash.slice(1)];
  if (
    values.some(
      (value) => value.trim().split(/\s+/).length >= SENTENCE || value.includes("@") || isPacked(value),
    )
  )
    return true;
  return url.pathname.split("/").some((piece) => piece.length >= 60 && isPacked(piece));
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
