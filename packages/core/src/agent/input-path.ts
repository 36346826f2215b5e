/** Reads a file of the caller's input whole, where it is one that can be sent. */
import { readFile, stat } from "node:fs/promises";
import { ConfigurationError, messageOf } from "../errors/errors.ts";

const MIB = 1024 * 1024;
/** Bytes; what is larger belongs to a provider's file store, or behind a URL. */
const MAX_PATH_BYTES: number = 50 * MIB;

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENOTDIR: "there is no such file",
  EACCES: "it may not be read",
  EPERM: "it may not be read",
  ELOOP: "its links lead in a circle",
  ENAMETOOLONG: "its name is too long",
};

/** @throws ConfigurationError naming the path and why it was not read. */
export async function readWhole(
  path: string,
  where: string,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  const refused = (why: string, hint?: string, cause?: unknown): ConfigurationError =>
    new ConfigurationError(`${where}: "${path}" cannot be used: ${why}`, {
      ...(hint === undefined ? {} : { hint }),
      ...(cause === undefined ? {} : { cause }),
    });
  if (/^file:/i.test(path)) {
    throw refused("it is a file: URL, not a path", "Make a path of it: fileURLToPath(url), of node:url.");
  }
  if (/^(?:https?|data):/i.test(path)) throw refused("it is a URL, not a path", "Give it as `url`.");
  const unreadable = (error: unknown): ConfigurationError => {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    const reason = REASONS[code] ?? messageOf(error);
    return refused(reason, `Relative paths start at the working directory, "${process.cwd()}".`, error);
  };
  const found = await stat(path).catch((error: unknown) => {
    throw unreadable(error);
  });
  if (found.isDirectory()) throw refused("it is a directory");
  // A pipe or a device may never end.
  if (!found.isFile()) throw refused("it is not a regular file");
  if (found.size > MAX_PATH_BYTES) {
    throw refused(
      `it has ${megabytes(found.size)}, and at most ${megabytes(MAX_PATH_BYTES)} are read`,
      "Give it as a URL, or upload it to the provider and give its fileId.",
    );
  }
  const bytes = await readFile(path, signal === undefined ? {} : { signal }).catch((error: unknown) => {
    throw unreadable(error);
  });
  if (bytes.byteLength === 0) throw refused("it is empty");
  return bytes;
}

const megabytes = (bytes: number): string =>
  `${(bytes / MIB).toLocaleString("en-US", { maximumFractionDigits: 1 })} MB (${bytes.toLocaleString("en-US")} bytes)`;
