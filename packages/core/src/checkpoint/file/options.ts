/** What a file checkpointer can be told. */
import { anObject, boolean, checkOptions, text, time, whole } from "../../options/check.ts";
import type { EncryptionOptions } from "../encryption.ts";
import { timeToLive } from "../lifetime.ts";

export interface FileCheckpointerOptions {
  /** Made where it does not exist, for its owner only. One directory may serve many processes of one machine. */
  readonly directory: string;
  /** Whether an append waits until the disk has it, and so survives a power cut. Default `true`. */
  readonly fsync?: boolean;
  /** Events between two snapshots, which spare the loading of a long thread; a whole number from 1. Default 100. */
  readonly snapshotEvery?: number;
  /** Milliseconds that a lease lasts, to 24.8 days: so long a thread waits for a process that died. Default 10,000. */
  readonly leaseMs?: number;
  /** Milliseconds after its last event for which a thread is there. Default: no limit. */
  readonly ttlMs?: number;
  /** Encrypts what is said and done in a thread, but for its id. Default: plain text. */
  readonly encryption?: EncryptionOptions;
}

/** Events between two snapshots, unless it is told. */
export const SNAPSHOT_EVERY = 100;

/** @throws ConfigurationError for an empty directory name, an unknown option, a value out of range. */
export function checkFileOptions(options: FileCheckpointerOptions): void {
  checkOptions<FileCheckpointerOptions>(
    "FileCheckpointer",
    options,
    {
      directory: text,
      fsync: boolean,
      snapshotEvery: whole(1),
      leaseMs: time,
      ttlMs: timeToLive,
      encryption: anObject,
    },
    ["directory"],
  );
}
