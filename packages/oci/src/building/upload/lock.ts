/**
 * A file that says which process is at work. It is there whole or not at all, and what it says is compared before it is
 * taken away. One that a process of this machine left behind when it died counts for nothing; all others are believed.
 */
import { randomUUID } from "node:crypto";
import { constants, copyFile, link, readFile, rm, unlink, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { ConfigurationError, isRecord, parseJson } from "@locus-sdk/core";
import { z } from "zod";

export interface Lock {
  release(): Promise<void>;
}

const holderSchema = z.object({
  pid: z.int().positive(),
  host: z.string(),
  /** When the process began, where that can be known: ids of processes are given out again. */
  born: z.string().optional(),
});

/** File systems that have no links answer so. */
const NO_LINKS: readonly unknown[] = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"];

/** @throws ConfigurationError where somebody else holds it, in this process or another one, or may do so. */
export async function lockFile(path: string): Promise<Lock> {
  const nonce = randomUUID();
  // No two locks say the same.
  const content = JSON.stringify({
    pid: process.pid,
    host: hostname(),
    nonce,
    born: await bornOf(process.pid),
  });
  const whole = `${path}.${nonce}`;
  try {
    await writeFile(whole, content, { flag: "wx" });
    while (!(await put(whole, path))) await clearDead(path);
  } finally {
    await rm(whole, { force: true });
  }
  return {
    release: async () => {
      if ((await contentOf(path)) === content) await unlink(path).catch(() => undefined);
    },
  };
}

/** Whether the lock could be put where none was. */
async function put(whole: string, path: string): Promise<boolean> {
  try {
    await link(whole, path).catch(async (error: unknown) => {
      if (!NO_LINKS.includes(codeOf(error))) throw error;
      // Not at once, but never over another one; and half a lock is believed as well.
      await copyFile(whole, path, constants.COPYFILE_EXCL);
    });
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** Takes away the lock of a process that died, one of those who find it. @throws ConfigurationError where it counts. */
async function clearDead(path: string): Promise<void> {
  const content = await contentOf(path);
  if (content === undefined) return;
  const holder = holderSchema.safeParse(parseJson(content)).data;
  if (holder === undefined || holder.host !== hostname() || (await isAlive(holder))) throw busy(path, holder);
  const guard = await lockFile(`${path}.dead`);
  try {
    // Since it was read, somebody else may have put his own there.
    if ((await contentOf(path)) === content) await unlink(path);
  } finally {
    await guard.release();
  }
}

type Holder = z.infer<typeof holderSchema>;

function busy(path: string, holder: Holder | undefined): ConfigurationError {
  const elsewhere =
    holder === undefined || holder.host === hostname()
      ? "Wait for it. If there is none, delete that file."
      : `It was begun on ${holder.host}, of which nothing is known here. If it has ended, delete that file.`;
  return new ConfigurationError(`an upload with this manifest is under way: ${path} says so`, {
    code: "upload_busy",
    hint: elsewhere,
  });
}

async function isAlive({ pid, born }: Holder): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (codeOf(error) !== "EPERM") return false;
  }
  const now = await bornOf(pid);
  return born === undefined || now === undefined || born === now;
}

/** In which run of the machine, and when in it; `undefined` where the system does not tell. */
async function bornOf(pid: number): Promise<string | undefined> {
  try {
    const [boot, stat] = await Promise.all([
      readFile("/proc/sys/kernel/random/boot_id", "utf8"),
      readFile(`/proc/${pid}/stat`, "utf8"),
    ]);
    // The name, in parentheses, may hold anything; the start is the twentieth field after it.
    const started = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    return started === undefined ? undefined : `${boot.trim()} ${started}`;
  } catch {
    return undefined;
  }
}

async function contentOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

const codeOf = (error: unknown): unknown =>
  isRecord(error) || error instanceof Error ? Reflect.get(error, "code") : undefined;
