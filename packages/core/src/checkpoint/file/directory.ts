/** Which threads a directory holds. */
import { join } from "node:path";
import { linesOf, namesIn, openExisting } from "./disk.ts";
import { parseHeader } from "./log.ts";
import { threadIdOf } from "./name.ts";

/** The ids of all threads, from the names of their files; from the files' headers where a name cannot hold the id. */
export async function threadIdsIn(directory: string): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const name of await namesIn(directory)) {
    const id = threadIdOf(name);
    if (id === undefined) continue;
    const threadId = id === "hashed" ? await headerIdOf(join(directory, name)) : id.threadId;
    if (threadId !== undefined) ids.push(threadId);
  }
  return ids;
}

/** `undefined` for a file that was deleted since it was listed. */
async function headerIdOf(path: string): Promise<string | undefined> {
  const handle = await openExisting(path, "read");
  if (handle === undefined) return undefined;
  try {
    const first = await linesOf(path, handle, { number: 1, end: 0 }).next();
    return parseHeader(path, first.value ?? undefined).threadId;
  } finally {
    await handle.close();
  }
}
