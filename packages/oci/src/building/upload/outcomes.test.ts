/** What a report says of files that are on their way, changed in part, not to be read, or never meant. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { ConfigurationError } from "@locus-sdk/core";
import type OpenAI from "openai";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Cloud, startCloud } from "../../../test/emulator.ts";
import { createOciOpenAI } from "../../client.ts";
import { UploadCancelledError, type UploadFolderOptions } from "./types.ts";
import { uploadFolder } from "./upload-folder.ts";

const INGEST_MS = 60_000;
const PROGRAM = new URL("../../../test/programs/upload-folder.mjs", import.meta.url).pathname;
let cloud: Cloud;
let client: OpenAI;
let directory: string;
let vectorStoreId: string;
beforeAll(async () => {
  cloud = await startCloud({ vectorStores: { ingestMs: INGEST_MS } });
  const [apiKey] = cloud.config.apiKey.secrets;
  // A key: signatures would not survive the clock being moved.
  client = createOciOpenAI({ ...cloud.options, authType: "genai_api_key", apiKey, maxRetries: 0 });
});
afterAll(() => cloud[Symbol.asyncDispose]());
beforeEach(async () => {
  cloud.emulator.reset();
  directory = await mkdtemp(join(tmpdir(), "locus-outcomes-"));
  vectorStoreId = (await client.vectorStores.create({ name: "folder" })).id;
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), content);
  }
}
const upload = (options: Partial<UploadFolderOptions> = {}) =>
  uploadFolder(client, { vectorStoreId, directory, waitForIngestion: false, ...options });
const takeIn = (): void => cloud.emulator.clock.advance(INGEST_MS);
const sizes = (): readonly number[] => cloud.emulator.stored.files.map(({ bytes }) => bytes);

describe("files that nobody waits for", () => {
  it("are pending, and the old version stays until a call finds the new one taken in", async () => {
    await write({ "a.md": "1" });
    expect(await upload()).toMatchObject({ pending: 1, uploaded: 0, files: [{ status: "pending" }] });
    takeIn();
    expect(await upload()).toMatchObject({ skipped: 1 });
    await write({ "a.md": "one" });
    expect(await upload()).toMatchObject({ pending: 1, bytes: 3 });
    expect(sizes()).toEqual([1, 3]);
    expect(await upload()).toMatchObject({ pending: 1, bytes: 0 });
    expect(sizes()).toEqual([1, 3]);
    takeIn();
    expect(await upload()).toMatchObject({ skipped: 1, bytes: 0 });
    expect(sizes()).toEqual([3]);
  });
});

describe("attributes", () => {
  const topic = (value: string) => ({ attributes: () => ({ topic: value }) });
  const attributes = async () =>
    (await client.vectorStores.files.list(vectorStoreId)).data.map((file) => file.attributes?.topic);

  it("that have changed are sent without the file, once", async () => {
    await write({ "a.md": "1" });
    await upload(topic("one"));
    takeIn();
    expect(await upload(topic("one"))).toMatchObject({ skipped: 1, updated: 0 });
    expect(await upload(topic("two"))).toMatchObject({
      updated: 1,
      skipped: 0,
      bytes: 0,
      files: [{ path: "a.md", status: "updated", fileId: expect.any(String) }],
    });
    expect(await attributes()).toEqual(["two"]);
    expect(await upload(topic("two"))).toMatchObject({ skipped: 1, updated: 0 });
  });

  it("are compared with those in the store where the manifest is lost", async () => {
    await write({ "a.md": "1" });
    const manifest = join(directory, ".m.jsonl");
    await upload({ ...topic("one"), manifest });
    takeIn();
    await rm(manifest);
    expect(await upload({ ...topic("one"), manifest })).toMatchObject({ skipped: 1, updated: 0 });
    await rm(manifest);
    expect(await upload({ ...topic("two"), manifest })).toMatchObject({ skipped: 0, updated: 1 });
  });

  it("that are none fail their file", async () => {
    await write({ "a.md": "1" });
    // @ts-expect-error They come from JavaScript.
    const report = await upload({ attributes: () => ({ topic: ["a"] }) });
    expect(report.files).toMatchObject([{ status: "failed", error: expect.any(ConfigurationError) }]);
    expect(sizes()).toEqual([]);
  });
});

describe("what is told of the folder", () => {
  it("is which globs no file fits; one that begins with ./ is meant as it is", async () => {
    await write({ "a.md": "1", "docs/b.md": "2" });
    expect(await upload({ include: ["./*.md", "docs", "**/*.txt"] })).toMatchObject({
      pending: 1,
      unmatched: ["docs", "**/*.txt"],
    });
    expect(await upload()).toMatchObject({ unmatched: [] });
  });

  it("is a folder in it that cannot be read: the others are uploaded", async () => {
    await write({ "a.md": "1", "private/b.md": "2" });
    await chmod(join(directory, "private"), 0);
    await chmod(directory, 0o777);
    const [apiKey] = cloud.config.apiKey.secrets;
    const { endpoint, compartmentId } = cloud.options;
    const own = { endpoint, compartmentId, env: {}, authType: "genai_api_key", apiKey };
    const given = { client: own, upload: { vectorStoreId, directory, waitForIngestion: false } };
    // Whoever may read everything is somebody else here.
    const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
    const child = spawn(process.execPath, [PROGRAM, JSON.stringify(given)], { env: {}, ...nobody });
    const [output, errors] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, "close"),
    ]);
    await chmod(join(directory, "private"), 0o777);
    expect(errors).toBe("");
    expect(JSON.parse(output)).toMatchObject({
      pending: 1,
      failed: 1,
      failures: [expect.stringMatching(/^private: .*cannot be read/)],
    });
  });
});

