/** Files of this machine: read to be sent, written as they come. */
import { randomUUID } from "node:crypto";
import { createWriteStream, openAsBlob } from "node:fs";
import { rename, rm, stat } from "node:fs/promises";
import { basename } from "node:path";
import { pipeline } from "node:stream/promises";
import { UsageError } from "../options.ts";
import type { View } from "../show/show.ts";
import { describeFailure, errorOf } from "./tally.ts";

/** A file that can be sent; it is read when it is. @throws UsageError where it cannot be read. */
async function localFile(path: string): Promise<File> {
  try {
    return new File([await openAsBlob(path)], basename(path));
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Writes what comes to a file, which is there when it is whole; a device or a pipe is written to as it comes. */
export async function writeLocal(
  path: string,
  pieces: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() === false) {
    await pipeline(pieces, createWriteStream(path), { signal });
    return;
  }
  const part = `${path}.${randomUUID()}.part`;
  try {
    await pipeline(pieces, createWriteStream(part, { flags: "wx" }), { signal });
    await rename(part, path);
  } finally {
    await rm(part, { force: true });
  }
}

/** Sends files one after the other and shows each; one that fails is told, and does not keep the next from going. */
export async function sendEach(
  paths: readonly string[],
  { json, output }: View,
  signal: AbortSignal,
  send: (file: File) => Promise<{ readonly id: string }>,
): Promise<number> {
  let failed = 0;
  for (const path of paths) {
    try {
      const sent = await send(await localFile(path));
      if (json) output.answer(`${JSON.stringify(sent)}\n`);
      else output.line(`${sent.id}  ${path}`);
    } catch (error) {
      if (signal.aborted) throw error;
      failed += 1;
      if (json) output.answer(`${JSON.stringify({ path, error: errorOf(error) })}\n`);
      for (const line of describeFailure(path, error)) output.note(line, "red");
    }
  }
  return failed === 0 ? 0 : 1;
}
