// Faults for any path: what they answer, how often, and what the struck request has done all the same.
import { toFile } from "openai";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import {
  collect,
  keyFetch,
  model,
  openaiClient,
  say,
  started,
  testConfig,
} from "../../test/support/client.ts";
import { EmulatorError, type RequestFault } from "../index.ts";

const config = await testConfig();
const { emulator, client, ...session } = await started(config);
afterEach(() => emulator.reset());
afterAll(async () => {
  await session[Symbol.asyncDispose]();
  await config[Symbol.asyncDispose]();
});

const upload = async (): Promise<unknown> =>
  client.files.create({ file: await toFile(Buffer.from("Hi"), "a.txt"), purpose: "assistants" });
const path = "/openai/v1/files";

describe("a fault", () => {
  it.each([
    ["NotAuthenticated", 401],
    ["NotAuthorizedOrNotFound", 404],
    ["TooManyRequests", 429],
    ["InternalServerError", 500],
  ] as const)("%s strikes once, and then the path is served again", async (error, status) => {
    emulator.fault({ path, error });
    await expect(upload()).rejects.toMatchObject({ status, code: error });
    expect(emulator.stored.files).toEqual([]);
    await upload();
    expect(emulator.stored.files).toHaveLength(1);
  });

  it("strikes as often as it says, on the method and path it is for, in the order they were set", async () => {
    emulator.fault({ path: /\/files$/g, method: "post", status: 503, times: 2 });
    emulator.fault({ path: /\/files$/, error: "TooManyRequests", headers: { "retry-after": "7" } });
    await expect(client.files.retrieve("file-0")).rejects.toMatchObject({ status: 404 });
    await expect(upload()).rejects.toMatchObject({ status: 503 });
    const list = client.files.list();
    await expect(list).rejects.toMatchObject({ status: 429 });
    await list.catch((error) => expect(error.headers.get("retry-after")).toBe("7"));
    await expect(upload()).rejects.toMatchObject({ status: 503 });
    await upload();
  });

  it("answers with any body, on any plane, also for a path that nobody serves", async () => {
    const control = openaiClient({ ...emulator, url: emulator.controlUrl }, config, { base: "/20231130" });
    emulator.fault({ path: "/20231130/models", body: { items: [] } });
    emulator.fault({ path: "/20231130/nothing", status: 418, body: "short and stout" });
    expect(await control.get("/models")).toEqual({ items: [] });
    await expect(control.get("/nothing")).rejects.toMatchObject({ status: 418 });
    expect(emulator.requests.map(({ status }) => status)).toEqual([200, 418]);
  });

  it("waits until the credentials have been checked", async () => {
    emulator.fault({ path, error: "InternalServerError" });
    expect((await fetch(emulator.url + path)).status).toBe(401);
    await expect(client.files.list()).rejects.toMatchObject({ status: 500 });
  });

  it("cuts the connection before the request has done anything", async () => {
    emulator.fault({ path, reset: true });
    await expect(upload()).rejects.toThrow(/connection/i);
    await emulator.idle();
    expect(emulator.stored.files).toEqual([]);
    expect(emulator.requests[0]).toMatchObject({ cut: true, status: undefined });
  });

  it("loses the answer to a request that has done its work", async () => {
    emulator.fault({ path, method: "POST", reset: true, afterEffect: true });
    await expect(upload()).rejects.toThrow(/connection/i);
    emulator.fault({ path, method: "POST", error: "ServiceUnavailable", afterEffect: true });
    await expect(upload()).rejects.toMatchObject({ status: 503 });
    expect(emulator.stored.files).toMatchObject([{ filename: "a.txt" }, { filename: "a.txt" }]);
  });

  it("does not undo what a lost generation has cost and left", async () => {
    emulator.fault({ path: "/openai/v1/responses", reset: true, afterEffect: true });
    emulator.script({ text: "Lost." });
    const conversation = (await client.conversations.create()).id;
    const lost = client.responses.create({ model, input: "Hi", conversation });
    await expect(lost).rejects.toThrow(/connection/i);
    expect(emulator.generations).toBe(1);
    expect(await collect(client.conversations.items.list(conversation))).toHaveLength(2);
  });

  it("only delays an answer, when that is all it says", async () => {
    emulator.fault({ path: "/openai/v1/chat/completions", delayMs: 1 });
    emulator.script({ text: "Late." });
    const { choices } = await client.chat.completions.create({ model, messages: say("Hi") });
    expect(choices[0]?.message.content).toBe("Late.");
  });

  it.each([
    [false, []],
    [true, [{ filename: "a.txt" }]],
  ])("that delays lets a client leave, after its effect: %s", async (afterEffect, left) => {
    emulator.fault({ path, delayMs: 3_600_000, afterEffect });
    const leaving = new AbortController();
    const body = new FormData();
    body.set("file", new File(["Hi"], "a.txt"));
    body.set("purpose", "assistants");
    const sent = keyFetch(config)(emulator.url + path, { method: "POST", body, signal: leaving.signal });
    const arrived = (): boolean =>
      emulator.requests[0]?.principal !== undefined && emulator.stored.files.length === left.length;
    await expect.poll(arrived).toBe(true);
    leaving.abort();
    await expect(sent).rejects.toThrow(/abort/);
    await emulator.idle();
    expect(emulator.stored.files).toMatchObject(left);
    expect(emulator.requests[0]).toMatchObject({ aborted: true });
  });

  it("is forgotten on reset", async () => {
    emulator.fault({ path, error: "InternalServerError", times: Number.POSITIVE_INFINITY });
    await expect(upload()).rejects.toMatchObject({ status: 500 });
    await expect(upload()).rejects.toMatchObject({ status: 500 });
    emulator.reset();
    await upload();
  });

  it.each<[string, Omit<RequestFault, "path">]>([
    ["does nothing", {}],
    ["does two things", { error: "Conflict", reset: true }],
    ["gives two statuses", { error: "Conflict", status: 500 }],
    ["strikes half a request", { error: "Conflict", times: 0.5 }],
  ])("that %s is refused", (_, fault) => {
    expect(() => emulator.fault({ path, ...fault })).toThrow(EmulatorError);
  });
});