describe("an upload that was cancelled before it began", () => {
  it("says so as any other, with a report of nothing", async () => {
    await write({ "a.md": "1" });
    const error = await upload({ signal: AbortSignal.abort() }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UploadCancelledError);
    expect(error).toMatchObject({ report: { files: [], bytes: 0 } });
  });
});

describe("options", () => {
  it.each([
    [{ dir: "x" }, /unknown option "dir"/],
    [{ waitForIngestion: { pollms: 1 } }, /did you mean "pollMs"/],
    [{ waitForIngestion: "yes" }, /waitForIngestion/],
    [{ attributes: { a: 1 } }, /attributes: expected a function/],
    [{ concurrency: "4" }, /concurrency/],
    [{ include: "" }, /include/],
    [{ signal: {} }, /signal: expected an AbortSignal/],
  ])("that are misspelt or do not fit are told before anything is sent: %j", async (options, message) => {
    await write({ "a.md": "1" });
    const asked = cloud.emulator.requests.length;
    // @ts-expect-error They come from JavaScript.
    await expect(upload(options)).rejects.toThrow(message);
    expect(cloud.emulator.requests).toHaveLength(asked);
  });
});

describe("a manifest", () => {
  it("that cannot be written any further is kept, and the next call goes on from it", async () => {
    await write(Object.fromEntries(Array.from({ length: 8 }, (_, n) => [`${n}.md`, `${n}`])));
    const [apiKey] = cloud.config.apiKey.secrets;
    const { endpoint, compartmentId } = cloud.options;
    const own = { endpoint, compartmentId, env: {}, authType: "genai_api_key", apiKey };
    const given = { client: own, upload: { vectorStoreId, directory, concurrency: 1 } };
    // Files may not grow beyond a few lines: as on a disk that is full, writing more fails.
    const limited = `trap '' XFSZ; ulimit -f 2; exec "$0" "$@"`;
    const args = ["-c", limited, process.execPath, PROGRAM, JSON.stringify(given)];
    const child = spawn("/bin/sh", args, { env: {} });
    const [errors] = await Promise.all([text(child.stderr), once(child, "close")]);
    expect(errors).toMatch(/manifest_unusable/);
    expect(errors).toMatch(/Do not delete it: .* Make room/);
    expect(await upload()).toMatchObject({ failed: 0 });
    expect(sizes()).toHaveLength(8);
  });

  it("of another folder is refused: the files of one are not those of the other", async () => {
    await write({ "a/readme.md": "A's", "b/readme.md": "B's" });
    const manifest = join(directory, "m.jsonl");
    await upload({ manifest, directory: join(directory, "a") });
    await expect(upload({ manifest, directory: join(directory, "b") })).rejects.toMatchObject({
      name: "ConfigurationError",
      code: "manifest_of_other_folder",
    });
    expect(sizes()).toEqual([3]);
  });

  it("goes with its folder wherever that is moved", async () => {
    await write({ "a/readme.md": "A's" });
    await upload({ directory: join(directory, "a") });
    await rename(join(directory, "a"), join(directory, "moved"));
    expect(await upload({ directory: join(directory, "moved") })).toMatchObject({ pending: 1, bytes: 0 });
  });

  it("that is reached by two ways is one", async () => {
    await write({ "docs/a.md": "1", "m/x": "" });
    await symlink(join(directory, "m"), join(directory, "l"));
    await symlink(join(directory, "m/real.jsonl"), join(directory, "m/other.jsonl"));
    await writeFile(join(directory, "m/real.jsonl"), "");
    const paths = ["m/real.jsonl", "l/real.jsonl", "m/other.jsonl"];
    const ended = await Promise.allSettled(
      paths.map((path) => upload({ directory: join(directory, "docs"), manifest: join(directory, path) })),
    );
    expect(ended.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected", "rejected"]);
    expect(ended.find(({ status }) => status === "rejected")).toMatchObject({
      reason: { code: "upload_busy" },
    });
    expect(sizes()).toEqual([1]);
  });

  it("that cannot be where it is to be is told, with the option that says where", async () => {
    await write({ "a.md": "1" });
    for (const manifest of [
      join(directory, "a.md", "m.jsonl"),
      join(directory, "a.md", "in", "m.jsonl"),
      directory,
    ]) {
      const error = await upload({ manifest }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(ConfigurationError);
      expect(error).toMatchObject({
        code: "manifest_unusable",
        hint: expect.stringMatching(/option `manifest`/),
      });
    }
    expect(sizes()).toEqual([]);
  });
});
