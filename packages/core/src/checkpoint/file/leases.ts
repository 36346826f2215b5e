/** Leases of threads among the processes of one machine: a small file beside each thread's, changed under its lock. */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { CheckpointError } from "../../errors/errors.ts";
import { parseJson } from "../../json/json.ts";
import { lazily } from "../../lazily.ts";
import { leaseLostError } from "../contract.ts";
import type { Lease, LeaseAttempt } from "../types.ts";
import { isCode, nonce, onDisk, removeFile, replaceWhole } from "./disk.ts";
import { withLock } from "./lock.ts";
import { besideOf } from "./name.ts";

interface StoredLease {
  readonly fence: number;
  /** Who has it; empty once it was given back. */
  readonly holder: string;
  /** By the machine's clock, in milliseconds since 1970. */
  readonly until: number;
  readonly leaseMs: number;
}

const leaseSchema = lazily(() =>
  z.looseObject({
    fence: z.int(),
    holder: z.string(),
    until: z.number(),
    leaseMs: z.number(),
  }),
);

/** Asks for the lease of the thread whose file is at `path`. */
export async function acquireLease(path: string, leaseMs: number): Promise<LeaseAttempt> {
  const holder = nonce();
  return await withLock(path, async () => {
    const before = await readLease(path);
    const heldForMs = remainingMs(before);
    if (heldForMs > 0) return { heldForMs };
    // Above all that were given before, also where the file that said so is gone.
    const fence = Math.max((before?.fence ?? 0) + 1, Date.now());
    await writeLease(path, { fence, holder, until: Date.now() + leaseMs, leaseMs });
    return { lease: leaseOf(path, fence, holder, leaseMs) };
  });
}

/**
 * A writer that was stopped between this and its append has the versions to guard against it: whoever was given the next
 * lease has read the thread since.
 *
 * @throws LeaseLostError for the fence of an earlier lease than the thread's latest.
 */
export async function checkFence(path: string, threadId: string, fence: number | undefined): Promise<void> {
  if (fence === undefined) return;
  const latest = await readLease(path);
  if (latest !== undefined && fence < latest.fence) throw leaseLostError(threadId);
}

/** Removes what a thread that is gone leaves behind, unless somebody holds it. To be called under the lock. */
export async function forgetLease(path: string): Promise<void> {
  if (remainingMs(await readLease(path)) <= 0) await removeFile(besideOf(path, "lease"), false);
}

function leaseOf(path: string, fence: number, holder: string, leaseMs: number): Lease {
  /** Changes the lease where it is still this one. */
  const change = async (to: Pick<StoredLease, "holder" | "until">): Promise<boolean> =>
    await withLock(path, async () => {
      const now = await readLease(path);
      if (now?.holder !== holder) return false;
      await writeLease(path, { fence, leaseMs, ...to });
      return true;
    });
  return {
    fence,
    leaseMs,
    renew: async () => await change({ holder, until: Date.now() + leaseMs }),
    release: async () => void (await change({ holder: "", until: 0 })),
  };
}

/** A clock that was set back makes nobody wait longer than a lease lasts. */
function remainingMs(lease: StoredLease | undefined): number {
  if (lease === undefined || lease.holder === "") return 0;
  return Math.min(lease.until - Date.now(), lease.leaseMs);
}

/** A file that a power cut left without its text is none. */
async function readLease(path: string): Promise<StoredLease | undefined> {
  const file = besideOf(path, "lease");
  const text = await onDisk(file, "read", async () => {
    try {
      return await readFile(file, "utf8");
    } catch (error) {
      if (isCode(error, "ENOENT")) return "";
      throw error;
    }
  });
  const parsed = leaseSchema().safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  if (text.replaceAll("\u0000", "") === "") return undefined;
  throw new CheckpointError(`${file} is not a lease`, {
    hint: "Delete it where no process uses the thread.",
  });
}

async function writeLease(path: string, lease: StoredLease): Promise<void> {
  await replaceWhole(besideOf(path, "lease"), [JSON.stringify(lease)], false);
}
