/** What the code interpreter wrote, brought home: into one folder, over nothing that is there. */
import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { link, lstat, mkdir, realpath, rename, rm } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ConfigurationError, InvalidRequestError, LocusError, messageOf } from "@locus-sdk/core";
import type { FileListResponse } from "openai/resources/containers/files/files";
import { checked, sent } from "../control/fields.ts";
import { container, fileInContainer } from "./answers.ts";
import { ContainerExpiredError } from "./container-expired.ts";
import type { ContainerClient } from "./containers.ts";
import { callback, signalOption } from "./options.ts";
import { placeFor, safeSegments } from "./safe-path.ts";
import { answered, asked, isMissing, listed, type Told, within } from "./service-error.ts";

/** Where to, and which. */
export interface ContainerDownloadOptions {
  /** Made where it is not there. */
  readonly directory: string;
  /** Default: what the code interpreter wrote, `({ source }) => source === "assistant"`. */
  readonly filter?: ((file: FileListResponse) => boolean) | undefined;
  /** Replaces files that are there. Default `false`: then nothing is downloaded if any would have to be. */
  readonly overwrite?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A file that was downloaded. */
export interface DownloadedFile {
  readonly fileId: string;
  /** In the container. */
  readonly containerPath: string;
  /** On this machine, absolute. */
  readonly path: string;
  readonly bytes: number;
}

const optionsSchema = sent.object<ContainerDownloadOptions>({
  directory: sent.id,
  filter: callback<(file: FileListResponse) => boolean>(),
  overwrite: sent.flag.optional(),
  signal: signalOption,
});

const PAGE = 100;
/** Where code in a container works; paths are kept from there on. */
const HOME = "/mnt/data";

/**
 * Downloads a container's files. Their names come from a model: whatever they are, nothing is written outside of
 * `directory`, through a link, or over a file that is there. Folders below the container's `/mnt/data` are kept.
 *
 * @throws ContainerExpiredError where the container is no more; InvalidRequestError where a file is in the way; typed
 *   errors where the service refuses; CancelledError when aborted.
 * @example
 * ```ts
 * import { createOciGenAI, downloadContainerFiles } from "@locus-sdk/oci";
 *
 * const files = await downloadContainerFiles(createOciGenAI(), "cntr_1", { directory: "plots" });
 * for (const { path, bytes } of files) process.stdout.write(`${path} (${bytes} bytes)\n`);
 * ```
 */
export async function downloadContainerFiles(
  client: ContainerClient,
  containerId: string,
  options: ContainerDownloadOptions,
): Promise<readonly DownloadedFile[]> {
  checked("downloadContainerFiles", optionsSchema, options);
  const { directory, filter = isOutput, overwrite = false, signal } = options;
  const told: Told = {
    what: `container ${containerId}`,
    signal,
    missingHint:
      "It may have expired (20 minutes after its last use, for good), or belong to another project, compartment or region.",
  };
  const found = await filesOf(client, containerId, told);
  const places = placesOf(found.filter(filter));
  const root = await rootAt(directory);
  if (!overwrite) await assertFree(root, places);

  const downloaded: DownloadedFile[] = [];
  for (const { file, segments } of places) {
    const path = await placeFor(root, segments);
    const bytes = await whileAlive(client, containerId, told, () =>
      fetchInto(client, { file, containerId, path, overwrite, told }),
    );
    downloaded.push({ fileId: file.id, containerPath: file.path, path, bytes });
  }
  return downloaded;
}

async function rootAt(directory: string): Promise<string> {
  try {
    await mkdir(directory, { recursive: true });
    return await realpath(directory);
  } catch (error) {
    throw new ConfigurationError(`nothing can be downloaded into ${directory}: ${messageOf(error)}`, {
      code: "folder_unusable",
      hint: "Check `directory`: it must be a folder, or a place for one, that this process may write to.",
      cause: error,
    });
  }
}

const isOutput = ({ source }: FileListResponse): boolean => source === "assistant";

async function filesOf(
  client: ContainerClient,
  containerId: string,
  told: Told,
): Promise<readonly FileListResponse[]> {
  return whileAlive(client, containerId, told, async () => {
    const list = listed(told, fileInContainer, (from) =>
      client.containers.files.list(containerId, { limit: PAGE, order: "asc", ...from }, within(told.signal)),
    );
    const files: FileListResponse[] = [];
    for await (const file of list) files.push(file);
    return files;
  });
}

/** A container that has expired is not there for most requests; asked for itself, it says why. */
async function whileAlive<T>(
  client: ContainerClient,
  containerId: string,
  told: Told,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isMissing(error)) throw error;
    const found = await answered(told, container, () =>
      client.containers.retrieve(containerId, within(told.signal)),
    );
    if (found.status !== "expired") throw error;
    throw new ContainerExpiredError(containerId, { cause: error });
  }
}

