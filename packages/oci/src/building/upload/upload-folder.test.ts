/** Folders as they are uploaded, changed, emptied and given up: what is in the store, and what is told. */
import { mkdir, mkdtemp, readFile, rm, symlink, truncate, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  AuthenticationError,
  ConfigurationError,
  InvalidRequestError,
  PermissionOrNotFoundError,
} from "@locus-sdk/core";
import type OpenAI from "openai";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Cloud, startCloud } from "../../../test/emulator.ts";
import { createOciOpenAI } from "../../client.ts";
import { pathOfUpload } from "./names.ts";
import { UploadCancelledError, type UploadFolderOptions, type UploadProgress } from "./types.ts";
import { uploadFolder } from "./upload-folder.ts";

const INGEST_MS = 60_000;
let failing: string | undefined;
let cloud: Cloud;
let client: OpenAI;
let directory: string;
let vectorStoreId: string;
beforeAll(async () => {
  cloud = await startCloud({
    vectorStores: { fail: (name) => failing !== undefined && name.includes(failing) },
  });
  client = createOciOpenAI({ ...cloud.options, project: cloud.config.projectId, maxRetries: 0 });
});
afterAll(() => cloud[Symbol.asyncDispose]());
beforeEach(async () => {
  cloud.emulator.reset();
  failing = undefined;
  directory = await mkdtemp(join(tmpdir(), "locus-folder-"));
  vectorStoreId = (await client.vectorStores.create({ name: "folder" })).id;
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), text);
  }
}

const upload = (options: Partial<UploadFolderOptions> = {}) =>
  uploadFolder(client, { vectorStoreId, directory, ...options });

/** The paths of all files on the service, and of those in the store. */
function stored(): { readonly files: readonly unknown[]; readonly inStore: readonly unknown[] } {
  const { files, vectorStores } = cloud.emulator.stored;
  const inStore = vectorStores.find(({ id }) => id === vectorStoreId)?.files ?? [];
  const paths = (list: readonly { readonly filename: string }[]): readonly unknown[] =>
    list.map(({ filename }) => pathOfUpload(filename) ?? filename).sort();
  return { files: paths(files), inStore: paths(inStore) };
}

const both = (...paths: readonly string[]) => ({ files: paths, inStore: paths });
const posts = (): number =>
  cloud.emulator.requests.filter(({ method, path }) => method === "POST" && path.endsWith("v1/files")).length;
const statuses = ({
  files,
}: {
  readonly files: readonly { readonly path: string; readonly status: string }[];
}) => files.map(({ path, status }) => `${path}: ${status}`);

