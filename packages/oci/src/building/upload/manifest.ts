/**
 * The manifest of an upload: a journal of JSON lines, written and synced before and after each step on the service.
 * What was known when the process died is what the next one reads; a last line that was cut off was never known.
 */
import { randomBytes } from "node:crypto";
import { type FileHandle, mkdir, open, realpath } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { ConfigurationError, messageOf, parseJson } from "@locus-sdk/core";
import { type Lock, lockFile } from "./lock.ts";
import { apply, emptyState, headerSchema, type ManifestState, type Note, noteSchema } from "./notes.ts";

interface Waiting {
  readonly note: Note | undefined;
  readonly line: string;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Whose manifest it is. */
export interface Owner {
  readonly vectorStoreId: string;
  /** The real path of the folder. */
  readonly directory: string;
}

/** Where a manifest really is: two paths to one file are one manifest. @throws ConfigurationError where it cannot be. */
export async function placeOfManifest(path: string): Promise<string> {
  const given = resolve(path);
  try {
    await mkdir(dirname(given), { recursive: true });
    const inFolder = join(await realpath(dirname(given)), basename(given));
    return await realpath(inFolder).catch(() => inFolder);
  } catch (error) {
    throw unusable(given, messageOf(error), PLACE_HINT, error);
  }
}

const CONTENT_HINT =
  "Restore it, or delete it: files that the store has already are then found again by their content.";
const PLACE_HINT =
  "Let this process write there, or keep the manifest elsewhere: the option `manifest` says where.";
const WRITE_HINT =
  "Do not delete it: it knows what has been done. Make room, or let this process write there, and call again.";

/** An open manifest: nobody else writes to it meanwhile. */
export class Manifest implements AsyncDisposable {
  readonly state: ManifestState;
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #lock: Lock;
  readonly #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #broken: ConfigurationError | undefined;

  private constructor(state: ManifestState, path: string, handle: FileHandle, lock: Lock) {
    this.state = state;
    this.#path = path;
    this.#handle = handle;
    this.#lock = lock;
  }

  /**
   * Opens the manifest at `path`, or begins one.
   *
   * @throws ConfigurationError where it belongs to another store or folder, is in use, or cannot be read.
   */
  static async open(path: string, owner: Owner): Promise<Manifest> {
    const lock = await lockFile(`${path}.lock`).catch((error: unknown) => {
      throw error instanceof ConfigurationError ? error : unusable(path, messageOf(error), PLACE_HINT, error);
    });
    const directory = relative(dirname(path), owner.directory).split(sep).join("/");
    const { vectorStoreId } = owner;
    let handle: FileHandle | undefined;
    try {
      handle = await open(path, "a+");
      const text = await handle.readFile("utf8");
      const whole = text.slice(0, text.lastIndexOf("\n") + 1);
      if (whole.length < text.length) await handle.truncate(Buffer.byteLength(whole));
      const [first, ...rest] = whole.split("\n").slice(0, -1);
      if (first !== undefined) {
        const state = read(path, { vectorStoreId, directory }, first, rest);
        return new Manifest(state, path, handle, lock);
      }
      const key = randomBytes(16).toString("hex");
      const manifest = new Manifest(emptyState(key), path, handle, lock);
      await manifest.#write(JSON.stringify({ type: "upload", version: 1, vectorStoreId, directory, key }));
      return manifest;
    } catch (error) {
      await handle?.close();
      await lock.release();
      throw error instanceof ConfigurationError ? error : unusable(path, messageOf(error), PLACE_HINT, error);
    }
  }

  /** Notes what is about to be done, or was; resolves when a power cut would not undo it. */
  append(note: Note): Promise<void> {
    return this.#write(JSON.stringify(note), note);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing;
    await this.#handle.close();
    await this.#lock.release();
  }

  #write(line: string, note?: Note): Promise<void> {
    if (this.#broken !== undefined) return Promise.reject(this.#broken);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ note, line, resolve, reject });
      this.#writing ??= this.#drain();
    });
  }

  /** Whatever waits is written at once: one sync serves all that go on at the same time. */
  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0);
      try {
        if (this.#broken !== undefined) throw this.#broken;
        await this.#handle.appendFile(batch.map(({ line }) => `${line}\n`).join(""));
        await this.#handle.datasync();
        for (const { note, resolve } of batch) {
          if (note !== undefined) apply(this.state, note);
          resolve();
        }
      } catch (error) {
        // Half a line may be there, and the next one would be lost behind it.
        const why = `it cannot be written: ${messageOf(error)}`;
        this.#broken ??= unusable(this.#path, why, WRITE_HINT, error);
        for (const { reject } of batch) reject(this.#broken);
      }
    }
    this.#writing = undefined;
  }
}

function read(path: string, owner: Owner, first: string, lines: readonly string[]): ManifestState {
  const header = headerSchema.safeParse(parseJson(first));
  if (!header.success)
    throw unusable(path, "it does not begin as a manifest of an upload does", CONTENT_HINT);
  const { vectorStoreId, directory = owner.directory } = header.data;
  if (vectorStoreId !== owner.vectorStoreId) {
    throw new ConfigurationError(
      `the manifest ${path} belongs to vector store ${vectorStoreId}, not to ${owner.vectorStoreId}`,
      {
        code: "manifest_of_other_store",
        hint: "Give each store a `manifest` of its own, or leave it to the default.",
      },
    );
  }
  if (directory !== owner.directory) {
    // The files of one would be taken for those of the other, and deleted.
    throw new ConfigurationError(
      `the manifest ${path} belongs to another folder: "${directory}" from where it is, not "${owner.directory}"`,
      {
        code: "manifest_of_other_folder",
        hint: "Give each folder a `manifest` of its own. If the folder was moved, change `directory` in its first line.",
      },
    );
  }
  const state = emptyState(header.data.key);
  for (const [index, line] of lines.entries()) {
    const note = noteSchema.safeParse(parseJson(line));
    if (!note.success) throw unusable(path, `line ${index + 2} is none of a manifest`, CONTENT_HINT);
    apply(state, note.data);
  }
  return state;
}

function unusable(path: string, why: string, hint: string, cause?: unknown): ConfigurationError {
  return new ConfigurationError(`${path} cannot be used as manifest of an upload: ${why}`, {
    code: "manifest_unusable",
    hint,
    cause,
  });
}
