/** Which arguments are URLs or paths, by what they are called and by what they look like. */

/** Names whose text is an address whatever it looks like, and names that may also be given a label or an anchor. */
const ADDRESSES = new Set(["url", "uri"]);
const MAYBE_ADDRESSES = new Set(["href", "link", "hyperlink", "endpoint", "webhook", "callback"]);
const PATHS = new Set([
  "path",
  "filepath",
  "pathname",
  "file",
  "filename",
  "dir",
  "dirname",
  "dirpath",
  "directory",
  "folder",
  "cwd",
  "workdir",
]);

/** How sure it is that an argument of this name is a URL. */
export function urlName(name: string): "surely" | "maybe" | undefined {
  const ends = endsOf(name);
  if (ends.some((end) => ADDRESSES.has(end) || (end !== "curl" && /ur[li]$/.test(end)))) return "surely";
  return ends.some((end) => MAYBE_ADDRESSES.has(end)) ? "maybe" : undefined;
}

export function isPathName(name: string): boolean {
  return endsOf(name).some((end) => PATHS.has(end));
}

/** `image_urls`, `imageURLs` and `IMAGE-URL-2` end in `url`; `file_names` in `name` and in `filename`. */
function endsOf(name: string): readonly string[] {
  const words = name
    .slice(-200)
    .replace(/(?<=UR[LI])s(?![a-z])/g, "")
    .replace(/(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, " ")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .map((word) =>
      word
        .replace(/\d+$/, "")
        .replace(/ies$/, "y")
        .replace(/(?<=[^s])s$/, ""),
    )
    .filter((word) => word !== "");
  return [words.at(-1) ?? "", words.slice(-2).join("")];
}

const FETCHED = /^(?:https?|ftps?|wss?|file|gopher|dict|ldaps?|tftp|jar|netdoc|view-source):(?! )/i;

/** What programs fetch, in any argument. */
export function isFetched(text: string): boolean {
  return FETCHED.test(asParsed(text));
}

/** What a URL parser takes out before it reads: controls and spaces at the ends, tabs and line breaks anywhere. */
function asParsed(text: string): string {
  return text.replace(/^[\0-\x20]+|(?<![\0-\x20])[\0-\x20]+$/g, "").replace(/[\t\n\r]+/g, "");
}

const ANY_SCHEME = /^[a-z][a-z0-9+.-]{0,30}:/i;
const HOST_AND_PORT = /^[\w.-]+:\d+(?:[/?#\\]|$)/;
/** Labels that lead somewhere in every network. */
const LOCAL = /^(?:localhost|metadata|instance-data|kubernetes)\.?(?:[/?#\\]|$)/i;
const WORD = /^[a-z][\w -]*(?:[/?#].*)?$/i;
/** Stands for the address that a tool may read a relative one against. */
const BASE = "http://base.invalid/";

/**
 * Every URL that a tool may make of the text: as it is, as one without its scheme, and as one relative to another. None
 * for a path or an anchor of the tool's own host, and for a word where the name only says that it may be a URL.
 */
export function urlsMeant(text: string, sure: boolean): readonly string[] {
  const parsed = asParsed(text);
  if (parsed === "") return [];
  if (ANY_SCHEME.test(parsed) && !HOST_AND_PORT.test(parsed) && !isIPv6(parsed)) return [parsed];
  if (/^[/\\]{2}/.test(parsed)) return [`http:${parsed}`];
  if (/^[/\\?#.]/.test(parsed)) {
    const there = URL.canParse(parsed, BASE) ? new URL(parsed, BASE) : undefined;
    return there === undefined || there.origin === new URL(BASE).origin ? [] : [there.href];
  }
  if (!sure && WORD.test(parsed) && !LOCAL.test(parsed)) return [];
  return [`http://${isIPv6(parsed) ? bracketed(parsed) : parsed}`];
}

/** An address without its brackets, and what may follow it. */
function isIPv6(text: string): boolean {
  return /^[\da-f]{0,4}:[\da-f]{0,4}:[\da-f:.]*(?:%\w{1,20})?(?:[/?#]|$)/i.test(text);
}

function bracketed(text: string): string {
  return text.replace(/^[\da-f:.]+/i, "[$&]").replace(/\]%\w{1,20}/, "]");
}
