/** What is sent again, what is not, and who hears of it: the model over an emulated OCI that fails as it is told. */
import { Agent, type DurableEvent, type ModelRequest } from "@locus-sdk/core";
import type { ErrorName } from "@locus-sdk/oci-emulator";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { type Cloud, startCloud } from "../test/emulator.ts";
import { streamed, textOf } from "../test/parts.ts";
import { recordingServer } from "../test/recording-server.ts";
import { createOciFetch } from "./http/signed-fetch.ts";
import { OCIOpenAIModel } from "./oci-openai-model.ts";

let cloud: Cloud;
beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud[Symbol.asyncDispose]());
let models = 0;
beforeEach(() => {
  cloud.emulator.reset();
  // The shortest of all possible waits.
  vi.spyOn(Math, "random").mockReturnValue(0);
});

// Each test asks a model of its own, so that nobody is slowed down by another test's 429.
const model = (maxRetries = 2): OCIOpenAIModel => {
  models += 1;
  return new OCIOpenAIModel({ model: `openai.gpt-oss-${models}b`, ...cloud.options, maxRetries });
};
const hello: ModelRequest = { messages: [{ role: "user", content: "Hello" }] };

describe("sent again, without paying twice", () => {
  test.each<ErrorName>([
    "IncorrectState",
    "InternalServerError",
    "BadGatewayHtml",
    "ServiceUnavailable",
    "ServiceUnavailableText",
    "GatewayTimeoutText",
  ])("%s", async (error) => {
    cloud.emulator.script({ error, times: 2 }, { text: "at last" });
    expect(textOf(await model().complete(hello))).toBe("at last");
    expect([cloud.emulator.requests.length, cloud.emulator.generations]).toEqual([3, 1]);
  });

  test.each([
    ["429 with OCI's code", { code: "TooManyRequests", message: "slow" }, 429],
    ["429 with a number for a code", { code: "429", message: "slow" }, 429],
    ["408", { code: "RequestTimeout", message: "late" }, 408],
  ])("%s", async (_, body, status) => {
    cloud.emulator.script(
      { status, headers: { "retry-after-ms": "1" }, body, times: 2 },
      { text: "at last" },
    );
    expect((await streamed(model().stream(hello))).text).toBe("at last");
    expect([cloud.emulator.requests.length, cloud.emulator.generations]).toEqual([3, 1]);
  });

  test("a connection lost before any status", async () => {
    await using server = await recordingServer((_, response, index) => {
      if (index < 2) response.socket?.resetAndDestroy();
      else
        response.end(
          JSON.stringify({ choices: [{ message: { content: "at last" }, finish_reason: "stop" }] }),
        );
    });
    const chat = new OCIOpenAIModel({ model: "m", ...cloud.options, endpoint: server.url });
    expect(textOf(await chat.complete(hello))).toBe("at last");
    expect(server.arrivals).toHaveLength(3);
  });
});

describe("sent once", () => {
  test.each<ErrorName>([
    "InvalidParameter",
    "QuotaExceeded",
    "NotAuthorized",
    "NotAuthorizedOrNotFound",
    "Conflict",
    "RequestEntityTooLarge",
    "ModelNotFoundInternal",
    "NotImplemented",
  ])("%s", async (error) => {
    cloud.emulator.script({ error }, { text: "never" });
    await expect(model().complete(hello)).rejects.toThrow();
    expect(cloud.emulator.requests).toHaveLength(1);
  });

  test("a 401 is healed inside, once, and not counted among the retries", async () => {
    cloud.emulator.script({ error: "NotAuthenticated", times: 2 }, { text: "never" });
    await expect(model().complete(hello)).rejects.toThrow();
    expect(cloud.emulator.requests).toHaveLength(2);
  });

  test("an answer that breaks off, or tells of an error, behind its status", async () => {
    cloud.emulator.script(
      { text: ["Hel", "lo"], faults: [{ type: "reset", after: 1 }] },
      { text: ["Hel", "lo"], faults: [{ type: "truncate", after: 1 }] },
    );
    await expect(streamed(model().stream(hello))).rejects.toThrow();
    await expect(streamed(model().stream(hello))).rejects.toThrow();
    expect([cloud.emulator.requests.length, cloud.emulator.generations]).toEqual([2, 2]);
  });
});

test("an agent's run tells of each retry, with what failed and for how long it waits", async () => {
  const retry = {
    status: 429,
    headers: { "retry-after-ms": "1" },
    body: { code: "429", message: "slow down" },
  };
  cloud.emulator.script({ ...retry, times: 2 }, { text: "at last" });
  const stream = new Agent({ model: model() }).stream("Hello");
  const events: DurableEvent[] = [];
  for await (const event of stream) if (event.type === "retry") events.push(event);
  const what = expect.stringContaining("429: slow down");
  expect(events).toMatchObject([
    { what, attempt: 1, delayMs: 1 },
    { what, attempt: 2, delayMs: 1 },
  ]);
});

test("after a 429 all callers of that model wait together, whatever client they use; others go on", async () => {
  const arrivedAt: number[] = [];
  let refusedAt = 0;
  await using server = await recordingServer(({ body }, response, index) => {
    if (index === 0) {
      refusedAt = performance.now();
      response.writeHead(429, { "retry-after-ms": "120" });
    } else if (String(body).includes("busy")) arrivedAt.push(performance.now());
    response.end("{}");
  });
  const ask = (asked: string): Promise<Response> =>
    createOciFetch({ ...cloud.options, endpoint: server.url })(server.url, {
      method: "POST",
      body: JSON.stringify(asked === "native" ? { servingMode: { modelId: "busy" } } : { model: asked }),
    });
  await ask("busy");
  await Promise.all([ask("busy"), ask("native"), ask("idle").then(() => arrivedAt.push(0))]);
  const waits = arrivedAt.map((at) => Math.round(at === 0 ? 0 : at - refusedAt));
  expect(waits[0]).toBe(0);
  expect(waits[1]).toBeGreaterThanOrEqual(119);
  // One after the other, from then on.
  expect((waits[2] ?? 0) - (waits[1] ?? 0)).toBeGreaterThanOrEqual(80);
});

test("whoever waits for its turn can give up", async () => {
  await using server = await recordingServer((_, response) => {
    response.writeHead(429, { "retry-after": "50" });
    response.end("{}");
  });
  const fetch = createOciFetch({ ...cloud.options, endpoint: server.url });
  const body = JSON.stringify({ model: "busy" });
  await fetch(server.url, { method: "POST", body });
  const controller = new AbortController();
  const waiting = fetch(server.url, { method: "POST", body, signal: controller.signal });
  queueMicrotask(() => controller.abort());
  await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
  expect(server.arrivals).toHaveLength(1);
});
