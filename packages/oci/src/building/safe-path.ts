/** Where a file of foreign name may be written: inside a folder, under a name that every system takes, through no link. */
import { lstat, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { InvalidRequestError, messageOf } from "@locus-sdk/core";

const UNSAFE = /[<>:"|?*\p{Cc}]/gu;
/** Names of devices on Windows, with any extension. */
const DEVICE = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/i;
const MAX_NAME_BYTES = 240;

/**
 * The path as segments that lead nowhere but down: no `..`, no drive, no device, no name that a system would read
 * otherwise than it is written.
 */
export function safeSegments(path: string): readonly string[] {
  const segments = path
    .split(/[/\\]+/)
    .map(safeName)
    .filter((segment) => segment !== "");
  return segments.length === 0 ? ["file"] : segments;
}

function safeName(name: string): string {
  const plain = name
    .toWellFormed()
    .replace(UNSAFE, "_")
    .replace(/[. ]+$/, "")
    .trimStart();
  if (plain === "") return "";
  const named = DEVICE.test(plain) ? `_${plain}` : plain;
  return Buffer.byteLength(named) <= MAX_NAME_BYTES ? named : shortened(named);
}

function shortened(name: string): string {
  const dot = name.lastIndexOf(".");
  const extension = dot > 0 && name.length - dot <= 17 ? name.slice(dot) : "";
  let stem = extension === "" ? name : name.slice(0, dot);
  while (Buffer.byteLength(stem + extension) > MAX_NAME_BYTES) stem = stem.slice(0, -1).toWellFormed();
  return stem + extension;
}

/** Makes the folders for a file below `root`, and returns its path. @throws InvalidRequestError where a link is in the way. */
export async function placeFor(root: string, segments: readonly string[]): Promise<string> {
  let folder = root;
  for (const segment of segments.slice(0, -1)) {
    folder = join(folder, segment);
    await mkdir(folder).catch((error: unknown) => {
      if (error instanceof Error && "code" in error && error.code === "EEXIST") return;
      throw new InvalidRequestError(`the folder ${folder} cannot be made: ${messageOf(error)}`, {
        code: "file_unwritable",
        hint: "Check that this process may write there.",
        cause: error,
      });
    });
    if (!(await lstat(folder)).isDirectory()) {
      throw new InvalidRequestError(`${folder} is not a folder, or is a link that may lead elsewhere`, {
        code: "unsafe_path",
        hint: "Download into an empty folder.",
      });
    }
  }
  return join(folder, segments.at(-1) ?? "file");
}
