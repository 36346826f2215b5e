/** The model over real sockets: what is sent where, what is sent again, and how a call ends that does not end well. */
import { createServer } from "node:net";
import { inspect } from "node:util";
import {
  AuthenticationError,
  ConnectionError,
  IncompleteStreamError,
  InvalidRequestError,
  LocusError,
  type RetryNotice,
  TimeoutError,
} from "@locus-sdk/core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { closeServers, failure, idle, modelOn, request, start, yes } from "../test/model.ts";
import { type ChatAnswer, ends, lines, type OllamaServer, refuse, says } from "../test/server.ts";
import { OllamaModel } from "./ollama-model.ts";

afterEach(async () => {
  vi.restoreAllMocks();
  await closeServers();
});

describe("a request", () => {
  it("goes to the host with its headers and the credentials of its address", async () => {
    const server = await start(yes);
    const host = server.url.replace("http://", "http://ada:pass@");
    await modelOn(server, { host, headers: { "X-Team": "blue" } }).complete(request);
    const [{ headers, body }] = server.requests as [OllamaServer["requests"][number]];
    expect(headers).toMatchObject({ "x-team": "blue", authorization: `Basic ${btoa("ada:pass")}` });
    expect(body).toEqual({ model: "m", messages: request.messages, stream: true });
    await modelOn(server, { host, headers: { Authorization: "Bearer mine" } }).complete(request);
    expect(server.requests[1]?.headers.authorization).toBe("Bearer mine");
  });

  it("follows no redirect: neither headers nor conversation go on", async () => {
    const evil = await start(yes);
    const server = await start((response) => {
      response.writeHead(307, { location: `${evil.url}/api/chat` }).end();
    });
    const error = await failure(modelOn(server, { headers: { "X-Key": "key-0001" } }).complete(request));
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ code: "redirect_refused", retryable: false, status: 307 });
    expect(evil.requests).toEqual([]);
  });

  it.each<readonly [string, (echo: string) => ChatAnswer]>([
    ["an error", (echo) => (response) => refuse(response, 401, echo)],
    ["a page", (echo) => (response) => void response.writeHead(500).end(`<html>${echo}</html>`)],
    ["an answer that is none", (echo) => lines(`${echo}\n`)],
    ["a line", (echo) => lines(says({ content: "Y" }), `${JSON.stringify({ error: echo })}\n`)],
  ])("has its headers told to nobody where %s quotes them", async (_place, answer) => {
    const server = await start(answer("sent gateway-word-4711 and secret-of-ada"));
    const host = server.url.replace("http://", "http://ada:secret-of-ada@");
    const model = modelOn(server, { host, headers: { "X-Gw": "gateway-word-4711" }, maxRetries: 0 });
    const error = await failure(model.complete(request));
    expect(error).toBeInstanceOf(LocusError);
    const told = inspect(error, { depth: 10, showHidden: true });
    expect(told).toContain("[redacted]");
    expect(told).not.toMatch(/4711|of-ada/);
  });

  it("uses the fetch it is given", async () => {
    const server = await start(yes);
    const own = vi.fn<typeof fetch>((...args) => fetch(...args));
    await modelOn(server, { fetch: own }).complete(request);
    expect(own).toHaveBeenCalledOnce();
  });

  it("is answered with calls that no other answer's are taken for", async () => {
    const call = { id: "call_0", function: { name: "f", arguments: {} } };
    const model = modelOn(await start(lines(says({ tool_calls: [call, call] }), ends())));
    const answers = [await model.complete(request), await model.complete(request)];
    const ids = answers.flatMap(({ message }) =>
      message.content.map((part) => (part.type === "tool_call" ? part.id : "")),
    );
    expect(new Set(ids).size).toBe(4);
    expect(ids).not.toContain("");
  });

  it("prints nothing, whatever comes back", async () => {
    const spies = (["log", "warn", "error"] as const).map((name) =>
      vi.spyOn(console, name).mockImplementation(() => undefined),
    );
    const odd = await start((response) => {
      response.writeHead(500, { "content-type": "text/html" });
      response.end("<html>no");
    });
    await failure(modelOn(odd).complete(request));
    const cut = await start(lines(says({ content: "a" }), "not json\n"));
    expect(await failure(modelOn(cut).complete(request))).toBeInstanceOf(IncompleteStreamError);
    for (const spy of spies) expect(spy).not.toHaveBeenCalled();
  });

  it("takes no image's text for a path, as the client would", async () => {
    const server = await start(yes);
    const image = { type: "image", data: import.meta.filename } as const;
    await failure(modelOn(server).complete({ messages: [{ role: "user", content: [image] }] }));
    expect(server.requests[0]?.body.messages).toMatchObject([{ images: [import.meta.filename] }]);
  });

  it("refuses what the user has just given and cannot be sent, and asks nothing", async () => {
    const server = await start(yes);
    const url = { type: "image", url: "https://example.com/secret.png" } as const;
    const refused = await failure(
      modelOn(server).complete({
        messages: [{ role: "user", content: [{ type: "text", text: "See:" }, url] }],
      }),
    );
    expect(refused).toBeInstanceOf(InvalidRequestError);
    expect(refused).toMatchObject({
      code: "unsupported_input",
      message: expect.stringContaining("an image by URL, which part 2 of the user's message is"),
      hint: expect.stringContaining("base64"),
    });
    expect(JSON.stringify(refused)).not.toContain("secret");
    expect(server.requests).toEqual([]);
    const later = await modelOn(server).complete({
      messages: [
        { role: "user", content: [url] },
        { role: "assistant", content: [{ type: "text", text: "A cat." }] },
        { role: "user", content: "Sure?" },
      ],
    });
    expect(later.warnings).toEqual([expect.stringContaining("an image by URL")]);
  });

  it("says so where nobody is there", async () => {
    const free = await new Promise<number>((resolve) => {
      const probe = createServer().listen(0, "127.0.0.1", () => {
        const address = probe.address();
        probe.close(() => resolve(typeof address === "object" ? (address?.port ?? 0) : 0));
      });
    });
    const model = new OllamaModel({ model: "m", host: `127.0.0.1:${free}`, maxRetries: 0 });
    const error = await failure(model.complete(request));
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({
      message: expect.stringContaining("ECONNREFUSED"),
      hint: expect.stringContaining("ollama serve"),
      retryable: true,
    });
  });
});

