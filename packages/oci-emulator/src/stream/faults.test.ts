// Streams as they come and as they break, read by the vendor's client.
import { get } from "node:http";
import { afterAll, describe, expect, it } from "vitest";
import { model, openaiClient, say, started, testConfig } from "../../test/support/client.ts";
import { type Fault, type OciEmulator, startOciEmulator, type WireStyle } from "../index.ts";

const config = await testConfig();
afterAll(() => config[Symbol.asyncDispose]());

const text = 'Grüße aus 東京 — "quoted", 🌧️ and\nnew lines.';

async function readText(client: ReturnType<typeof openaiClient>): Promise<string> {
  let read = "";
  const stream = await client.chat.completions.create({ model, messages: say("Hi"), stream: true });
  for await (const chunk of stream) read += chunk.choices[0]?.delta?.content ?? "";
  return read;
}

/** The stream's bytes as fetch sees them, whatever they are. */
async function raw(emulator: OciEmulator): Promise<Response> {
  return fetch(`${emulator.url}/openai/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${config.apiKey.secrets[0]}`, "content-type": "application/json" },
    body: JSON.stringify({ model, messages: say("Hi"), stream: true }),
  });
}

const styles: readonly (readonly [string, WireStyle])[] = [
  ["gzip", { encoding: "gzip" }],
  ["deflate", { encoding: "deflate" }],
  ["brotli", { encoding: "br" }],
  ["zstd, one frame a write", { encoding: "zstd" }],
  ["CRLF line endings", { lineEnding: "crlf" }],
  ["CR line endings", { lineEnding: "cr" }],
  ["comments between events", { comments: true }],
  ["no space after data:", { space: false }],
  ["data over several lines", { multilineData: true }],
  ["pad fields", { pad: true }],
  ["event: lines", { eventLines: true }],
  ["a charset in the content type", { contentType: "text/event-stream; charset=utf-8" }],
  ["no [DONE]", { done: false }],
  ["no blank line at the end", { finalBlankLine: false }],
  ["one write an event", { writes: "event" }],
  ["all events in one write", { writes: "packed" }],
  ["one byte a write, splitting characters", { writes: 1 }],
  ["seven bytes a write with CRLF", { writes: 7, lineEnding: "crlf" }],
  ["single characters", { pieces: "characters" }],
  ["one huge event", { pieces: "whole" }],
  ["a slow drip", { delayMs: 1 }],
];

