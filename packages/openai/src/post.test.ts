/** What goes over the wire is what the client's own methods send, whoever's client it is. */
import type { JsonObject } from "@locus-sdk/core";
import { AzureOpenAI, OpenAI } from "openai";
import { afterEach, expect, it } from "vitest";
import { completion, json, startServer, type TestServer } from "../test/server.ts";
import { postJson } from "./post.ts";
import { ONE_TRY } from "./retrying.ts";

let server: TestServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const headers = { "x-project": "p" };
const whole: JsonObject = { model: "m", messages: [{ role: "user", content: "Hi" }], stream: false };
const streamed: JsonObject = { ...whole, stream: true };

it.each<[string, (url: string) => OpenAI]>([
  ["OpenAI's", (baseURL) => new OpenAI({ apiKey: "k", baseURL, logLevel: "off" })],
  [
    "one with an organization, a query and headers of its own",
    (baseURL) =>
      new OpenAI({
        apiKey: () => Promise.resolve("fresh"),
        baseURL,
        organization: "o",
        defaultQuery: { v: "1" },
        defaultHeaders: { "x-own": "1" },
        logLevel: "off",
      }),
  ],
  [
    "Azure's, which puts the deployment into the path",
    (baseURL) => new AzureOpenAI({ apiKey: "k", baseURL, apiVersion: "2024-10-21", logLevel: "off" }),
  ],
])("of the client %s", async (_, make) => {
  const started = await startServer(json(completion("Hi.")));
  server = started;
  const client = make(started.url);
  for (const body of [whole, streamed]) {
    await client.chat.completions
      .create(body as unknown as OpenAI.ChatCompletionCreateParams, { ...ONE_TRY, headers })
      .asResponse();
    await postJson(client, "/chat/completions", body, { signal: undefined, headers });
  }
  await client.responses
    .create(whole as unknown as OpenAI.Responses.ResponseCreateParams, { ...ONE_TRY, headers })
    .asResponse();
  await postJson(client, "/responses", whole, { signal: undefined, headers });
  expect(started.requests).toHaveLength(6);
  for (const index of [0, 2, 4]) expect(started.requests[index + 1]).toEqual(started.requests[index]);
});

it("goes by the method that a tracer has put in the place of the client's own", async () => {
  const started = await startServer(json(completion("Hi.")));
  server = started;
  const client = new OpenAI({ apiKey: "k", baseURL: started.url, logLevel: "off" });
  const seen: unknown[] = [];
  const completions = new Proxy(client.chat.completions, {
    get: (target, name) =>
      name === "create"
        ? (...given: Parameters<typeof target.create>) => {
            seen.push(given[0]);
            return target.create(...given);
          }
        : Reflect.get(target, name),
  });
  const traced = new Proxy(client, {
    get: (target, name) => (name === "chat" ? { completions } : Reflect.get(target, name)),
  });
  await postJson(traced, "/chat/completions", whole, { signal: undefined, headers });
  await postJson(client, "/chat/completions", whole, { signal: undefined, headers });
  expect(seen).toEqual([whole]);
  expect(started.requests[0]).toEqual(started.requests[1]);
});
