/** The files of a folder, in a fixed order: nothing outside of it, and nothing hidden unless it is asked for. */
import type { Dirent } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { join, posix } from "node:path";
import { ConfigurationError, messageOf } from "@locus-sdk/core";

/** Something in a folder. */
export interface FolderEntry {
  /** Relative to the folder, with `/`. */
  readonly path: string;
  readonly absolute: string;
  readonly bytes: number;
  /** A link, a device or a pipe is none: links are not followed. */
  readonly isFile: boolean;
}

/** Which files are meant. */
export interface Selection {
  readonly include: readonly string[] | undefined;
  readonly exclude: readonly string[];
  /** Names of files that are never meant, wherever they are. */
  readonly never: (absolute: string) => boolean;
}

/** Everything that is selected, by path. @throws ConfigurationError where the folder cannot be read. */
export async function listFolder(root: string, selection: Selection): Promise<readonly FolderEntry[]> {
  const { include, exclude, never } = selection;
  const hiddenToo = include?.some((glob) => /(?:^|\/)\.[^/.]/.test(glob)) ?? false;
  const excluded = (path: string): boolean => exclude.some((glob) => posix.matchesGlob(path, glob));
  const included = (path: string): boolean => include?.some((glob) => posix.matchesGlob(path, glob)) ?? true;
  const found: FolderEntry[] = [];

  const visit = async (folder: string, prefix: string): Promise<void> => {
    for (const entry of await entriesOf(folder)) {
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
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function entriesOf(folder: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    throw new ConfigurationError(`the folder ${folder} cannot be read: ${messageOf(error)}`, {
      code: "folder_unreadable",
      hint: "Check `directory`, and that this process may read it and all folders in it; `exclude` leaves some out.",
      cause: error,
    });
  }
}