describe("a wire style changes nothing of what a client reads:", () => {
  it.each(styles)("%s", async (_, wire) => {
    await using session = await started(config);
    session.emulator.script({ text, wire });
    expect(await readText(session.client)).toBe(text);
    expect(session.emulator.requests[0]).toMatchObject({
      status: 200,
      charged: true,
      aborted: false,
      cut: false,
    });
  });

  it("but its bytes show it", async () => {
    await using emulator = await startOciEmulator({ trust: config.trust });
    const bytes = async (wire: WireStyle): Promise<string> => {
      emulator.script({ text: "Hello", wire });
      return (await raw(emulator)).text();
    };
    expect(await bytes({ lineEnding: "crlf" })).toMatch(/^data: \{.*\}\r\n\r\n/);
    expect(await bytes({ lineEnding: "cr" })).not.toContain("\n");
    expect(await bytes({ comments: true })).toMatch(/^: keep-alive\n\ndata:/);
    expect(await bytes({ space: false })).toMatch(/^data:\{/);
    expect(await bytes({ multilineData: true })).toMatch(/^data: \{\ndata: {2}"id"/);
    expect(await bytes({ pad: true })).toMatch(/"pad":"a+"/);
    expect(await bytes({ eventLines: true })).toMatch(/^event: message\ndata:/);
    expect(await bytes({ done: false })).not.toContain("[DONE]");
    expect(await bytes({})).toMatch(/data: \[DONE\]\n\n$/);
    expect(await bytes({ finalBlankLine: false })).toMatch(/data: \[DONE\]$/);
    emulator.script({
      text: "Hello",
      wire: { contentType: "text/event-stream;charset=utf-8", encoding: "gzip" },
    });
    const { headers } = await raw(emulator);
    expect(headers.get("content-type")).toBe("text/event-stream;charset=utf-8");
    expect(headers.get("content-encoding")).toBe("gzip");
  });
});

describe("a fault of the stream:", () => {
  const run = async (
    faults: readonly Fault[],
  ): Promise<{ readonly read: string; readonly error: unknown; readonly emulator: OciEmulator }> => {
    await using session = await started(config);
    session.emulator.script({ text: ["one ", "two ", "three"], faults, wire: { writes: "event" } });
    let read = "";
    let error: unknown;
    try {
      const stream = await session.client.chat.completions.create({
        model,
        messages: say("Hi"),
        stream: true,
      });
      for await (const chunk of stream) read += chunk.choices[0]?.delta?.content ?? "";
    } catch (thrown) {
      error = thrown;
    }
    await session.emulator.idle();
    return { read, error, emulator: session.emulator };
  };

  it("a reset after three events loses the rest, and the generation is paid for", async () => {
    const { read, error, emulator } = await run([{ type: "reset", after: 3 }]);
    expect(read).toBe("one two ");
    expect(error).toBeInstanceOf(Error);
    expect(emulator.requests[0]).toMatchObject({ status: 200, charged: true, cut: true, aborted: false });
  });

  it("a reset in the middle of an event's JSON delivers half of it", async () => {
    await using emulator = await startOciEmulator({ trust: config.trust });
    emulator.script({
      text: ["one ", "two "],
      faults: [{ type: "reset", after: 1, midEvent: true }],
      wire: { writes: "event" },
    });
    const response = await raw(emulator);
    const decoder = new TextDecoder();
    let got = "";
    await expect(
      (async () => {
        for await (const chunk of response.body ?? []) got += decoder.decode(chunk, { stream: true });
      })(),
    ).rejects.toThrow();
    expect(got).toMatch(/"role":"assistant".*\n\ndata: \{"id"[^\n]*$/s);
  });

  it("a reset before any answer charges nothing", async () => {
    const { error, emulator } = await run([{ type: "reset", after: "request" }]);
    expect(error).toMatchObject({ name: "Error" });
    expect(emulator.requests[0]).toMatchObject({ status: undefined, charged: false, cut: true });
    expect(emulator.generations).toBe(0);
  });

  it("a reset after the headers comes with a status but no event", async () => {
    const { read, emulator } = await run([{ type: "reset", after: "headers" }]);
    expect(read).toBe("");
    expect(emulator.requests[0]).toMatchObject({ status: 200, charged: true, cut: true });
  });

  it("a truncated stream ends in good order but without finish and [DONE]", async () => {
    await using emulator = await startOciEmulator({ trust: config.trust });
    emulator.script({ text: ["one ", "two ", "three"], faults: [{ type: "truncate", after: 2 }] });
    const got = await (await raw(emulator)).text();
    expect(got.match(/^data:/gm)).toHaveLength(2);
    expect(got).not.toMatch(/DONE|"finish_reason":"/);
  });

  it("a missing finish sends everything else", async () => {
    await using emulator = await startOciEmulator({ trust: config.trust });
    emulator.script({ text: "all of it", faults: [{ type: "missing_finish" }] });
    const got = await (await raw(emulator)).text();
    expect(got).not.toMatch(/"finish_reason":"/);
    expect(got).toMatch(/DONE/);
  });

  it("an error event in the middle carries its code in place of a choice", async () => {
    await using emulator = await startOciEmulator({ trust: config.trust });
    emulator.script(
      { text: ["one ", "two "], faults: [{ type: "error_event", after: 2 }] },
      { text: "x", faults: [{ type: "error_event", after: 0, frame: { error: { message: "overloaded" } } }] },
    );
    const got = await (await raw(emulator)).text();
    expect(got).toMatch(/"content":"one "/);
    expect(got).toMatch(/data: \{"code":"500","message":"[^"]+"\}\n\n$/);
    await expect(readText(openaiClient(emulator, config))).rejects.toThrow(/overloaded/);
  });

  it.each(["request", "headers", 2] as const)(
    "a stall after %s lasts until the client leaves",
    async (after) => {
      await using session = await started(config);
      session.emulator.script({ text: ["one ", "two "], faults: [{ type: "stall", after }] });
      const leave = new AbortController();
      const reading = (async () => {
        const stream = await session.client.chat.completions.create(
          { model, messages: say("Hi"), stream: true },
          { signal: leave.signal },
        );
        for await (const chunk of stream) if (chunk.choices[0]?.delta?.content === "one ") leave.abort();
      })();
      if (after !== 2) {
        while (session.emulator.requests.length === 0) await new Promise(setImmediate);
        leave.abort();
      }
      await reading.catch(() => undefined);
      await session.emulator.idle();
      const [entry] = session.emulator.requests;
      expect(entry).toMatchObject({ aborted: true, cut: false });
      expect(entry?.abortedAfterMs).toBeGreaterThan(0);
    },
  );

  it("a plain answer can be cut in half", async () => {
    await using session = await started(config);
    session.emulator.script(
      { text: "one", faults: [{ type: "reset", after: 1 }] },
      { text: "one", faults: [{ type: "truncate", after: 1 }] },
    );
    await expect(session.client.chat.completions.create({ model, messages: say("Hi") })).rejects.toThrow();
    await expect(session.client.chat.completions.create({ model, messages: say("Hi") })).rejects.toThrow(
      /JSON/,
    );
  });
});

describe("a client that leaves", () => {
  it("is noticed while the answer is being written", async () => {
    await using emulator = await startOciEmulator({ trust: config.trust });
    // More than any socket buffer takes: writing has to wait for the reader, who goes away.
    const piece = "x".repeat(1024 * 1024);
    emulator.script({ text: Array.from({ length: 64 }, () => piece) });
    const leave = new AbortController();
    const response = await fetch(`${emulator.url}/openai/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${config.apiKey.secrets[0]}` },
      body: JSON.stringify({ model, messages: say("Hi"), stream: true }),
      signal: leave.signal,
    });
    await response.body?.getReader().read();
    leave.abort();
    await emulator.idle();
    expect(emulator.requests[0]).toMatchObject({ aborted: true, charged: true });
  });

  it("leaves no timer behind", async () => {
    await using session = await started(config);
    session.emulator.script({ text: "a b c", delayMs: 3_600_000 });
    const leave = new AbortController();
    const call = session.client.chat.completions.create(
      { model, messages: say("Hi") },
      { signal: leave.signal },
    );
    while (session.emulator.requests.length === 0) await new Promise(setImmediate);
    leave.abort();
    await expect(call).rejects.toThrow();
    await session.emulator.idle();
    expect(session.emulator.requests[0]).toMatchObject({ aborted: true, charged: false });
  });
});

describe("close()", () => {
  it("ends a stalled answer and an idle connection at once", async () => {
    const emulator = await startOciEmulator({ trust: config.trust });
    emulator.script({ faults: [{ type: "stall", after: "request" }] });
    const waiting = raw(emulator);
    const idle = new Promise<void>((resolve) => {
      get(`${emulator.url}/`, { agent: undefined }, (response) =>
        response.resume().socket.once("close", () => resolve()),
      );
    });
    while (emulator.requests.length < 2) await new Promise(setImmediate);
    await emulator.close();
    await expect(waiting).rejects.toThrow();
    await idle;
    expect(emulator.requests.find(({ path }) => path !== "/")).toMatchObject({ aborted: false });
    await expect(fetch(emulator.url)).rejects.toThrow();
    await emulator.close();
  });
});
