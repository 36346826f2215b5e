// Files through the vendor's client: upload, pages, content, rules of purposes, project, life.
import type OpenAI from "openai";
import { toFile } from "openai";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { collect, keyFetch, openaiClient, started, testConfig } from "../../test/support/client.ts";

const config = await testConfig();
const { emulator, client, ...session } = await started(config, { maxBodyBytes: 100_000 });
afterEach(() => emulator.reset());
afterAll(async () => {
  await session[Symbol.asyncDispose]();
  await config[Symbol.asyncDispose]();
});

const byKey = openaiClient(emulator, config, { fetch: keyFetch(config) });
const missing = { status: 404 };

const file = (name: string, content: string | Uint8Array = "Hello"): Promise<File> =>
  toFile(typeof content === "string" ? Buffer.from(content) : content, name);

const put = async (
  name: string,
  options: Partial<OpenAI.FileCreateParams> = {},
  by: OpenAI = client,
): Promise<OpenAI.FileObject> =>
  by.files.create({ file: await file(name), purpose: "assistants", ...options });

describe("a file", () => {
  it("is uploaded, retrieved and deleted", async () => {
    const made = await client.files.create({ file: await file("Grüße.txt", "Grüße"), purpose: "user_data" });
    expect(made).toMatchObject({
      id: expect.stringMatching(/^file-/),
      object: "file",
      bytes: 7,
      filename: "Grüße.txt",
      purpose: "user_data",
      status: "processed",
    });
    expect(made).not.toHaveProperty("expires_at");
    expect(await client.files.retrieve(made.id)).toEqual(made);
    expect(await client.files.delete(made.id)).toEqual({ id: made.id, object: "file", deleted: true });
    await expect(client.files.retrieve(made.id)).rejects.toMatchObject(missing);
    await expect(client.files.content(made.id)).rejects.toMatchObject(missing);
    await expect(client.files.delete(made.id)).rejects.toMatchObject(missing);
  });

  it("comes back byte for byte, with the content type it came with", async () => {
    const bytes = Uint8Array.from({ length: 70_000 }, (_, index) => (index * 31) % 256);
    const image = new File([bytes], "a.png", { type: "image/png" });
    const { id } = await byKey.files.create({ file: image, purpose: "vision" });
    const content = await byKey.files.content(id);
    expect(new Uint8Array(await content.arrayBuffer())).toEqual(bytes);
    expect(content.headers.get("content-type")).toBe("image/png");
  });

  it("is the same under the dated base, which takes API keys only", async () => {
    const base = "/20231130/openai/v1";
    const dated = openaiClient(emulator, config, { fetch: keyFetch(config), base });
    const { id } = await put("a.txt", {}, dated);
    expect(await byKey.files.retrieve(id)).toMatchObject({ id });
    const signed = openaiClient(emulator, config, { base });
    await expect(signed.files.retrieve(id)).rejects.toMatchObject({ status: 401 });
  });

  it("belongs to its project, which signed requests must name", async () => {
    const { id } = await put("a.txt");
    const other = openaiClient(emulator, config, { project: "ocid1.generativeaiproject.oc1..other" });
    await expect(other.files.retrieve(id)).rejects.toMatchObject(missing);
    await expect(other.files.delete(id)).rejects.toMatchObject(missing);
    expect(await collect(other.files.list())).toEqual([]);
    const nobody = openaiClient(emulator, config, { project: null });
    await expect(put("a.txt", {}, nobody)).rejects.toMatchObject({
      status: 404,
      message: expect.stringMatching(/project/i),
    });
    const keyAlone = openaiClient(emulator, config, { project: null, fetch: keyFetch(config) });
    const own = await put("b.txt", {}, keyAlone);
    expect((await collect(keyAlone.files.list())).map((found) => found.id)).toEqual([own.id]);
  });

  it("expires on the emulator's clock if it was told to", async () => {
    const life = { anchor: "created_at", seconds: 3600 } as const;
    const made = await put("a.txt", { expires_after: life }, byKey);
    expect(made.expires_at).toBe(made.created_at + 3600);
    const kept = await put("b.txt", {}, byKey);
    emulator.clock.advance(3_599_000);
    expect(await byKey.files.retrieve(made.id)).toEqual(made);
    emulator.clock.advance(2000);
    await expect(byKey.files.retrieve(made.id)).rejects.toMatchObject(missing);
    expect((await collect(byKey.files.list())).map(({ id }) => id)).toEqual([kept.id]);
  });

  it("is refused when it is larger than a body may be", async () => {
    const large = await file("a.txt", "x".repeat(100_001));
    await expect(client.files.create({ file: large, purpose: "assistants" })).rejects.toMatchObject({
      status: 413,
    });
  });
});

