/** The files of a folder, in a fixed order: nothing outside of it, and nothing hidden unless it is asked for. */
import type { Dirent } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { join, posix } from "node:path";
import { ConfigurationError, type LocusError, messageOf } from "@locus-sdk/core";

/** Something in a folder. */
export interface FolderEntry {
  /** Relative to the folder, with `/`. */
  readonly path: string;
  readonly absolute: string;
  readonly bytes: number;
  /** A link, a device or a pipe is none: links are not followed. */
  readonly isFile: boolean;
  /** A folder that cannot be read; what is in it is not known. */
  readonly problem?: LocusError;
}

/** What was found. */
export interface Listed {
  /** By path. */
  readonly entries: readonly FolderEntry[];
  /** Globs of `include` that no file fits. */
  readonly unmatched: readonly string[];
}

/** Which files are meant. */
export interface Selection {
  readonly include: readonly string[] | undefined;
  readonly exclude: readonly string[];
  /** Names of files that are never meant, wherever they are. */
  readonly never: (absolute: string) => boolean;
}

/** Everything that is selected. @throws ConfigurationError where the folder itself cannot be read. */
export async function listFolder(root: string, { never, ...selection }: Selection): Promise<Listed> {
  const include = selection.include?.map(inFolder);
  const exclude = selection.exclude.map(inFolder);
  const unmatched = new Set(include);
  const hiddenToo = include?.some((glob) => /(?:^|\/)\.[^/.]/.test(glob)) ?? false;
  const excluded = (path: string): boolean => exclude.some((glob) => posix.matchesGlob(path, glob));
  const included = (path: string): boolean => {
    if (include === undefined) return true;
    const matching = include.filter((glob) => posix.matchesGlob(path, glob));
    for (const glob of matching) unmatched.delete(glob);
    return matching.length > 0;
  };
  const found: FolderEntry[] = [];

  const visit = async (folder: string, prefix: string): Promise<void> => {
    const inside = await entriesOf(folder);
    if (inside instanceof ConfigurationError) {
      if (prefix === "") throw inside;
      found.push({ path: prefix.slice(0, -1), absolute: folder, bytes: 0, isFile: false, problem: inside });
      return;
    }
    for (const entry of inside) {
      const path = `${prefix}${entry.name}`;
      const absolute = join(folder, entry.name);
      if ((entry.name.startsWith(".") && !hiddenToo) || excluded(path) || never(absolute)) continue;
      if (entry.isDirectory()) {
        await visit(absolute, `${path}/`);
      } else if (included(path)) {
        const isFile = entry.isFile();
        const bytes = isFile ? ((await lstat(absolute).catch(() => undefined))?.size ?? 0) : 0;
        found.push({ path, absolute, bytes, isFile });
      }
    }
  };
  await visit(root, "");
  return { entries: found.sort((a, b) => (a.path < b.path ? -1 : 1)), unmatched: [...unmatched] };
}

/** Paths have no `./` before them. */
const inFolder = (glob: string): string => glob.replace(/^(?:\.\/)+/, "");

async function entriesOf(folder: string): Promise<readonly Dirent[] | ConfigurationError> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    return new ConfigurationError(`the folder ${folder} cannot be read: ${messageOf(error)}`, {
      code: "folder_unreadable",
      hint: "Check `directory`, and that this process may read it and all folders in it; `exclude` leaves some out.",
      cause: error,
    });
  }
}
