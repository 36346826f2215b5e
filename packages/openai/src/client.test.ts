/** A client that remembers what it said asks as one that does not, whatever was asked before. */
import { ConnectionError } from "@locus-sdk/core";
import { OpenAI } from "openai";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type Answer, completion, json, startServer, type TestServer } from "../test/server.ts";
import { type ClientSettings, clientWith } from "./client.ts";
import { toLocusError } from "./errors.ts";
import { clientSettings } from "./openai-model.ts";
import { postJson } from "./post.ts";

let server: TestServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const bare = { signal: undefined, headers: undefined };

it("sends what a plain client sends, request after request", async () => {
  const started = await startServer(json(completion("Hi.")));
  server = started;
  const { settings } = clientSettings(
    { model: "m", apiKey: "k", baseURL: started.url, organization: "o", defaultHeaders: { "x-own": "1" } },
    {},
  );
  const [ours, plain] = [await clientWith(settings), new OpenAI(settings)];
  const { signal } = new AbortController();
  for (const client of [ours, plain]) {
    await postJson(client, "/chat/completions", { model: "m", messages: [] }, bare);
    await postJson(
      client,
      "/chat/completions",
      { model: "m", seed: 1 },
      { ...bare, headers: { "x-one": "2" } },
    );
    await postJson(client, "/chat/completions", { model: "m", stream: true }, { ...bare, signal });
    await postJson(client, "/responses", { model: "m", input: "ü" }, bare);
    await client.get("/models", { query: { after: "a" } });
    await postJson(client, "/chat/completions", { model: "m", messages: [] }, bare);
  }
  expect(started.requests).toHaveLength(12);
  expect(started.requests.slice(0, 6)).toEqual(started.requests.slice(6));
  expect(started.requests[0]?.headers).toMatchObject({ authorization: "Bearer k", "x-own": "1" });
});

it("keeps nothing of what a caller's fetch put into one request", async () => {
  const started = await startServer(json(completion("Hi.")));
  server = started;
  let turn = 0;
  const marking: typeof fetch = (url, init) => {
    turn += 1;
    if (init?.headers instanceof Headers) init.headers.set(`x-turn-${turn}`, "1");
    return fetch(url, init);
  };
  const options = { model: "m", apiKey: "k", baseURL: started.url, fetch: marking };
  const client = await clientWith(clientSettings(options, {}).settings);
  for (let i = 0; i < 3; i += 1) await postJson(client, "/chat/completions", { model: "m" }, bare);
  const marks = started.requests.map(({ headers }) =>
    Object.keys(headers).filter((name) => name.startsWith("x-turn")),
  );
  expect(marks).toEqual([["x-turn-1"], ["x-turn-2"], ["x-turn-3"]]);
});

/** Everything that anyone reads in what a client threw, and what becomes of it. */
function toldBy(thrown: unknown): unknown {
  if (!(thrown instanceof OpenAI.APIError)) return thrown;
  const { name, message, status, code, param, type, error, requestID, cause } = thrown;
  const headers = Object.fromEntries(thrown.headers ?? new Headers());
  delete headers.date;
  const ours = toLocusError(thrown, { provider: "test", modelId: "m" });
  return {
    kind: thrown.constructor.name,
    name,
    message,
    status,
    code,
    param,
    type,
    error,
    requestID,
    headers,
    cause: cause instanceof Error ? [cause.constructor.name, cause.message] : cause,
    mapped: [ours.constructor.name, ours.message, Object.entries(ours)],
  };
}

