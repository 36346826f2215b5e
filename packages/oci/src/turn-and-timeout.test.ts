/** Waiting for one's turn after a 429 is not waiting for an answer: `timeoutMs` begins when it is over. */
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { type Cloud, startCloud } from "../test/emulator.ts";
import { streamed, textOf } from "../test/parts.ts";
import { recordingServer } from "../test/recording-server.ts";
import { createOciOpenAI } from "./client.ts";
import { createOciFetch } from "./http/signed-fetch.ts";
import { OCIModel } from "./native/oci-model.ts";
import { OCIOpenAIModel } from "./oci-openai-model.ts";
import { OCIResponsesModel } from "./oci-responses-model.ts";

let cloud: Cloud;
beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud[Symbol.asyncDispose]());
beforeEach(() => {
  cloud.emulator.reset();
  vi.spyOn(Math, "random").mockReturnValue(0);
});

let models = 0;
/** Options of a model that nobody else's 429 slows down. */
const options = (timeoutMs = 300) => {
  models += 1;
  const { projectId: project } = cloud.config;
  return { ...cloud.options, project, model: `openai.gpt-oss-${1_000 + models}b`, timeoutMs };
};
const TRANSPORTS = {
  v1: (timeoutMs?: number) => new OCIOpenAIModel(options(timeoutMs)),
  sdk: (timeoutMs?: number) => new OCIModel(options(timeoutMs)),
  responses: (timeoutMs?: number) => new OCIResponsesModel(options(timeoutMs)),
};
const hello = { messages: [{ role: "user", content: "Hello" }] } as const;
const slow = { status: 429, body: { code: "TooManyRequests", message: "slow" } } as const;

describe.each(Object.keys(TRANSPORTS) as (keyof typeof TRANSPORTS)[])("%s", (transport) => {
  test("two 429s, and waits longer than timeoutMs, end in the answer of the third try", async () => {
    cloud.emulator.script({ ...slow, times: 2 }, { text: "at last" });
    expect(textOf(await TRANSPORTS[transport]().complete(hello))).toBe("at last");
    expect(cloud.emulator.requests.map(({ status }) => status)).toEqual([429, 429, 200]);
  }, 15_000);

  test("streamed as well", async () => {
    cloud.emulator.script(slow, { text: "at last" });
    expect((await streamed(TRANSPORTS[transport]().stream(hello))).text).toBe("at last");
    expect(cloud.emulator.requests).toHaveLength(2);
  }, 15_000);

  test("an answer that takes too long after the wait is a time-out all the same", async () => {
    cloud.emulator.script(slow, { text: "late", delayMs: 5_000 });
    await expect(TRANSPORTS[transport]().complete(hello)).rejects.toMatchObject({ name: "TimeoutError" });
    expect(cloud.emulator.requests).toHaveLength(2);
  }, 15_000);

  test("the run's own signal ends the wait", async () => {
    const reason = { ...slow, headers: { "retry-after-ms": "1" } };
    const model = TRANSPORTS[transport]();
    cloud.emulator.script(reason, { ...slow, headers: { "retry-after": "50" } }, { text: "never" });
    const controller = new AbortController();
    const running = model.complete({ ...hello, signal: controller.signal });
    await vi.waitFor(() => expect(cloud.emulator.requests).toHaveLength(2), 5_000);
    const abortedAt = performance.now();
    controller.abort();
    await expect(running).rejects.toMatchObject({ name: "CancelledError" });
    expect(performance.now() - abortedAt).toBeLessThan(1_000);
    expect(cloud.emulator.requests).toHaveLength(2);
  }, 15_000);
});

test("the openai client waits its turn once, and its signal ends the wait", async () => {
  await using server = await recordingServer((_, response, index) => {
    response.writeHead(index === 0 ? 429 : 200, {
      "content-type": "application/json",
      "retry-after-ms": "600",
    });
    response.end("{}");
  });
  const way = { ...cloud.options, endpoint: server.url };
  const ask = { model: "paced", messages: [{ role: "user" as const, content: "Hi" }] };
  await createOciFetch(way)(server.url, { method: "POST", body: JSON.stringify(ask) });
  const client = createOciOpenAI({ ...way, timeoutMs: 300, maxRetries: 0 });
  const controller = new AbortController();
  const left = client.chat.completions.create(ask, { signal: controller.signal });
  setTimeout(() => controller.abort(), 50);
  await expect(left).rejects.toThrow(/abort/i);
  await client.chat.completions.create(ask);
  expect(server.arrivals).toHaveLength(2);
});
