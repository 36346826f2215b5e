/** A client that remembers what it said asks as one that does not, whatever was asked before. */
import { OpenAI } from "openai";
import { afterEach, expect, it } from "vitest";
import { completion, json, startServer, type TestServer } from "../test/server.ts";
import { clientWith } from "./client.ts";
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
