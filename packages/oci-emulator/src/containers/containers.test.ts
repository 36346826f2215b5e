// Containers through the vendor's client: files in and out, idle life, the tenancy's memory, and whose they are.
import { toFile } from "openai";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { collect, keyFetch, openaiClient, started, testConfig } from "../../test/support/client.ts";

const config = await testConfig();
const { emulator, ...session } = await started(config);
afterEach(() => emulator.reset());
afterAll(async () => {
  await session[Symbol.asyncDispose]();
  await config[Symbol.asyncDispose]();
});

const { client } = session;
const minuteMs = 60_000;
const missing = { status: 404 };

/** The clock can be moved, and bytes need not be text. */
const byKey = openaiClient(emulator, config, { fetch: keyFetch(config) });

const upload = (container: string, name: string, content: string | Uint8Array) =>
  toFile(typeof content === "string" ? Buffer.from(content) : content, name).then((file) =>
    byKey.containers.files.create(container, { file }),
  );

const contentOf = async (container: string, file: string): Promise<Uint8Array> => {
  const response = await byKey.containers.files.content.retrieve(file, { container_id: container });
  return new Uint8Array(await response.arrayBuffer());
};

describe("a container", () => {
  it("is created with its defaults, retrieved, listed and deleted", async () => {
    const made = await client.containers.create({ name: "sums" });
    expect(made).toMatchObject({
      id: expect.stringMatching(/^cntr_/),
      object: "container",
      name: "sums",
      status: "running",
      memory_limit: "1g",
      expires_after: { anchor: "last_active_at", minutes: 20 },
    });
    expect(await client.containers.retrieve(made.id)).toMatchObject({ id: made.id, name: "sums" });
    const other = await client.containers.create({ name: "more", memory_limit: "4g" });
    const listed = await collect(client.containers.list({ order: "asc" }));
    expect(listed.map(({ id }) => id)).toEqual([made.id, other.id]);
    await client.containers.delete(made.id);
    await expect(client.containers.retrieve(made.id)).rejects.toMatchObject(missing);
  });

  it.each([
    { name: "" },
    { name: "a", memory_limit: "2g" },
    { name: "a", expires_after: { anchor: "last_active_at", minutes: 21 } },
    { name: "a", expires_after: { anchor: "created_at", minutes: 20 } },
    { name: "a", cpus: 4 },
  ])("is refused if asked for as %j", async (body) => {
    await expect(client.post("/containers", { body })).rejects.toMatchObject({ status: 400 });
  });

  it("is served on the dated base as well, for API keys", async () => {
    const { id } = await byKey.containers.create({ name: "a" });
    const base = "/20231130/openai/v1";
    const other = openaiClient(emulator, config, { base, fetch: keyFetch(config) });
    expect(await other.containers.retrieve(id)).toMatchObject({ id });
    const signed = openaiClient(emulator, config, { base });
    await expect(signed.containers.retrieve(id)).rejects.toMatchObject({ status: 401 });
  });

  it("belongs to its project, which a signed request must name", async () => {
    const { id } = await client.containers.create({ name: "a" });
    const other = openaiClient(emulator, config, { project: "ocid1.generativeaiproject.oc1..other" });
    await expect(other.containers.retrieve(id)).rejects.toMatchObject(missing);
    await expect(other.containers.delete(id)).rejects.toMatchObject(missing);
    expect(await collect(other.containers.list())).toEqual([]);
    const nobody = openaiClient(emulator, config, { project: null });
    await expect(nobody.containers.create({ name: "a" })).rejects.toMatchObject({
      status: 404,
      message: expect.stringMatching(/project/i),
    });
  });

  it("is refused when the tenancy's containers have 64 GB together, until one is deleted", async () => {
    const { id } = await client.containers.create({ name: "half", memory_limit: "16g" });
    const other = openaiClient(emulator, config, { project: "ocid1.generativeaiproject.oc1..other" });
    const full = other.containers.create({ name: "all", memory_limit: "64g" });
    await expect(full).rejects.toMatchObject({ status: 400, code: "LimitExceeded" });
    await client.containers.delete(id);
    await other.containers.create({ name: "all", memory_limit: "64g" });
    await expect(client.containers.create({ name: "a" })).rejects.toMatchObject({ code: "LimitExceeded" });
  });
});

