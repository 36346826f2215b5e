/**
 * Sending a file so that it is on the service once, whatever gets lost.
 *
 * An upload has no key that makes it idempotent: when its answer is lost, or the process dies before it has noted the
 * answer, the file may be there under an id that nobody knows. So, in this order:
 *
 * 1. The manifest notes the intent, and only then the file is sent, once, without the client's own retries.
 * 2. The file's name on the service ends with a token (see names.ts) that only this manifest can have made, for this
 *    path and this content. It is the one thing about a file that its sender chooses and the service lists.
 * 3. Where the outcome is not known, the service's files are listed: what carries the token is ours, and is taken over
 *    instead of being sent again. Its size has to be right where it is told, and its content too where the service hands it out (for
 *    some purposes it does not; the token then has to do). Same names, sizes and times of other people prove nothing,
 *    and are never looked at.
 * 4. A request that was given up may still arrive after the look. Versions that were sent more than once are looked for
 *    again at the end; what is there twice is deleted, and only what carries the token.
 *
 * The list is read from the newest on, and no further back than the intent: `after` is a time that the service itself
 * told before, so no clock of ours counts. Putting a file into a store needs none of this: the service takes it twice
 * for once.
 */
import { createHash } from "node:crypto";
import { type LocusError, RateLimitError, retryDelayMs } from "@locus-sdk/core";
import { toFile } from "openai";
import type { FilePurpose } from "openai/resources/files";
import { pause } from "../../waiting.ts";
import { deletion, read, type StoredFile, storedFile, UNEXPECTED } from "../answers.ts";
import { answered, listed, serviceError, throwIfAborted } from "../service-error.ts";
import type { Manifest } from "./manifest.ts";
import { tokenIn, uploadName, uploadToken } from "./names.ts";
import type { Intent } from "./notes.ts";
import type { UploadClient } from "./types.ts";

const PAGE = 100;
/** The clocks of the service's machines are no further apart, in seconds. */
const SLACK_S = 60;
const TRIES = 4;

/** Everything that is needed to send files. */
export interface Sending {
  readonly client: UploadClient;
  readonly manifest: Manifest;
  readonly purpose: FilePurpose;
  readonly signal: AbortSignal;
  /** The latest time that the service has told, in seconds. */
  serviceTime: number;
}

/** A file of the folder as it was read. */
export interface Content {
  readonly path: string;
  readonly bytes: Buffer<ArrayBuffer>;
  readonly sha256: string;
}

/** Puts a file on the service, once, and notes it; returns its id. @throws LocusError where it cannot be had there. */
export async function sendOnce(sending: Sending, { path, bytes, sha256 }: Content): Promise<string> {
  const { client, manifest, purpose, signal } = sending;
  const version = { path, sha256, bytes: bytes.byteLength };
  const token = uploadToken(manifest.state.key, path, sha256);
  const file = await toFile(bytes, uploadName(path, token));
  for (let attempt = 1; ; attempt += 1) {
    throwIfAborted(signal);
    await manifest.append({ type: "intent", token, after: sending.serviceTime, ...version });
    try {
      const answer = await client.files.create({ file, purpose }, { maxRetries: 0, signal });
      const sent = read(`upload of ${path}`, storedFile, answer);
      sending.serviceTime = Math.max(sending.serviceTime, sent.created_at ?? 0);
      await manifest.append({ type: "uploaded", token, fileId: sent.id, ...version });
      return sent.id;
    } catch (thrown) {
      const error = serviceError(thrown, { what: `upload of ${path}`, signal });
      if (signal.aborted) throw error;
      const found = await afterFailure(sending, token, error);
      if (found !== undefined) return found;
      const delayMs = attempt < TRIES ? retryDelayMs(error, attempt) : undefined;
      if (!error.retryable || delayMs === undefined) throw error;
      await pause(delayMs, signal);
    }
  }
}