describe("fails as a plain client does", () => {
  /** What both clients threw, on a server or with a `fetch` that does this. */
  async function bothFail(
    answer: Answer,
    more: Partial<ClientSettings> = {},
    aborting: (controller: AbortController) => void = () => undefined,
  ): Promise<readonly [unknown, unknown]> {
    const controllers: AbortController[] = [];
    const started = await startServer((...asked) => {
      void answer(...asked);
      const controller = controllers.at(-1);
      if (controller !== undefined) aborting(controller);
    });
    server = started;
    const { settings } = clientSettings({ model: "m", apiKey: "k", baseURL: started.url, maxRetries: 0 }, {});
    const all = { ...settings, ...more };
    const told: unknown[] = [];
    for (const client of [await clientWith(all), new OpenAI(all)]) {
      const controller = new AbortController();
      controllers.push(controller);
      const post = postJson(
        client,
        "/chat/completions",
        { model: "m" },
        { ...bare, signal: controller.signal },
      );
      const thrown: unknown = await post.then(
        (response) => `answered ${response.status}`,
        (error: unknown) => error,
      );
      told.push(toldBy(thrown));
    }
    return [told[0], told[1]];
  }
  const text =
    (status: number, body: string, headers: Readonly<Record<string, string>> = {}): Answer =>
    (response) => {
      response.writeHead(status, headers).end(body);
    };
  const silence: Answer = () => undefined;

  it.each<[string, Answer]>([
    ["400 in an envelope", json({ error: { message: "no", code: "c", param: "p", type: "t" } }, 400)],
    ["400 without one", json({ message: "no", code: "c" }, 400)],
    ["400 with an envelope that is null", json({ error: null, detail: "no" }, 400)],
    ["400 with a list", json([{ error: { message: "no" } }], 400)],
    ["400 with a text", json('"no"', 400)],
    ["422 with null", json(null, 422)],
    ["401", json({ error: "who?" }, 401)],
    ["404 of a gateway", text(404, "<html><body>nothing here</body></html>")],
    ["408", text(408, "")],
    ["429 that says how long", json({ error: { message: "slow" } }, 429, { "retry-after": "7" })],
    ["500 with a request id", json({}, 500, { "x-request-id": "r1" })],
    ["529 that says no", text(529, "busy", { "x-should-retry": "false" })],
    ["a redirect", text(302, "", { location: "https://example.com/" })],
    ["304, which has no body", text(304, "")],
    ["a connection that is cut", (response) => void response.socket?.resetAndDestroy()],
    ["silence beyond the time", silence],
  ])("%s", async (_, answer) => {
    const [ours, plain] = await bothFail(answer, answer === silence ? { timeout: 40 } : {});
    expect(ours).toEqual(plain);
    expect(ours).toHaveProperty("mapped");
  });

  it.each<[string, unknown]>([
    ["an error of ours", new ConnectionError("the tunnel is down")],
    ["a timeout of its own", new TypeError("fetch failed", { cause: new Error("Headers Timed Out") })],
    ["something that is no error", { reason: "no" }],
  ])("a fetch that throws %s", async (_, thrown) => {
    const fetch = (): Promise<Response> => Promise.reject(thrown);
    const [ours, plain] = await bothFail(silence, { fetch });
    expect(ours).toEqual(plain);
    expect(ours).toHaveProperty("mapped");
  });

  it("a caller that gives up before, while waiting, or in the middle of an error", async () => {
    const soon = (controller: AbortController): void =>
      void setImmediate(() => controller.abort(new Error("enough")));
    const [ours, plain] = await bothFail(silence, {}, soon);
    expect(ours).toEqual(plain);
    expect(ours).toMatchObject({ kind: "APIUserAbortError" });
    await server?.close();

    const halfAnError: Answer = (response) => {
      response.writeHead(400).write("no");
    };
    const controllers: AbortController[] = [];
    const leaving: typeof fetch = async (...asked) => {
      const response = await fetch(...asked);
      controllers.forEach(soon);
      return response;
    };
    const [inTheMiddle, same] = await bothFail(halfAnError, { fetch: leaving }, (controller) => {
      controllers.splice(0, 1, controller);
    });
    expect(inTheMiddle).toEqual(same);
    expect(inTheMiddle).toMatchObject({ status: 400 });
    await server?.close();

    const started = await startServer(silence);
    server = started;
    const { settings } = clientSettings({ model: "m", apiKey: "k", baseURL: started.url }, {});
    const gone = { ...bare, signal: AbortSignal.abort(new Error("enough")) };
    const told = [await clientWith(settings), new OpenAI(settings)].map((client) =>
      postJson(client, "/chat/completions", { model: "m" }, gone).catch(toldBy),
    );
    const [before, first] = await Promise.all(told);
    expect(before).toEqual(first);
    expect(before).toMatchObject({ kind: "APIUserAbortError" });
    expect(started.requests).toEqual([]);
  });
});

it("leaves no listener on a signal that outlives the request, however it ended", async () => {
  const started = await startServer((...asked) =>
    (started.requests.length === 1 ? json(completion("Hi.")) : json({}, 400))(...asked),
  );
  server = started;
  const { settings } = clientSettings({ model: "m", apiKey: "k", baseURL: started.url }, {});
  const client = await clientWith(settings);
  const { signal } = new AbortController();
  const left = new Set<unknown>();
  const added = vi
    .spyOn(signal, "addEventListener")
    .mockImplementation((_, listener) => void left.add(listener));
  vi.spyOn(signal, "removeEventListener").mockImplementation((_, listener) => void left.delete(listener));
  await postJson(client, "/chat/completions", { model: "m" }, { ...bare, signal });
  await expect(postJson(client, "/chat/completions", { model: "m" }, { ...bare, signal })).rejects.toThrow();
  expect(left.size).toBe(0);
  expect(added).toHaveBeenCalledTimes(2);
});
