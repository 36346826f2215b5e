// The journal: what it keeps, how much of it, and the state of a long run.
import { afterAll, describe, expect, it } from "vitest";
import { model, say, testConfig } from "../test/support/client.ts";
import { type JournalEntry, type OciEmulator, startOciEmulator } from "./index.ts";

const config = await testConfig();
afterAll(() => config[Symbol.asyncDispose]());

const send = (
  emulator: OciEmulator,
  content = "Hi",
  headers: Record<string, string> = {},
): Promise<Response> =>
  fetch(`${emulator.url}/openai/v1/chat/completions?x=1`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${config.apiKey.secrets[0]}`,
      "Content-Type": "application/json",
      ...headers,
    },
    body: JSON.stringify({ model, messages: say(content) }),
  });

describe("the journal", () => {
  it("records a request as it came and what became of it", async () => {
    await using emulator = await startOciEmulator({ trust: config.trust });
    emulator.clock.set(new Date("2030-01-01T00:00:00Z"));
    emulator.createApiKey();
    const key = emulator.createApiKey({ name: "mine" });
    const response = await send(emulator, "Hi", {
      authorization: `Bearer ${key.secrets[0]}`,
      "opc-request-id": "mine-1",
    });
    await response.text();
    await emulator.idle();
    expect(response.headers.get("opc-request-id")).toBe("mine-1");
    const [entry] = emulator.requests;
    expect(entry).toMatchObject({
      id: "mine-1",
      plane: "data",
      method: "POST",
      target: "/openai/v1/chat/completions?x=1",
      path: "/openai/v1/chat/completions",
      body: { model, messages: say("Hi") },
      principal: { kind: "api_key", name: "mine" },
      status: 200,
      charged: true,
      aborted: false,
      cut: false,
    });
    expect(entry?.receivedAt).toMatch(/^2030-01-01T00:00:0/);
    expect(Buffer.from(entry?.rawBody ?? []).toString()).toBe(JSON.stringify({ model, messages: say("Hi") }));
    expect(entry?.durationMs).toBeGreaterThan(0);
  });

  it("keeps the last requests, by number and by bytes, while generations go on counting", async () => {
    await using few = await startOciEmulator({ trust: config.trust, journalSize: 3 });
    for (const content of ["1", "2", "3", "4", "5"]) await (await send(few, content)).text();
    expect(few.requests.map(({ body }) => JSON.stringify(body).at(-5))).toEqual(["3", "4", "5"]);
    expect(few.generations).toBe(5);
    await using small = await startOciEmulator({ trust: config.trust, journalBytes: 1000 });
    for (let index = 0; index < 4; index += 1) await (await send(small, "x".repeat(400))).text();
    expect(small.requests).toHaveLength(2);
  });

  it("refuses a body that is too large with 413", async () => {
    await using emulator = await startOciEmulator({ trust: config.trust, maxBodyBytes: 1000 });
    const response = await send(emulator, "x".repeat(100_000));
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ code: "RequestEntityTooLarge" });
  });

  it("tells a listener of each request when it has ended", async () => {
    const ended: JournalEntry[] = [];
    await using emulator = await startOciEmulator({
      trust: config.trust,
      onRequest: (entry) => ended.push(entry),
    });
    await (await send(emulator)).text();
    await fetch(emulator.controlUrl);
    await emulator.idle();
    expect(ended.map(({ plane, status }) => [plane, status])).toEqual([
      ["data", 200],
      ["control", 401],
    ]);
  });
});

describe("a long run", () => {
  it("holds nothing of a request but its journal entry", async () => {
    await using emulator = await startOciEmulator({ trust: config.trust, journalSize: 10 });
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const round = async (): Promise<void> => {
      const leave = new AbortController();
      emulator.script({ text: "a b", wire: { delayMs: 60_000 } });
      const slow = fetch(`${emulator.url}/openai/v1/chat/completions`, {
        method: "POST",
        headers: { authorization: `Bearer ${config.apiKey.secrets[0]}` },
        body: JSON.stringify({ model, messages: say("Hi"), stream: true }),
        signal: leave.signal,
      });
      const response = await slow;
      await response.body?.getReader().read();
      leave.abort();
      await (await send(emulator)).text();
      await emulator.idle();
    };
    await round();
    const before = timers();
    for (let index = 0; index < 30; index += 1) await round();
    expect(timers()).toBeLessThanOrEqual(before + 1);
    expect(emulator.requests).toHaveLength(10);
    expect(emulator.generations).toBe(62);
  });
});