describe("a list of files", () => {
  it("is read page by page, newest first or oldest first", async () => {
    const ids: string[] = [];
    for (const name of ["a", "b", "c", "d", "e"]) ids.push((await put(`${name}.txt`)).id);
    const listed = async (query: OpenAI.FileListParams): Promise<readonly string[]> =>
      (await collect(client.files.list(query))).map(({ id }) => id);
    expect(await listed({})).toEqual(ids.toReversed());
    expect(await listed({ limit: 2, order: "asc" })).toEqual(ids);
    expect(await listed({ limit: 2 })).toEqual(ids.toReversed());
    expect(await listed({ limit: 2, after: ids[2] ?? "", order: "asc" })).toEqual(ids.slice(3));
    const page = await client.get("/files", { query: { limit: 2, order: "asc" } });
    expect(page).toMatchObject({ object: "list", has_more: true, first_id: ids[0], last_id: ids[1] });
    await expect(listed({ after: "file-0" })).rejects.toMatchObject({ status: 404, param: "after" });
    await expect(listed({ limit: 0 })).rejects.toMatchObject({ status: 400, param: "limit" });
  });

  it("can be of one purpose", async () => {
    const { id } = await put("a.jsonl", { purpose: "batch" });
    await put("b.txt");
    const found = await collect(client.files.list({ purpose: "batch", limit: 1 }));
    expect(found.map((one) => one.id)).toEqual([id]);
  });
});

describe("an upload", () => {
  it.each([
    ["batch", "a.txt"],
    ["fine-tune", "a.json"],
    ["evals", "jsonl"],
    ["vision", "a.svg"],
  ] as const)("for %s is refused as %s, naming the parameter", async (purpose, name) => {
    await expect(put(name, { purpose })).rejects.toMatchObject({ status: 400, param: "file" });
  });

  it.each([
    ["batch", "a.jsonl"],
    ["fine-tune", "A.JSONL"],
    ["evals", "a.b.jsonl"],
    ["vision", "a.jpeg"],
    ["vision", "a.WEBP"],
    ["assistants", "a"],
  ] as const)("for %s is taken as %s", async (purpose, name) => {
    expect(await put(name, { purpose })).toMatchObject({ purpose, filename: name });
  });

  const send = async (form: FormData | string): Promise<unknown> => {
    const headers = { "openai-project": config.projectId };
    const response = await keyFetch(config)(`${emulator.url}/openai/v1/files`, {
      method: "POST",
      headers: typeof form === "string" ? { ...headers, "content-type": "application/json" } : headers,
      body: form,
    });
    const body: unknown = await response.json();
    return { status: response.status, body };
  };
  const formOf = (fields: Readonly<Record<string, string | File>>): FormData => {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    return form;
  };
  const text = new File(["Hi"], "a.txt");
  const purpose = "assistants";

  it.each([
    ["without a file", formOf({ purpose }), "file"],
    ["with an empty file", formOf({ purpose, file: new File([], "a.txt") }), "file"],
    ["with a file that is only a field", formOf({ purpose, file: "Hi" }), "file"],
    ["without a purpose", formOf({ file: text }), "purpose"],
    ["for a purpose nobody knows", formOf({ file: text, purpose: "fun" }), "purpose"],
    ["with a field nobody knows", formOf({ file: text, purpose, color: "red" }), "color"],
    [
      "with an expiry of no anchor",
      formOf({ file: text, purpose, "expires_after[seconds]": "3600" }),
      "expires_after",
    ],
    [
      "with an expiry that is too soon",
      formOf({
        file: text,
        purpose,
        "expires_after[anchor]": "created_at",
        "expires_after[seconds]": "3599",
      }),
      "expires_after",
    ],
    ["that is no form", JSON.stringify({ purpose }), null],
  ])("%s is refused, naming the parameter", async (_, form, param) => {
    expect(await send(form)).toMatchObject({ status: 400, body: { error: { param } } });
    expect(emulator.requests[0]?.refusal).toBeTypeOf("string");
    expect(await collect(byKey.files.list())).toEqual([]);
  });
});