interface Place {
  readonly file: FileListResponse;
  readonly segments: readonly string[];
}

/** Two names that become one get a number. */
function placesOf(files: readonly FileListResponse[]): readonly Place[] {
  const taken = new Set<string>();
  return files.map((file) => {
    const inside = file.path.startsWith(`${HOME}/`) ? file.path.slice(HOME.length) : file.path;
    const wanted = safeSegments(inside);
    let segments = wanted;
    // Some file systems do not tell cases apart.
    const keyOf = (): string => segments.join("/").normalize("NFC").toLowerCase();
    for (let number = 2; taken.has(keyOf()); number += 1) segments = numbered(wanted, number);
    taken.add(keyOf());
    return { file, segments };
  });
}

function numbered(segments: readonly string[], number: number): readonly string[] {
  const name = segments.at(-1) ?? "file";
  const extension = posix.extname(name);
  const stem = name.slice(0, name.length - extension.length);
  return [...segments.slice(0, -1), `${stem} (${number})${extension}`];
}

async function assertFree(root: string, places: readonly Place[]): Promise<void> {
  for (const { segments } of places) {
    const path = join(root, ...segments);
    if ((await lstat(path).catch(() => undefined)) !== undefined) throw inTheWay(path);
  }
}

const inTheWay = (path: string): InvalidRequestError =>
  new InvalidRequestError(`${path} is there already`, {
    code: "file_exists",
    hint: "Download into another folder, or with `overwrite: true`.",
  });

interface Fetching {
  readonly file: FileListResponse;
  readonly containerId: string;
  readonly path: string;
  readonly overwrite: boolean;
  readonly told: Told;
}

/** Writes beside the file's place first: what is there is whole. Returns how many bytes came. */
async function fetchInto(
  client: ContainerClient,
  { file, containerId, path, overwrite, told }: Fetching,
): Promise<number> {
  const { signal } = told;
  const part = join(dirname(path), `.${randomUUID()}.part`);
  const about = { ...told, what: `${file.path} of container ${containerId}` };
  try {
    const response = await asked(about, () =>
      client.containers.files.content.retrieve(file.id, { container_id: containerId }, within(signal)),
    );
    const sink = createWriteStream(part, { flags: "wx" });
    const source = Readable.from(response.body ?? []);
    await asked(about, () => pipeline(source, sink, within(signal))).catch((error: unknown) => {
      throw sink.errored && isOfDisk(sink.errored) ? sink.errored : error;
    });
    await (overwrite ? rename(part, path) : link(part, path));
    return sink.bytesWritten;
  } catch (error) {
    throw isOfDisk(error) ? notWritten(path, error) : error;
  } finally {
    await rm(part, { force: true });
  }
}

/** What a file system says, and not the service or the way to it. */
const isOfDisk = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && !(error instanceof LocusError) && "code" in error && "syscall" in error;

function notWritten(path: string, error: NodeJS.ErrnoException): InvalidRequestError {
  if (error.code === "EEXIST") return inTheWay(path);
  return new InvalidRequestError(`${path} cannot be written: ${messageOf(error)}`, {
    code: "file_unwritable",
    hint: "Look what is in the way there, and whether this process may write: a folder is not replaced by a file.",
    cause: error,
  });
}
