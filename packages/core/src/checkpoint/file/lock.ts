/** One at a time, among processes: a lock file beside a thread's, held for moments, and taken from a holder that died. */
import { link, readFile, rename, stat, unlink, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { parseJson } from "../../json/json.ts";
import { lazily } from "../../lazily.ts";
import { createWhole, nonce } from "./disk.ts";
import { besideOf } from "./name.ts";

const LOOK_AGAIN_MS = 3;
/** A holder says so often that it lives; one that was silent for long is dead, wherever it ran. */
const SIGN_OF_LIFE_MS = 5_000;
const SILENCE_MS = 30_000;

const holderSchema = lazily(() => z.looseObject({ host: z.string(), pid: z.int() }));

/** Runs `work` while nobody else runs theirs for the same file. */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const lock = besideOf(path, "lock");
  const holder = JSON.stringify({ host: hostname(), pid: process.pid, nonce: nonce() });
  while (!(await createWhole(lock, [holder], false))) {
    await takeFromTheDead(lock);
    await pause(LOOK_AGAIN_MS);
  }
  const living = setInterval(() => {
    const now = new Date();
    utimes(lock, now, now).catch(() => undefined);
  }, SIGN_OF_LIFE_MS).unref();
  try {
    return await work();
  } finally {
    clearInterval(living);
    if ((await textOf(lock)) === holder) await unlink(lock).catch(() => undefined);
  }
}

/** Frees the lock of a process that is no more. */
async function takeFromTheDead(lock: string): Promise<void> {
  const holder = await textOf(lock);
  if (holder === undefined || !(await isDead(lock, holder))) return;
  const taken = join(dirname(lock), `.${nonce()}.tmp`);
  try {
    await rename(lock, taken);
    // Somebody else may have freed it and locked it anew in between: then it is put back.
    if ((await textOf(taken)) !== holder) await link(taken, lock);
  } catch {
    // It was freed by others: whoever asks next sees how it is now.
  }
  await unlink(taken).catch(() => undefined);
}

async function isDead(lock: string, holder: string): Promise<boolean> {
  const parsed = holderSchema().safeParse(parseJson(holder));
  if (parsed.success && parsed.data.host === hostname()) return !isRunning(parsed.data.pid);
  const silentMs = await stat(lock).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => 0,
  );
  return silentMs > SILENCE_MS;
}

/** Signal 0 reaches a process without doing anything to it; one of somebody else's is refused, and there all the same. */
function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}

async function textOf(path: string): Promise<string | undefined> {
  return await readFile(path, "utf8").catch(() => undefined);
}