describe("files of a container", () => {
  it("are put in as bytes and come out the same", async () => {
    const { id } = await byKey.containers.create({ name: "a" });
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    const made = await upload(id, "bytes.bin", bytes);
    expect(made).toMatchObject({
      id: expect.stringMatching(/^cfile_/),
      object: "container.file",
      container_id: id,
      path: "/mnt/data/bytes.bin",
      source: "user",
      bytes: 256,
    });
    expect(await contentOf(id, made.id)).toEqual(bytes);
    expect(await byKey.containers.files.retrieve(made.id, { container_id: id })).toEqual(made);
    expect(await collect(byKey.containers.files.list(id))).toEqual([made]);
    await byKey.containers.files.delete(made.id, { container_id: id });
    await expect(contentOf(id, made.id)).rejects.toMatchObject(missing);
  });

  it("may be sent with a signature as well", async () => {
    const { id } = await client.containers.create({ name: "a" });
    const file = await toFile(Buffer.from("n\n1\n"), "dir/data.csv");
    const made = await client.containers.files.create(id, { file });
    expect(made).toMatchObject({ path: "/mnt/data/data.csv", bytes: 4 });
    const content = await client.containers.files.content.retrieve(made.id, { container_id: id });
    expect(await content.text()).toBe("n\n1\n");
  });

  it("replace one another when they have the same name", async () => {
    const { id } = await byKey.containers.create({ name: "a" });
    const old = await upload(id, "a.txt", "old");
    const now = await upload(id, "a.txt", "new");
    expect((await collect(byKey.containers.files.list(id))).map((file) => file.id)).toEqual([now.id]);
    await expect(contentOf(id, old.id)).rejects.toMatchObject(missing);
  });

  it("are found in their own container only", async () => {
    const one = await byKey.containers.create({ name: "one" });
    const two = await byKey.containers.create({ name: "two" });
    const file = await upload(one.id, "a.txt", "a");
    await expect(contentOf(two.id, file.id)).rejects.toMatchObject(missing);
    expect(await collect(byKey.containers.files.list(two.id))).toEqual([]);
  });

  it("are refused where nothing is sent, or an id that nobody uploaded", async () => {
    const { id } = await byKey.containers.create({ name: "a" });
    const post = (body: object): Promise<unknown> => byKey.post(`/containers/${id}/files`, { body });
    await expect(post({})).rejects.toMatchObject({ status: 400, param: "file" });
    await expect(post({ file_id: "file-0" })).rejects.toMatchObject({ status: 404, param: "file_id" });
    const unknown = byKey.containers.create({ name: "b", file_ids: ["file-0"] });
    await expect(unknown).rejects.toMatchObject(missing);
    expect(await collect(byKey.containers.list())).toHaveLength(1);
  });
});

describe("a container that nobody uses", () => {
  it("expires after twenty minutes, for good and with its files", async () => {
    const { id } = await byKey.containers.create({ name: "a" });
    const file = await upload(id, "a.txt", "a");
    emulator.clock.advance(20 * minuteMs);
    expect(await byKey.containers.retrieve(id)).toMatchObject({ status: "expired" });
    emulator.clock.advance(-20 * minuteMs);
    expect(await byKey.containers.retrieve(id)).toMatchObject({ status: "expired" });
    await expect(contentOf(id, file.id)).rejects.toMatchObject(missing);
    await expect(upload(id, "b.txt", "b")).rejects.toMatchObject(missing);
    await expect(collect(byKey.containers.files.list(id))).rejects.toMatchObject(missing);
  });

  it("expires sooner if it was made so, and gives its memory back", async () => {
    const expires_after = { anchor: "last_active_at", minutes: 5 } as const;
    await byKey.containers.create({ name: "a", memory_limit: "64g", expires_after });
    emulator.clock.advance(4 * minuteMs);
    await expect(byKey.containers.create({ name: "b" })).rejects.toMatchObject({ status: 400 });
    emulator.clock.advance(minuteMs);
    await byKey.containers.create({ name: "b", memory_limit: "64g" });
  });

  it("lives on while somebody does", async () => {
    const { id } = await byKey.containers.create({ name: "a" });
    for (let times = 0; times < 3; times += 1) {
      emulator.clock.advance(19 * minuteMs);
      await collect(byKey.containers.files.list(id));
    }
    expect(await byKey.containers.retrieve(id)).toMatchObject({ status: "running" });
  });
});
