/** One file of the folder on its way into the store: as far as it has not come already. */
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { readFile } from "node:fs/promises";
import { ConfigurationError, InvalidRequestError, LocusError, ModelError, messageOf } from "@locus-sdk/core";
import { z } from "zod";
import { deletion, fileInStore, storedFile } from "../answers.ts";
import { answered, isMissing } from "../service-error.ts";
import type { IngestedFile } from "../store-files.ts";
import type { FolderEntry } from "./list-folder.ts";
import { type Content, type Sending, sendOnce } from "./remote.ts";
import type { FileAttributes, FileOutcome, UploadFolderOptions } from "./types.ts";

const attributesSchema = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
/** The service refuses larger files. */
const MAX_BYTES = 50 * 1024 * 1024;
const LONGEST_ATTRIBUTE = 512;

/** What one call is about. */
export interface Run {
  readonly sending: Sending;
  readonly options: UploadFolderOptions;
  /** What the store held at the beginning, by the files' ids. */
  readonly inStore: ReadonlyMap<string, IngestedFile>;
  /** Ids of files in the store that were uploaded from somewhere, by `identity`. */
  readonly byIdentity: ReadonlyMap<string, string>;
  readonly outcomes: Map<string, FileOutcome>;
  readonly sent: { bytes: number };
  /** Put into the store, and perhaps not taken in yet; by path. */
  readonly pending: Map<string, { readonly fileId: string; readonly bytes: number }>;
}

/**
 * Brings a file into the store. Its own failures are its outcome.
 *
 * @throws whatever concerns all files: an aborted signal, a manifest that cannot be written.
 */
export async function uploadEntry(run: Run, entry: FolderEntry): Promise<void> {
  const { path } = entry;
  const { outcomes, sending } = run;
  try {
    const outcome = await bring(run, entry);
    if (outcome !== undefined) outcomes.set(path, outcome);
  } catch (error) {
    if (
      sending.signal.aborted ||
      (error instanceof ConfigurationError && error.code === "manifest_unusable")
    ) {
      throw error;
    }
    if (!(error instanceof LocusError)) throw error;
    outcomes.set(path, { path, status: "failed", error });
  }
}

/** `undefined` where the store has been given the file and has to take it in. */
async function bring(run: Run, entry: FolderEntry): Promise<FileOutcome | undefined> {
  const { path } = entry;
  const { sending, inStore, options, sent, pending } = run;
  const { manifest } = sending;
  const { kept } = manifest.state;
  if (entry.problem !== undefined) return { path, status: "failed", error: entry.problem };
  if (!entry.isFile) return { path, status: "skipped", reason: "not_a_file" };
  const content = await read(entry);
  if (content.bytes.byteLength === 0) return { path, status: "skipped", reason: "empty" };

  const attributes = { ...ownAttributes(options, path), path: attributePath(path), sha256: content.sha256 };
  const attach = (id: string): Promise<void> => putIn(run, { path, fileId: id, attributes });
  const before = kept.get(path);
  const isSame = before?.sha256 === content.sha256;
  let fileId = isSame ? before.fileId : await foundInStore(run, content);
  const known = fileId === undefined ? undefined : inStore.get(fileId);
  if (fileId !== undefined && known !== undefined) {
    if (known.status === "failed" && options.retryFailed !== true) return failedBefore(path, known);
    if (known.status === "completed") {
      if (before?.step !== "ingested") await manifest.append({ type: "ingested", path, fileId });
      return (await describe(run, { path, fileId, attributes }, known))
        ? { path, status: "updated", fileId }
        : { path, status: "skipped", reason: "unchanged", fileId };
    }
    if (known.status === "in_progress") await describe(run, { path, fileId, attributes }, known);
    if (known.status === "failed" || known.status === "cancelled") await detach(run, fileId);
  }

  const send = async (): Promise<string> => {
    const id = await sendOnce(sending, content);
    sent.bytes += content.bytes.byteLength;
    return id;
  };
  if (fileId === undefined) {
    fileId = await send();
    await attach(fileId);
  } else if (known?.status !== "in_progress") {
    try {
      await attach(fileId);
    } catch (error) {
      // It may be the store that is not there.
      if (!isMissing(error) || (await isThere(run, fileId))) throw error;
      await manifest.append({ type: "gone", path, fileId });
      fileId = await send();
      await attach(fileId);
    }
  }
  pending.set(path, { fileId, bytes: content.bytes.byteLength });
  return undefined;
}

/** What the store holds, by what the attributes that uploads add say of path and content. */
export function byIdentity(inStore: Iterable<IngestedFile>): ReadonlyMap<string, string> {
  const ids = new Map<string, string>();
  for (const { fileId, status, attributes } of inStore) {
    if (attributes === undefined || status === "failed") continue;
    ids.set(`${String(attributes.sha256)} ${String(attributes.path)}`, fileId);
  }
  return ids;
}

