/**
 * Names under which files are uploaded: they tell the path, and whose upload it was.
 *
 * The service keeps of a file's name what follows the last slash, so slashes are escaped; and it keeps two files of one
 * name apart by id only. So each name ends with a token made of the manifest's own key, the path and the content: a
 * file found on the service with that token was sent from here, and is that very version.
 */
import { createHmac } from "node:crypto";
import { posix } from "node:path";

const TOKEN_CHARS = 12;
/** Longer names are cut from the left: file systems behind services take 255 bytes. */
const MAX_NAME_CHARS = 200;
const EXTENSION = /^\.[A-Za-z0-9]{1,16}$/;
const NAME = /^(.*)~([0-9a-f]{12})(\.[A-Za-z0-9]{1,16})?$/s;
/** What would end or cut a name on its way, and what the escaping itself is made of. */
const UNSAFE = /[%/\\"~:*?<>|\p{Cc}\u{80}-\u{10ffff}]+/gu;

/** The token of one version of one file, for uploads noted under `key`. */
export function uploadToken(key: string, path: string, sha256: string): string {
  return createHmac("sha256", key).update(`${sha256}\n${path}`).digest("hex").slice(0, TOKEN_CHARS);
}

/** The name under which the file at `path` is uploaded. */
export function uploadName(path: string, token: string): string {
  const extension = EXTENSION.exec(posix.extname(path))?.[0] ?? "";
  const stem = path.slice(0, path.length - extension.length);
  const escaped = stem
    .toWellFormed()
    .replace(UNSAFE, encodeURIComponent)
    .replaceAll("~", "%7E")
    .replaceAll("*", "%2A");
  const room = MAX_NAME_CHARS - TOKEN_CHARS - extension.length;
  // An escaped stem never begins with "~": one that does is known to be cut.
  const cut = escaped.length <= room ? escaped : `~${escaped.slice(-room)}`;
  return `${cut}~${token}${extension}`;
}

/** The token in a file's name, whatever a service made of the rest. */
export function tokenIn(filename: string): string | undefined {
  return NAME.exec(filename)?.[2];
}

/**
 * The path of a file that `uploadFolder` uploaded, by its name on the service: what a citation names. `undefined` for
 * names of other files, and of paths too long to be kept whole; the attribute `path` is there for those.
 *
 * @example
 * ```ts
 * import { pathOfUpload } from "@locus-sdk/oci";
 *
 * pathOfUpload("guide%2Fstart~3f9a0c1e5b7d.md"); // "guide/start.md"
 * ```
 */
export function pathOfUpload(filename: string): string | undefined {
  const [, stem, , extension = ""] = NAME.exec(filename) ?? [];
  if (stem === undefined || stem.startsWith("~")) return undefined;
  try {
    return decodeURIComponent(stem) + extension;
  } catch {
    return undefined;
  }
}