/** The id of a file whose upload failed, if it is there all the same. */
async function afterFailure(sending: Sending, token: string, error: LocusError): Promise<string | undefined> {
  // An answer that is none does not say that it was not done.
  const wasRefused = (!error.retryable && error.code !== UNEXPECTED) || error instanceof RateLimitError;
  if (!wasRefused) return (await takeOver(sending, [token])).get(token);
  await sending.manifest.append({ type: "refused", token });
  return undefined;
}

/** Looks for versions that may be on the service, and notes those that are; returns their ids by token. */
export async function takeOver(
  sending: Sending,
  tokens: Iterable<string>,
): Promise<ReadonlyMap<string, string>> {
  const ids = new Map<string, string>();
  for (const { token, intent, file } of await lookFor(sending, tokens)) {
    if (ids.has(token) || !(await isSame(sending, intent, file))) continue;
    ids.set(token, file.id);
    const { path, sha256, bytes } = intent;
    await sending.manifest.append({ type: "uploaded", token, fileId: file.id, path, sha256, bytes });
  }
  return ids;
}

/** Deletes what the service has of these versions besides the one that is known. */
export async function settle(sending: Sending, tokens: ReadonlySet<string>): Promise<void> {
  const { client, manifest, signal } = sending;
  for (const { intent, file } of await lookFor(sending, tokens)) {
    if (!(await isSame(sending, intent, file))) continue;
    await answered({ what: `deletion of file ${file.id}`, signal }, deletion, () =>
      client.files.delete(file.id, { signal }),
    );
  }
  await Promise.all([...tokens].map((token) => manifest.append({ type: "settled", token })));
}

interface Found {
  readonly token: string;
  readonly intent: Intent;
  readonly file: StoredFile;
}

/** What the service has with these tokens and nobody has noted, the newest first. */
async function lookFor(
  { client, manifest, signal }: Sending,
  tokens: Iterable<string>,
): Promise<readonly Found[]> {
  const { intents } = manifest.state;
  const wanted = new Map<string, Intent>();
  for (const token of tokens) {
    const intent = intents.get(token);
    if (intent !== undefined) wanted.set(token, intent);
  }
  if (wanted.size === 0) return [];
  const earliest = Math.min(...[...wanted.values()].map(({ after }) => after)) - SLACK_S;
  const known = knownIds(manifest);
  const found: Found[] = [];
  let newest = Number.NEGATIVE_INFINITY;
  const list = listed({ what: "list of files", signal }, storedFile, (from) =>
    client.files.list({ limit: PAGE, order: "desc", ...from }, { signal }),
  );
  for await (const file of list) {
    const token = tokenIn(file.filename ?? "") ?? "";
    const intent = wanted.get(token);
    if (intent !== undefined && !known.has(file.id)) found.push({ token, intent, file });
    const { created_at: createdAt } = file;
    if (createdAt === undefined) continue;
    newest = Math.max(newest, createdAt);
    // A first item that is old says nothing: a service may not know `order`.
    if (createdAt < earliest && newest > createdAt) break;
  }
  return found;
}

function knownIds({ state }: Manifest): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const { fileId } of state.kept.values()) ids.add(fileId);
  for (const replaced of state.replaced.values()) for (const id of replaced) ids.add(id);
  return ids;
}

/** Whether a file is the version that was sent: by its size, and by its content where that can be had. */
async function isSame({ client, signal }: Sending, intent: Intent, file: StoredFile): Promise<boolean> {
  if (file.bytes !== undefined && file.bytes !== intent.bytes) return false;
  const hash = createHash("sha256");
  try {
    const content = await client.files.content(file.id, { signal });
    for await (const chunk of content.body ?? []) hash.update(chunk);
  } catch (thrown) {
    const error = serviceError(thrown, { what: `content of file ${file.id}`, signal });
    // Not to be downloaded, which is the service's rule for some purposes.
    if (!error.retryable && error.status !== undefined && !signal.aborted) return true;
    throw error;
  }
  return hash.digest("hex") === intent.sha256;
}