/** A manifest may be lost; what was uploaded from here tells its path and content in the store. */
async function foundInStore(
  { byIdentity, sending: { manifest } }: Run,
  { path, sha256, bytes }: Content,
): Promise<string | undefined> {
  if (manifest.state.kept.has(path)) return undefined;
  const fileId = byIdentity.get(`${sha256} ${attributePath(path)}`);
  if (fileId === undefined) return undefined;
  await manifest.append({ type: "uploaded", fileId, path, sha256, bytes: bytes.byteLength });
  await manifest.append({ type: "attached", path, fileId });
  return fileId;
}

async function read({ path, absolute, bytes: size }: FolderEntry): Promise<Content> {
  if (size > MAX_BYTES) throw tooLarge(path, size);
  try {
    // Since the folder was listed, a link may have taken the file's place.
    const bytes = await readFile(absolute, { flag: constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) });
    if (bytes.byteLength > MAX_BYTES) throw tooLarge(path, bytes.byteLength);
    return { path, bytes, sha256: createHash("sha256").update(bytes).digest("hex") };
  } catch (error) {
    if (error instanceof LocusError) throw error;
    throw new InvalidRequestError(`${path} cannot be read: ${messageOf(error)}`, {
      code: "file_unreadable",
      hint: "Check that the file is still there and that this process may read it.",
      cause: error,
    });
  }
}

const tooLarge = (path: string, bytes: number): InvalidRequestError =>
  new InvalidRequestError(`${path} has ${bytes} bytes, and the service takes at most ${MAX_BYTES} (50 MiB)`, {
    code: "file_too_large",
    hint: "Split it, or leave it out with `exclude`.",
  });

const failedBefore = (path: string, { fileId, lastError }: IngestedFile): FileOutcome => ({
  path,
  status: "failed",
  fileId,
  error: ingestionError(path, lastError, "`retryFailed` has it taken in once more."),
});

/** The error of a file that the store could not take in. */
export function ingestionError(path: string, lastError: IngestedFile["lastError"], hint: string): ModelError {
  const said =
    lastError === undefined ? "the service does not say why" : `${lastError.code}: ${lastError.message}`;
  return new ModelError(`the store could not take in ${path}: ${said}`, { code: "ingestion_failed", hint });
}

interface NewInStore {
  readonly path: string;
  readonly fileId: string;
  readonly attributes: FileAttributes;
}

async function putIn(run: Run, { path, fileId, attributes }: NewInStore): Promise<void> {
  const { client, manifest, signal } = run.sending;
  const { vectorStoreId } = run.options;
  const told = { what: `putting ${path} into vector store ${vectorStoreId}`, signal };
  const body = { file_id: fileId, attributes: { ...attributes } };
  await answered(told, fileInStore, () => client.vectorStores.files.create(vectorStoreId, body, { signal }));
  await manifest.append({ type: "attached", path, fileId, attributes: digestOf(attributes) });
}

/** Gives a file that is in the store its attributes, where it has others. Whether that was so. */
async function describe(
  { sending, options }: Run,
  { path, fileId, attributes }: NewInStore,
  known: IngestedFile,
): Promise<boolean> {
  const { client, manifest, signal } = sending;
  const digest = digestOf(attributes);
  const noted = manifest.state.kept.get(path)?.attributes;
  const has = noted ?? (known.attributes === undefined ? undefined : digestOf(known.attributes));
  const differs = has !== digest;
  if (differs) {
    const told = { what: `attributes of ${path} in vector store ${options.vectorStoreId}`, signal };
    const body = { vector_store_id: options.vectorStoreId, attributes: { ...attributes } };
    await answered(told, fileInStore, () => client.vectorStores.files.update(fileId, body, { signal }));
  }
  if (noted !== digest) await manifest.append({ type: "attributes", path, fileId, attributes: digest });
  return differs;
}

const digestOf = (attributes: FileAttributes): string => {
  const sorted = Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256").update(JSON.stringify(sorted)).digest("hex").slice(0, 16);
};

async function isThere({ sending: { client, signal } }: Run, fileId: string): Promise<boolean> {
  try {
    const told = { what: `file ${fileId}`, signal };
    await answered(told, storedFile, () => client.files.retrieve(fileId, { signal }));
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

async function detach({ sending, options }: Run, fileId: string): Promise<void> {
  const { client, signal } = sending;
  const told = { what: `taking file ${fileId} out of vector store ${options.vectorStoreId}`, signal };
  const where = { vector_store_id: options.vectorStoreId };
  await answered(told, deletion, () => client.vectorStores.files.delete(fileId, where, { signal }));
}

const attributePath = (path: string): string => path.toWellFormed().slice(-LONGEST_ATTRIBUTE);

function ownAttributes({ attributes }: UploadFolderOptions, path: string): FileAttributes {
  const own = attributes?.(path) ?? {};
  const read = attributesSchema.safeParse(own);
  if (!read.success) {
    throw new ConfigurationError(`the attributes of ${path} must be text, numbers, true or false by name`);
  }
  const taken = Object.keys(own).find((name) => name === "path" || name === "sha256");
  if (taken === undefined) return read.data;
  throw new ConfigurationError(`the attribute "${taken}" of ${path} is kept for the file's own`, {
    hint: "Give it another name.",
  });
}
