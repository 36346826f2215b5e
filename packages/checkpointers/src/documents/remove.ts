/** Removes what a thread leaves behind. */
import type { Documents } from "./types.ts";

/** Removes the parts of a thread that is gone. What fails stays behind until it counts as abandoned. */
export async function removeGeneration(documents: Documents, key: string, generation: string): Promise<void> {
  try {
    for (const kind of ["snapshot", "events"] as const) {
      for await (const part of documents.parts({ key, generation, kind, from: 0 })) {
        await documents.removePart(part);
      }
    }
  } catch {
    // The thread itself is gone, which is what was asked for.
  }
}