describe("what is uploaded", () => {
  it("is every file that is not hidden, by its path, with path and content as attributes", async () => {
    await write({
      "b/readme.md": "two",
      "a.md": "one",
      "a/readme.md": "two",
      ".git/config": "no",
      "b/.x": "no",
    });
    const report = await upload({ attributes: (path) => ({ long: path.length > 4 }) });
    expect(report).toMatchObject({ uploaded: 3, skipped: 0, failed: 0, removed: 0, bytes: 9 });
    expect(statuses(report)).toEqual(["a.md: completed", "a/readme.md: completed", "b/readme.md: completed"]);
    expect(stored()).toEqual(both("a.md", "a/readme.md", "b/readme.md"));
    const listed = await client.vectorStores.files.list(vectorStoreId);
    const attributes = listed.data.map((file) => file.attributes);
    expect(attributes).toContainEqual({
      path: "a.md",
      long: false,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it("is what the globs say, hidden things if they name them", async () => {
    await write({ "a.md": "1", "a.txt": "2", "d/b.md": "3", "d/old/c.md": "4", ".notes/e.md": "5" });
    await upload({ include: ["**/*.md", ".notes/*"], exclude: "d/old" });
    expect(stored().inStore).toEqual([".notes/e.md", "a.md", "d/b.md"]);
  });

  it("is nothing outside of the folder, nothing empty, and nothing too large to be taken", async () => {
    await write({ "a.md": "1", "empty.md": "", "large.md": "x" });
    await truncate(join(directory, "large.md"), 50 * 1024 * 1024 + 1);
    await symlink("/etc/hosts", join(directory, "hosts"));
    await symlink("/etc", join(directory, "etc"));
    const report = await upload();
    expect(report).toMatchObject({ uploaded: 1, skipped: 3, failed: 1 });
    expect(report.files).toMatchObject([
      { path: "a.md", status: "completed" },
      { path: "empty.md", status: "skipped", reason: "empty" },
      { path: "etc", status: "skipped", reason: "not_a_file" },
      { path: "hosts", status: "skipped", reason: "not_a_file" },
      { path: "large.md", status: "failed", error: { code: "file_too_large" } },
    ]);
    expect(stored()).toEqual(both("a.md"));
  });

  it("is told as it goes, in files and bytes", async () => {
    await write({ "a.md": "1", "b.md": "22" });
    const told: UploadProgress[] = [];
    await upload({ concurrency: 1, onProgress: (progress) => told.push(progress) });
    expect(told.map(({ phase, doneFiles, doneBytes, path }) => [phase, doneFiles, doneBytes, path])).toEqual([
      ["uploading", 1, 1, "a.md"],
      ["uploading", 2, 3, "b.md"],
      ["ingesting", 1, expect.any(Number), expect.any(String)],
      ["ingesting", 2, 3, expect.any(String)],
    ]);
    expect(told.every(({ totalFiles, totalBytes }) => totalFiles === 2 && totalBytes === 3)).toBe(true);
  });
});

describe("uploaded again", () => {
  it("what is unchanged is skipped; what changed replaces its old version; what was removed stays", async () => {
    await write({ "a.md": "1", "b.md": "2", "c.md": "3" });
    await upload();
    const before = new Set(cloud.emulator.stored.files.map(({ id }) => id));
    await write({ "b.md": "two" });
    await unlink(join(directory, "c.md"));
    const report = await upload();
    expect(statuses(report)).toEqual(["a.md: skipped", "b.md: completed"]);
    expect(stored()).toEqual(both("a.md", "b.md", "c.md"));
    expect(cloud.emulator.stored.files.filter(({ id }) => !before.has(id))).toMatchObject([{ bytes: 3 }]);
  });

  it("with removeMissing, what is gone is taken out; what is merely not selected stays, and so does what others put in", async () => {
    await write({ "a.md": "1", "b.md": "2", "c.txt": "3" });
    await upload();
    const file = await client.files.create({ file: new File(["other"], "other.md"), purpose: "assistants" });
    await client.vectorStores.files.create(vectorStoreId, { file_id: file.id });
    await unlink(join(directory, "b.md"));
    const report = await upload({ removeMissing: true, include: "*.md" });
    expect(statuses(report)).toEqual(["a.md: skipped", "b.md: removed"]);
    expect(stored()).toEqual(both("a.md", "c.txt", "other.md"));
  });

  it("the old version stays until the new one is in", async () => {
    await write({ "a.md": "1" });
    await upload();
    failing = "a~";
    await write({ "a.md": "one" });
    const report = await upload();
    expect(report.files).toMatchObject([{ status: "failed", error: { code: "ingestion_failed" } }]);
    expect(stored()).toEqual(both("a.md", "a.md"));
    failing = undefined;
    expect(await upload({ retryFailed: true })).toMatchObject({ uploaded: 1, failed: 0, bytes: 0 });
    expect(stored()).toEqual(both("a.md"));
    expect(cloud.emulator.stored.files).toMatchObject([{ bytes: 3 }]);
  });

  it("a file that somebody took out of the store is put in again, sent again only if it was deleted", async () => {
    await write({ "a.md": "1", "b.md": "2" });
    const { files } = await upload();
    const [a, b] = files.map((file) => ("fileId" in file ? (file.fileId ?? "") : ""));
    await client.vectorStores.files.delete(a ?? "", { vector_store_id: vectorStoreId });
    await client.files.delete(b ?? "");
    expect(await upload()).toMatchObject({ uploaded: 2, bytes: 1 });
    expect(stored()).toEqual(both("a.md", "b.md"));
  });

  it("a store that vanishes on the way makes nobody forget what is on the service", async () => {
    await write({ "a.md": "1" });
    const attaching = { path: /vector_stores\/.*\/files$/, method: "POST" } as const;
    cloud.emulator.fault({ ...attaching, error: "NotAuthorizedOrNotFound", times: 2 });
    expect(await upload()).toMatchObject({ failed: 1 });
    expect(await upload()).toMatchObject({ failed: 1, bytes: 0 });
    expect(await upload()).toMatchObject({ uploaded: 1, bytes: 0 });
    expect(stored()).toEqual(both("a.md"));
  });

  it("without its manifest, what the store has is found by its content", async () => {
    await write({ "a.md": "1", "b.md": "2" });
    const manifest = join(directory, ".m.jsonl");
    await upload({ manifest });
    await rm(manifest);
    await write({ "b.md": "two" });
    expect(await upload({ manifest })).toMatchObject({ uploaded: 1, skipped: 1, failed: 0 });
    // The old version of b.md is nobody's that this manifest knows of.
    expect(stored()).toEqual(both("a.md", "b.md", "b.md"));
  });
});

describe("when something fails", () => {
  it("a file that cannot be taken in is told with the reason, and the others are in", async () => {
    failing = "bad";
    await write({ "a.md": "1", "bad.md": "2" });
    const report = await upload();
    expect(report).toMatchObject({ uploaded: 1, failed: 1 });
    expect(report.files[1]).toMatchObject({
      path: "bad.md",
      error: { message: expect.stringMatching(/server_error/) },
    });
    const again = await upload();
    expect(again).toMatchObject({ uploaded: 0, skipped: 1, failed: 1, bytes: 0 });
  });

  it("an upload whose answer is lost is looked for, not sent again", async () => {
    await write({ "a.md": "1" });
    const lost = { path: /v1\/files$/, method: "POST", afterEffect: true } as const;
    cloud.emulator.fault({ ...lost, reset: true });
    expect(await upload()).toMatchObject({ uploaded: 1, failed: 0 });
    expect(posts()).toBe(1);
    expect(stored()).toEqual(both("a.md"));
  });

  it("somebody else's file of the same name, size and content is not taken for ours", async () => {
    await write({ "a.md": "1" });
    const theirs = await client.files.create({ file: new File(["1"], "a.md"), purpose: "assistants" });
    cloud.emulator.fault({ path: /v1\/files$/, method: "POST", reset: true });
    const { files } = await upload();
    expect(files).not.toMatchObject([{ fileId: theirs.id }]);
    expect(stored()).toEqual({ files: ["a.md", "a.md"], inStore: ["a.md"] });
  });

  it("one with our token and other content is neither taken over nor deleted", async () => {
    await write({ "a.md": "12345" });
    cloud.emulator.fault({ path: /v1\/files$/, method: "POST", error: "NotAuthorizedOrNotFound" });
    await upload();
    const manifest = await readFile(join(directory, `.locus-upload.${vectorStoreId}.jsonl`), "utf8");
    const token = /"token":"([0-9a-f]+)"/.exec(manifest)?.[1] ?? "";
    await client.files.create({ file: new File(["54321"], `a~${token}.md`), purpose: "assistants" });
    cloud.emulator.fault({ path: /v1\/files$/, method: "POST", reset: true });
    expect(await upload()).toMatchObject({ uploaded: 1, bytes: 5 });
    expect(stored()).toEqual({ files: ["a.md", "a.md"], inStore: ["a.md"] });
  });

  it("what arrives after it was looked for is there twice, and is deleted at the end", async () => {
    await write({ "a.md": "1" });
    const list = { path: /v1\/files$/, method: "GET" } as const;
    cloud.emulator.fault({ path: /v1\/files$/, method: "POST", reset: true, afterEffect: true });
    cloud.emulator.fault({ ...list, body: { object: "list", data: [], has_more: false } });
    expect(await upload()).toMatchObject({ uploaded: 1 });
    expect(posts()).toBe(2);
    expect(stored()).toEqual(both("a.md"));
  });

  it.each(["changed", "removed"] as const)(
    "what nobody knew to be there is deleted where the file was %s since",
    async (what) => {
      await write({ "a.md": "1", "b.md": "2" });
      cloud.emulator.fault({ path: /v1\/files$/, method: "POST", reset: true, afterEffect: true });
      cloud.emulator.fault({ path: /v1\/files$/, method: "GET", status: 400, body: { message: "No list." } });
      expect(await upload({ concurrency: 1 })).toMatchObject({ uploaded: 1, failed: 1 });
      expect(stored()).toEqual({ files: ["a.md", "b.md"], inStore: ["b.md"] });
      if (what === "changed") await write({ "a.md": "one" });
      else await unlink(join(directory, "a.md"));
      await upload();
      expect(stored()).toEqual(what === "changed" ? both("a.md", "b.md") : both("b.md"));
    },
  );

  it("an old version that cannot be deleted is told, and deleted by the next call", async () => {
    await write({ "a.md": "1", "b.md": "2" });
    await upload();
    await write({ "a.md": "one" });
    cloud.emulator.fault({ path: /files\//, method: "DELETE", status: 400, body: { message: "No." } });
    expect(await upload()).toMatchObject({ failed: 1, skipped: 1 });
    expect(stored()).toEqual(both("a.md", "a.md", "b.md"));
    expect(await upload()).toMatchObject({ failed: 0, skipped: 2, bytes: 0 });
    expect(stored()).toEqual(both("a.md", "b.md"));
  });

  it("a refused file is told with the service's words, and is sent by the next call", async () => {
    await write({ "a.md": "1", "b.md": "2" });
    const body = { error: { message: "Not today.", code: "invalid_value", param: "file" } };
    cloud.emulator.fault({ path: /v1\/files$/, method: "POST", status: 400, body });
    const report = await upload({ concurrency: 1 });
    expect(report).toMatchObject({ uploaded: 1, failed: 1 });
    const failed = report.files.find(({ status }) => status === "failed");
    expect(failed).toMatchObject({
      path: "a.md",
      error: expect.any(InvalidRequestError),
    });
    expect(failed).toMatchObject({
      error: { message: expect.stringMatching(/^upload of a\.md .*Not today/) },
    });
    expect(await upload()).toMatchObject({ uploaded: 1, skipped: 1, failed: 0 });
  });

  it("a store that cannot be had is told at once, with what it may mean", async () => {
    await write({ "a.md": "1" });
    const error = await upload({ vectorStoreId: "vs_none" }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PermissionOrNotFoundError);
    expect(error).toMatchObject({ hint: expect.stringMatching(/compartment/) });
    expect(posts()).toBe(0);
    cloud.emulator.fault({ path: /vector_stores/, error: "NotAuthenticated", times: 2 });
    await expect(upload()).rejects.toBeInstanceOf(AuthenticationError);
  });
});

describe("when it is given up", () => {
  it("tells what was done, leaves no request behind, and the next call goes on", async () => {
    const names = Array.from({ length: 40 }, (_, n) => `${String(n).padStart(2, "0")}.md`);
    await write(Object.fromEntries(names.map((name) => [name, name])));
    const controller = new AbortController();
    const onProgress = ({ doneFiles }: UploadProgress): void => {
      if (doneFiles === 10) controller.abort(new Error("enough"));
    };
    const error = await upload({ signal: controller.signal, onProgress, concurrency: 4 }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(UploadCancelledError);
    expect(error).toMatchObject({ code: "cancelled", report: { bytes: expect.any(Number) } });
    await cloud.emulator.idle();
    expect(cloud.emulator.stored.files.length).toBeLessThan(20);
    expect(await upload()).toMatchObject({ failed: 0, uploaded: expect.any(Number) });
    expect(stored()).toEqual(both(...names));
  });

  it("before it began, it does nothing", async () => {
    await write({ "a.md": "1" });
    await expect(upload({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "cancelled" });
    expect(posts()).toBe(0);
  });

  it("by a callback that throws: that is what is told", async () => {
    await write({ "a.md": "1", "b.md": "2" });
    const onProgress = (): never => {
      throw new RangeError("my own");
    };
    await expect(upload({ onProgress })).rejects.toThrow(new RangeError("my own"));
    expect(await upload()).toMatchObject({ failed: 0 });
    expect(stored()).toEqual(both("a.md", "b.md"));
  });
});

describe("waiting", () => {
  it("ends at its time limit: what is not in by then is told, and the next call finds it", async () => {
    await using slow = await startCloud({ vectorStores: { ingestMs: INGEST_MS } });
    const own = createOciOpenAI({ ...slow.options, project: slow.config.projectId });
    const { id } = await own.vectorStores.create({ name: "slow" });
    await write({ "a.md": "1" });
    const options = { vectorStoreId: id, directory };
    const report = await uploadFolder(own, { ...options, waitForIngestion: { pollMs: 1, timeoutMs: 500 } });
    expect(report.files).toMatchObject([{ status: "failed", error: { code: "timeout" } }]);
    expect(await uploadFolder(own, { ...options, waitForIngestion: false })).toMatchObject({
      uploaded: 0,
      pending: 1,
      bytes: 0,
      files: [{ path: "a.md", status: "pending" }],
    });
    slow.emulator.clock.advance(INGEST_MS);
    expect(await uploadFolder(own, options)).toMatchObject({ skipped: 1, failed: 0, bytes: 0 });
    expect(slow.emulator.stored.files).toHaveLength(1);
  });
});

describe("a manifest", () => {
  it("whose last line was cut off counts up to there", async () => {
    await write({ "a.md": "1" });
    const manifest = join(directory, "..", `${vectorStoreId}.jsonl`);
    await upload({ manifest });
    const text = await readFile(manifest, "utf8");
    await writeFile(manifest, `${text}{"type":"inten`);
    await write({ "b.md": "2" });
    expect(await upload({ manifest })).toMatchObject({ uploaded: 1, skipped: 1 });
    expect(await readFile(manifest, "utf8")).toContain(text);
    await writeFile(manifest, `${text}nothing\n${text}`);
    await expect(upload({ manifest })).rejects.toMatchObject({ code: "manifest_unusable" });
    await rm(manifest);
  });

  it("of another store is refused, and so is a second upload at the same time", async () => {
    await write({ "a.md": "1", "m.jsonl": "" });
    await rm(join(directory, "m.jsonl"));
    const manifest = join(directory, "m.jsonl");
    const both = await Promise.allSettled([upload({ manifest }), upload({ manifest })]);
    expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(both.find(({ status }) => status === "rejected")).toMatchObject({
      reason: { code: "upload_busy" },
    });
    const other = (await client.vectorStores.create({ name: "other" })).id;
    const error = await upload({ manifest, vectorStoreId: other }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ code: "manifest_of_other_store" });
    expect(stored()).toEqual({ files: ["a.md"], inStore: ["a.md"] });
  });
});

describe("options", () => {
  it.each([
    { directory: "/nowhere/at/all" },
    { concurrency: 0 },
    { vectorStoreId: "" },
    { attributes: () => ({}), unknown: 1 },
  ])("that cannot be used are refused: %j", async (options) => {
    await expect(upload(options)).rejects.toBeInstanceOf(ConfigurationError);
  });

  it("an attribute that is taken fails its file before anything is sent", async () => {
    await write({ "a.md": "1" });
    expect((await upload({ attributes: () => ({ path: "x" }) })).files).toMatchObject([
      { status: "failed", error: expect.any(ConfigurationError) },
    ]);
    expect(posts()).toBe(0);
  });
});
