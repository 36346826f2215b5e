/** What requests go over: node:http by itself, `fetch` wherever anybody says so. */
import { createServer, type IncomingHttpHeaders } from "node:http";
import { afterEach, expect, test, vi } from "vitest";
import { OpenAIModel } from "./openai-model.ts";
import { OpenAIResponsesModel } from "./responses/openai-responses-model.ts";

const ANSWER = JSON.stringify({
  id: "x",
  object: "chat.completion",
  created: 1,
  model: "m",
  choices: [{ index: 0, message: { role: "assistant", content: "Grüße" }, finish_reason: "stop" }],
});

interface Answering extends AsyncDisposable {
  readonly baseURL: string;
  readonly seen: readonly IncomingHttpHeaders[];
}

async function answering(): Promise<Answering> {
  const seen: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers);
    request.resume().on("end", () => response.setHeader("content-type", "application/json").end(ANSWER));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    baseURL: `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/v1`,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const ask = async (model: OpenAIModel | OpenAIResponsesModel): Promise<unknown> =>
  (await model.complete({ messages: [{ role: "user", content: "Hi" }] })).message.content;
const said = [{ type: "text", text: "Grüße" }];

afterEach(() => vi.unstubAllGlobals());

test("over node:http, which sends what concerns a browser to nobody", async () => {
  await using server = await answering();
  expect(await ask(new OpenAIModel({ model: "m", apiKey: "k", baseURL: server.baseURL }))).toMatchObject(
    said,
  );
  expect(server.seen[0]).toMatchObject({ authorization: "Bearer k", "accept-encoding": "identity" });
  expect(server.seen[0]).not.toHaveProperty("sec-fetch-mode");
});

test("over the fetch that is given, the runtime's own among them", async () => {
  await using server = await answering();
  const { fetch } = globalThis;
  expect(
    await ask(new OpenAIModel({ model: "m", apiKey: "k", baseURL: server.baseURL, fetch })),
  ).toMatchObject(said);
  expect(server.seen[0]).toHaveProperty("sec-fetch-mode");
});

test("over a global fetch that was replaced, even after the model was made", async () => {
  const options = { model: "m", apiKey: "k", baseURL: "http://nowhere.invalid/v1", maxRetries: 0 };
  const chat = new OpenAIModel(options);
  const responses = new OpenAIResponsesModel(options);
  const stub = vi.fn<typeof fetch>(() =>
    Promise.resolve(new Response(ANSWER, { headers: { "content-type": "application/json" } })),
  );
  vi.stubGlobal("fetch", stub);
  expect(await ask(chat)).toMatchObject(said);
  await ask(responses).catch(() => undefined);
  expect(stub.mock.calls.map(([url]) => String(url))).toEqual([
    "http://nowhere.invalid/v1/chat/completions",
    "http://nowhere.invalid/v1/responses",
  ]);
});
