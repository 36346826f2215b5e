// What uploads have left behind, as tests look at it.
import type { EmulatorState } from "./state.ts";
import type { FileStatus } from "./vector-stores/store-files.ts";

/** A file that was uploaded and is neither deleted nor expired. */
export interface StoredFileView {
  readonly id: string;
  readonly filename: string;
  readonly bytes: number;
  readonly purpose: string;
  /** `project` or `compartment`, and its OCID. */
  readonly projectScope: string;
}

/** A vector store and the files in it. */
export interface StoredVectorStoreView {
  readonly id: string;
  readonly name: string | null;
  readonly compartmentId: string;
  readonly status: "in_progress" | "completed" | "expired";
  readonly files: readonly {
    readonly id: string;
    readonly filename: string;
    readonly status: FileStatus;
  }[];
}

/** Files and vector stores of all projects and compartments, oldest first, as they are now. */
export interface Stored {
  readonly files: readonly StoredFileView[];
  readonly vectorStores: readonly StoredVectorStoreView[];
}

export function storedIn({ files, vectorStores, clock }: EmulatorState): Stored {
  const nowMs = clock.now().getTime();
  return {
    get files() {
      return Array.from(files.all, ({ id, filename, bytes, purpose, scope }) => ({
        id,
        filename,
        bytes: bytes.byteLength,
        purpose,
        projectScope: scope,
      }));
    },
    get vectorStores() {
      return vectorStores.all.map((store) => ({
        id: store.id,
        name: store.details.name,
        compartmentId: store.compartmentId,
        status: store.statusAt(nowMs),
        files: Array.from(store.files.values(), ({ id, source, status }) => ({
          id,
          filename: source.filename,
          status,
        })),
      }));
    },
  };
}
