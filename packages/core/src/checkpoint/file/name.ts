/** File names for thread ids: injective, whatever the id, on file systems that ignore case or normalize. */
import { createHash } from "node:crypto";

const EXTENSION = ".jsonl";
/** File systems take 255 bytes; this leaves room for the marks around the name. */
const MAX_ENCODED = 200;

/**
 * The name of a thread's file. Lower case letters, digits, `-` and `_` stand for themselves, every other byte of
 * the id's UTF-8 is written `=xx`; an id too long for that goes by its SHA-256. `t-` and `h-` keep the two apart
 * and everything clear of names that a system reserves.
 */
export function fileNameOf(threadId: string): string {
  const bytes = Buffer.from(threadId, "utf8");
  let encoded = "";
  for (const byte of bytes) {
    encoded += isPlain(byte) ? String.fromCharCode(byte) : `=${byte.toString(16).padStart(2, "0")}`;
    if (encoded.length > MAX_ENCODED) {
      return `h-${createHash("sha256").update(bytes).digest("hex")}${EXTENSION}`;
    }
  }
  return `t-${encoded}${EXTENSION}`;
}

/** The path of what is kept beside a thread's file. */
export function besideOf(path: string, kind: "lease" | "lock" | "snapshots"): string {
  return `${path.slice(0, -EXTENSION.length)}.${kind}`;
}

/** The name of the thread's file that a file is kept beside; `undefined` for other files. */
export function ownerOf(fileName: string): string | undefined {
  const stem = /^([th]-.+)\.(?:lease|snapshots)$/.exec(fileName)?.[1];
  return stem === undefined ? undefined : `${stem}${EXTENSION}`;
}

/** The id that a file name stands for; `"hashed"` where only the file itself says it, `undefined` for other files. */
export function threadIdOf(fileName: string): { readonly threadId: string } | "hashed" | undefined {
  if (!fileName.endsWith(EXTENSION)) return undefined;
  const stem = fileName.slice(2, -EXTENSION.length);
  if (/^h-[0-9a-f]{64}\.jsonl$/.test(fileName)) return "hashed";
  if (!/^t-(?:[a-z0-9_-]|=[0-9a-f]{2})+\.jsonl$/.test(fileName)) return undefined;
  const threadId = Buffer.from(
    stem.replace(/=([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    "latin1",
  ).toString("utf8");
  return fileNameOf(threadId) === fileName ? { threadId } : undefined;
}

function isPlain(byte: number): boolean {
  const isLetter = byte >= 0x61 && byte <= 0x7a;
  const isDigit = byte >= 0x30 && byte <= 0x39;
  return isLetter || isDigit || byte === 0x2d || byte === 0x5f;
}
