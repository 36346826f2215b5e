/** Containers filled, their outputs brought home, and what happens when a container or a name is not as it should be. */
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigurationError, InvalidRequestError, PermissionOrNotFoundError } from "@locus-sdk/core";
import type OpenAI from "openai";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Cloud, startCloud } from "../../test/emulator.ts";
import { createOciOpenAI } from "../client.ts";
import { downloadContainerFiles } from "./container-downloads.ts";
import { ContainerExpiredError } from "./container-expired.ts";
import { containerFilesOf, createContainerWithFiles } from "./containers.ts";

const IDLE_MS = 20 * 60_000;
let cloud: Cloud;
let client: OpenAI;
let directory: string;
beforeAll(async () => {
  cloud = await startCloud();
  const [apiKey] = cloud.config.apiKey.secrets;
  // A key: signatures would not survive the clock being moved.
  client = createOciOpenAI({ ...cloud.options, authType: "genai_api_key", apiKey, maxRetries: 0 });
});
afterAll(() => cloud[Symbol.asyncDispose]());
beforeEach(async () => {
  cloud.emulator.reset();
  directory = await mkdtemp(join(tmpdir(), "locus-container-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const containers = async () => (await client.containers.list()).data;

/** A container whose list of files is as told: names as a model may choose them. */
async function containerWith(...paths: readonly string[]): Promise<string> {
  const { id } = await client.containers.create({ name: "outputs" });
  const data = paths.map((path, n) => ({
    id: `cfile_${n}`,
    object: "container.file",
    container_id: id,
    path,
    source: path.includes("input") ? "user" : "assistant",
    bytes: 3,
    created_at: 1,
  }));
  cloud.emulator.fault({
    path: new RegExp(`${id}/files$`),
    method: "GET",
    body: { object: "list", data, has_more: false },
  });
  for (const { id: file } of data)
    cloud.emulator.fault({ path: new RegExp(`${file}/content$`), body: `of ${file}` });
  return id;
}

const everything = async (): Promise<readonly string[]> =>
  (await readdir(directory, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();

describe("a container with files", () => {
  it("holds local files, data and uploaded files, where code finds them", async () => {
    await writeFile(join(directory, "sales.csv"), "n\n1\n");
    const uploaded = await client.files.create({ file: new File(["x"], "x.txt"), purpose: "user_data" });
    const { id, container, files } = await createContainerWithFiles(client, {
      name: "sales",
      memoryLimit: "4g",
      files: [join(directory, "sales.csv"), { name: "q.txt", data: "Which?" }, { fileId: uploaded.id }],
    });
    expect(container).toMatchObject({
      id,
      name: expect.stringMatching(/^sales~[0-9a-f]{12}$/),
      memory_limit: "4g",
    });
    expect(files.slice(0, 2).map(({ path }) => path)).toEqual(["/mnt/data/sales.csv", "/mnt/data/q.txt"]);
    expect(files[2]?.path).toMatch(/x\.txt$/);
  });

  it("is deleted again when a file cannot be had, or the signal aborts on the way", async () => {
    const unreadable = createContainerWithFiles(client, { name: "a", files: [join(directory, "none.csv")] });
    await expect(unreadable).rejects.toMatchObject({ code: "file_unreadable" });
    const unknown = createContainerWithFiles(client, { name: "a", files: [{ fileId: "file-none" }] });
    await expect(unknown).rejects.toBeInstanceOf(PermissionOrNotFoundError);
    const controller = new AbortController();
    cloud.emulator.fault({ path: /containers\/.*\/files$/, method: "POST", delayMs: 60_000 });
    const waiting = createContainerWithFiles(client, {
      name: "a",
      files: [{ name: "a.txt", data: "a" }],
      signal: controller.signal,
    });
    await expect.poll(() => cloud.emulator.requests.some(({ path }) => path.endsWith("/files"))).toBe(true);
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: "cancelled" });
    expect(await containers()).toEqual([]);
  });
});

describe("a container whose creation is not answered", () => {
  const creation = { path: /containers$/, method: "POST" } as const;
  const deletions = (): number => cloud.emulator.requests.filter(({ method }) => method === "DELETE").length;

  it("is found by its name, and not made twice", async () => {
    cloud.emulator.fault({ ...creation, reset: true, afterEffect: true });
    const { id } = await createContainerWithFiles(client, { name: "a", files: [] });
    expect(await containers()).toMatchObject([{ id }]);
    cloud.emulator.fault({ ...creation, body: "<html>Sign in</html>", afterEffect: true });
    const second = await createContainerWithFiles(client, { name: "a", files: [] });
    expect((await containers()).map((each) => each.id).sort()).toEqual([id, second.id].sort());
    expect(deletions()).toBe(0);
  });

  it("and is seen only later is deleted where another one was made", async () => {
    cloud.emulator.fault({ ...creation, reset: true, afterEffect: true });
    const none = { object: "list", data: [], has_more: false };
    cloud.emulator.fault({ path: /containers$/, method: "GET", body: none });
    const { id } = await createContainerWithFiles(client, { name: "a", files: [] });
    expect(await containers()).toMatchObject([{ id }]);
    expect(deletions()).toBe(1);
  });

  it("because it was refused, or something else answered, is told, and none is left", async () => {
    cloud.emulator.fault({ ...creation, status: 400, body: { message: "No." } });
    await expect(createContainerWithFiles(client, { name: "a", files: [] })).rejects.toThrow(/No\./);
    cloud.emulator.fault({ ...creation, body: "<html>Sign in</html>" });
    await expect(createContainerWithFiles(client, { name: "a", files: [] })).rejects.toMatchObject({
      code: "unexpected_answer",
    });
    expect(await containers()).toEqual([]);
  });
});

describe("options that cannot be used", () => {
  it.each([
    [{ memory_limit: "4g" }, /did you mean "memoryLimit"/],
    [{ memoryLimit: "3g" }, /memoryLimit/],
    [{ files: undefined }, /files/],
    [{ files: [{ name: "a", content: "hello" }] }, /files\.0: unknown option "content"/],
    [{ files: [{ name: "a.json", data: { a: 1 } }] }, /files\.0: data: expected text, bytes/],
    [{ files: [7] }, /files\.0/],
  ])("are told before anything is sent: %j", async (options, message) => {
    const given = { name: "a", files: [], ...options };
    // @ts-expect-error They come from JavaScript.
    const error = await createContainerWithFiles(client, given).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ message: expect.stringMatching(message) });
    expect(cloud.emulator.requests).toEqual([]);
  });

  it("are told by downloads as well", async () => {
    // @ts-expect-error They come from JavaScript.
    const download = downloadContainerFiles(client, "cntr_1", { dir: directory });
    await expect(download).rejects.toThrow(/unknown option "dir"/);
  });
});

describe("what the code interpreter wrote", () => {
  it("cannot go where a folder is, or into a file: that is told, and nothing half is left", async () => {
    const id = await containerWith("/mnt/data/a.txt");
    await mkdir(join(directory, "a.txt"));
    await expect(downloadContainerFiles(client, id, { directory, overwrite: true })).rejects.toMatchObject({
      code: "file_unwritable",
      message: expect.stringContaining(join(directory, "a.txt")),
    });
    expect(await everything()).toEqual([]);
    await writeFile(join(directory, "b.txt"), "");
    const other = await containerWith("/mnt/data/a.txt");
    const into = downloadContainerFiles(client, other, { directory: join(directory, "b.txt") });
    await expect(into).rejects.toMatchObject({ name: "ConfigurationError", code: "folder_unusable" });
  });

  it("is brought home under its id where the service tells no path", async () => {
    const { id } = await client.containers.create({ name: "outputs" });
    const data = [{ id: "cfile_7", path: null, source: "assistant" }];
    cloud.emulator.fault({ path: new RegExp(`${id}/files$`), body: { data, has_more: false } });
    cloud.emulator.fault({ path: /cfile_7\/content$/, body: "seven" });
    expect(await downloadContainerFiles(client, id, { directory })).toMatchObject([{ fileId: "cfile_7" }]);
    expect(await everything()).toEqual(["cfile_7"]);
  });

  it("is downloaded with its folders; what was put in is not, unless it is asked for", async () => {
    const id = await containerWith("/mnt/data/plot.png", "/mnt/data/out/table.csv", "/mnt/data/input.csv");
    const files = await downloadContainerFiles(client, id, { directory });
    expect(files).toMatchObject([
      {
        fileId: "cfile_0",
        containerPath: "/mnt/data/plot.png",
        path: join(directory, "plot.png"),
        bytes: 10,
      },
      { fileId: "cfile_1", path: join(directory, "out/table.csv") },
    ]);
    expect(await readFile(join(directory, "plot.png"), "utf8")).toBe("of cfile_0");
    const own = await createContainerWithFiles(client, {
      name: "a",
      files: [{ name: "a.txt", data: "mine" }],
    });
    expect(await downloadContainerFiles(client, own.id, { directory })).toEqual([]);
    await downloadContainerFiles(client, own.id, { directory, filter: () => true });
    expect(await readFile(join(directory, "a.txt"), "utf8")).toBe("mine");
  });

  it("is written nowhere else, whatever it is called, and two of one name are both there", async () => {
    const id = await containerWith(
      "/mnt/data/../../../../etc/cron.d/job",
      "..\\..\\evil.bat",
      "/mnt/data/./a.txt",
      "/mnt/data/A.txt",
      "/mnt/data/..",
      "C:\\x\0y.txt",
    );
    await downloadContainerFiles(client, id, { directory });
    expect(await everything()).toEqual([
      "A (2).txt",
      "C_/x_y.txt",
      "a.txt",
      "etc/cron.d/job",
      "evil.bat",
      "file",
    ]);
  });

  it("goes through no link, and over no file unless that is wanted; nothing half is left", async () => {
    await mkdir(join(directory, "home"));
    const home = join(directory, "home");
    await symlink(directory, join(home, "out"));
    const linked = await containerWith("/mnt/data/out/x.txt");
    await expect(downloadContainerFiles(client, linked, { directory: home })).rejects.toMatchObject({
      code: "unsafe_path",
    });
    await writeFile(join(home, "b.txt"), "old");
    const id = await containerWith("/mnt/data/a.txt", "/mnt/data/b.txt");
    const inTheWay = downloadContainerFiles(client, id, { directory: home });
    await expect(inTheWay).rejects.toBeInstanceOf(InvalidRequestError);
    await expect(inTheWay).rejects.toMatchObject({ code: "file_exists" });
    expect(await everything()).toEqual(["home/b.txt"]);
    cloud.emulator.reset();
    const again = await containerWith("/mnt/data/b.txt");
    await downloadContainerFiles(client, again, { directory: home, overwrite: true });
    expect(await readFile(join(home, "b.txt"), "utf8")).toBe("of cfile_0");
    expect(await everything()).toEqual(["home/b.txt"]);
  });

  it("is gone with a container that has expired, which is said; one that never was is something else", async () => {
    const { id } = await createContainerWithFiles(client, {
      name: "a",
      files: [{ name: "a.txt", data: "a" }],
    });
    cloud.emulator.clock.advance(IDLE_MS);
    const error = await downloadContainerFiles(client, id, { directory }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ContainerExpiredError);
    expect(error).toMatchObject({
      code: "container_expired",
      containerId: id,
      hint: expect.stringMatching(/cannot be revived/),
    });
    const unknown = await downloadContainerFiles(client, "cntr_none", { directory }).catch(
      (thrown: unknown) => thrown,
    );
    expect(unknown).toBeInstanceOf(PermissionOrNotFoundError);
    expect(unknown).toMatchObject({ hint: expect.stringMatching(/expired/) });
  });

  it("is found in the answer that tells of it, each file once", () => {
    const citation = (file_id: string) =>
      ({
        type: "container_file_citation",
        container_id: "cntr_1",
        file_id,
        filename: `${file_id}.png`,
        start_index: 0,
        end_index: 1,
      }) as const;
    const text = (...ids: readonly string[]) =>
      ({ type: "output_text", text: "Here.", annotations: ids.map(citation) }) as const;
    const message = { type: "message", id: "m", role: "assistant", status: "completed" } as const;
    expect(
      containerFilesOf({
        output: [
          { ...message, content: [{ type: "refusal", refusal: "No." }, text("a", "b")] },
          { ...message, content: [text("b"), text()] },
        ],
      }),
    ).toEqual([
      { containerId: "cntr_1", fileId: "a", filename: "a.png" },
      { containerId: "cntr_1", fileId: "b", filename: "b.png" },
    ]);
  });
});
