/** A file that says which process is at work; one that a process left behind when it died counts for nothing. */
import { readFile, unlink, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { ConfigurationError, parseJson } from "@locus-sdk/core";
import { z } from "zod";

export interface Lock {
  release(): Promise<void>;
}

const holderSchema = z.object({ pid: z.int().positive(), host: z.string() });
/** What this process holds: its own id in a file may be that of one that died. */
const held = new Set<string>();

/** @throws ConfigurationError where another process of this machine holds it. */
export async function lockFile(path: string): Promise<Lock> {
  if (held.has(path)) throw busy(path);
  held.add(path);
  try {
    await take(path);
  } catch (error) {
    held.delete(path);
    throw error;
  }
  return {
    release: async () => {
      held.delete(path);
      await unlink(path).catch(() => undefined);
    },
  };
}

async function take(path: string): Promise<void> {
  const content = JSON.stringify({ pid: process.pid, host: hostname() });
  for (;;) {
    try {
      await writeFile(path, content, { flag: "wx" });
      return;
    } catch (error) {
      if (!isExisting(error)) throw error;
      if (await isAlive(path)) throw busy(path);
      await unlink(path).catch(() => undefined);
    }
  }
}

const busy = (path: string): ConfigurationError =>
  new ConfigurationError(`an upload with this manifest is under way: ${path} says so`, {
    code: "upload_busy",
    hint: "Wait for it. If there is none, delete that file.",
  });

async function isAlive(path: string): Promise<boolean> {
  const holder = holderSchema.safeParse(parseJson(await readFile(path, "utf8").catch(() => "")));
  if (!holder.success || holder.data.host !== hostname() || holder.data.pid === process.pid) return false;
  try {
    return process.kill(holder.data.pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

const isExisting = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "EEXIST";