describe("retries", () => {
  const busyOnce: ChatAnswer = (response, received) => {
    if (received.index > 0) return yes(response, received);
    response.setHeader("retry-after", "0");
    return refuse(response, 503, "server busy, please try again");
  };

  it("follow a server that was busy, and are told of", async () => {
    const server = await start(busyOnce);
    const notices: RetryNotice[] = [];
    const onRetry = (notice: RetryNotice): unknown => notices.push(notice);
    const response = await modelOn(server, { maxRetries: 1 }).complete({ ...request, onRetry });
    expect(response.message.content).toEqual([{ type: "text", text: "Yes." }]);
    expect(notices).toMatchObject([{ what: expect.stringContaining("busy"), attempt: 1, delayMs: 0 }]);
  });

  it.each([
    ["an error in the midst of an answer", lines(says({ content: "It" }), '{"error":"runner stopped"}\n')],
    ["an answer that breaks off", lines(says({ content: "It" }))],
    [
      "a connection that is cut",
      ((response) => {
        response.writeHead(200);
        response.write(says({ content: "It" }), () => response.destroy());
      }) satisfies ChatAnswer,
    ],
    ["a refusal", ((response) => refuse(response, 400, "no")) satisfies ChatAnswer],
  ])("never follow %s", async (_, answer) => {
    const server = await start(answer);
    expect(await failure(modelOn(server, { maxRetries: 2 }).complete(request))).toBeInstanceOf(LocusError);
    expect(server.chats()).toHaveLength(1);
  });
});

describe("an end", () => {
  it("comes to a server that does not answer in time, and the socket is closed", async () => {
    const server = await start(() => undefined);
    const error = await failure(modelOn(server, { timeoutMs: 30, maxRetries: 2 }).complete(request));
    expect(error).toBeInstanceOf(TimeoutError);
    expect(server.chats()).toHaveLength(1);
    await idle(server);
  });

  it("comes to a server that falls silent, after what it said", async () => {
    const server = await start((response) => void response.write(says({ content: "It" })));
    const parts = modelOn(server, { timeoutMs: 200 }).stream(request)[Symbol.asyncIterator]();
    expect((await parts.next()).value).toEqual({ type: "text_delta", text: "It" });
    expect(await failure(parts.next())).toMatchObject({ code: "stream_stalled" });
    expect(await parts.next()).toEqual({ done: true, value: undefined });
    await idle(server);
  });

  it("comes at once when the consumer leaves while it waits", async () => {
    const server = await start(() => undefined);
    const parts = modelOn(server).stream(request)[Symbol.asyncIterator]();
    const waiting = parts.next();
    await vi.waitFor(() => expect(server.open()).toBe(1));
    await parts.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
    await idle(server);
  });

  it("carries the caller's own reason", async () => {
    const server = await start(() => undefined);
    const reason = new TimeoutError("the run is over");
    const controller = new AbortController();
    const call = failure(modelOn(server).complete({ ...request, signal: controller.signal }));
    await vi.waitFor(() => expect(server.open()).toBe(1));
    controller.abort(reason);
    expect(await call).toBe(reason);
    await idle(server);
  });

  it("serves parts to whoever asks before the last one came, one after the other", async () => {
    const server = await start(yes);
    const parts = modelOn(server).stream(request)[Symbol.asyncIterator]();
    const [first, second, third] = await Promise.all([parts.next(), parts.next(), parts.next()]);
    expect([first?.value?.type, second?.value?.type, third?.done]).toEqual(["text_delta", "finish", true]);
  });
});

it("refuses without the right to ask, keeping the key to itself", async () => {
  const server = await start((response) => refuse(response, 401, "unauthorized"));
  const error = await failure(
    modelOn(server, { headers: { authorization: "Bearer sk-verysecret123456" } }).complete(request),
  );
  expect(error).toBeInstanceOf(AuthenticationError);
  expect(JSON.stringify(error) + (error instanceof Error ? error.stack : "")).not.toContain("verysecret");
});
