/** The model against an emulated OCI that verifies every signature: all ways to authenticate, and what goes wrong. */
import { mkdtempSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ModelRequest } from "@locus-sdk/core";
import type { TestProfileName } from "@locus-sdk/oci-emulator";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { type Cloud, startCloud } from "../test/emulator.ts";
import { streamed, textOf } from "../test/parts.ts";
import type { OciModelOptions } from "./config/options.ts";
import { createOciFetch } from "./http/signed-fetch.ts";
import { OCIOpenAIModel } from "./oci-openai-model.ts";

let cloud: Cloud;
beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud[Symbol.asyncDispose]());
beforeEach(() => cloud.emulator.reset());

const MODEL = "openai.gpt-oss-120b";
const model = (more: Partial<OciModelOptions> = {}): OCIOpenAIModel =>
  new OCIOpenAIModel({ model: MODEL, maxRetries: 0, ...cloud.options, ...more });
const hello: ModelRequest = { messages: [{ role: "user", content: "Hello" }] };
const weather: ModelRequest = {
  ...hello,
  tools: [
    {
      name: "get_weather",
      description: "Weather",
      parameters: { type: "object", properties: { city: { type: "string" } } },
    },
  ],
};

describe("every way to authenticate", () => {
  test.each<[string, TestProfileName, "user" | "session"]>([
    ["an API key in PKCS#8", "DEFAULT", "user"],
    ["an API key in PKCS#1", "PKCS1", "user"],
    ["an encrypted API key", "ENCRYPTED", "user"],
    ["a session token", "SESSION", "session"],
  ])("%s: plain, streamed and with tools", async (_, profile, kind) => {
    const { emulator } = cloud;
    emulator.script(
      { text: "plain ü" },
      { text: ["str", "eamed"] },
      { toolCalls: [{ name: "get_weather", arguments: { city: "Oslo" } }] },
      {
        toolCalls: [
          { name: "get_weather", arguments: { city: "Rio" } },
          { name: "get_weather", arguments: { city: "Bergen" } },
        ],
      },
    );
    const chat = model({ profile });
    const plain = await chat.complete(hello);
    expect([textOf(plain), plain.stopReason]).toEqual(["plain ü", "stop"]);
    expect(plain.requestId).toBe(emulator.requests[0]?.id);
    expect((await streamed(chat.stream(hello))).text).toBe("streamed");
    expect((await chat.complete(weather)).message.content).toMatchObject([
      { type: "tool_call", name: "get_weather", arguments: '{"city":"Oslo"}' },
    ]);
    const { response } = await streamed(chat.stream(weather));
    expect(response.message.content).toMatchObject([
      { arguments: '{"city":"Rio"}' },
      { arguments: '{"city":"Bergen"}' },
    ]);
    expect(response.requestId).toBe(emulator.requests[3]?.id);
    expect(emulator.requests.map(({ principal, status }) => [principal?.kind, status])).toEqual(
      Array(4).fill([kind, 200]),
    );
    expect(emulator.violations).toEqual([]);
  });

  test("an OCI Generative AI API key, without profile and compartment", async () => {
    const { apiKey } = cloud.config;
    const { endpoint } = cloud.options;
    const chat = new OCIOpenAIModel({
      model: MODEL,
      endpoint,
      env: { OCI_GENAI_API_KEY: apiKey.secrets[0], OCI_CONFIG_FILE: "/none" },
    });
    cloud.emulator.script({ text: "keyed" }, { text: "keyed" });
    expect(textOf(await chat.complete(hello))).toBe("keyed");
    expect((await streamed(chat.stream(hello))).text).toBe("keyed");
    expect(cloud.emulator.requests[0]?.principal).toMatchObject({ kind: "api_key" });
    expect(cloud.emulator.violations).toEqual([]);
  });

  test("environment variables alone are enough", async () => {
    const env = { ...cloud.config.env, OCI_PROFILE: "SESSION", OCI_AUTH_TYPE: "security_token" };
    const chat = new OCIOpenAIModel({ model: MODEL, env });
    await chat.complete(hello);
    expect(cloud.emulator.requests[0]?.headers["opc-compartment-id"]).toBe(cloud.config.compartmentId);
  });

  test("64 first requests at once are all signed", async () => {
    const chat = model({ profile: "ENCRYPTED" });
    await Promise.all(Array.from({ length: 64 }, () => chat.complete(hello)));
    expect(cloud.emulator.requests.map(({ status }) => status)).toEqual(Array(64).fill(200));
  });
});

describe("what heals by itself", () => {
  test("one 401 costs one more signature and nothing else", async () => {
    cloud.emulator.script({ error: "NotAuthenticated" }, { text: "healed" });
    expect(textOf(await model().complete(hello))).toBe("healed");
    expect(cloud.emulator.requests.map(({ status }) => status)).toEqual([401, 200]);
    expect(cloud.emulator.generations).toBe(1);
  });

  test.each([10, -10])(
    "a clock %i minutes off is learned from one 401, and stays learned",
    async (minutes) => {
      cloud.emulator.clock.advance(minutes * 60_000);
      const chat = model();
      await chat.complete(hello);
      await chat.complete(hello);
      expect(cloud.emulator.requests.map(({ status }) => status)).toEqual([401, 200, 200]);
      expect(cloud.emulator.requests[0]?.refusal).toMatch(/date|clock|minute/i);
    },
  );

  test("a session that ended is asked about once, and works once its token file was renewed", async () => {
    const directory = mkdtempSync(join(tmpdir(), "locus-session-"));
    const written = await cloud.emulator.writeTestConfig(directory, { tokenLifeMs: -60_000 });
    const file = written.profiles.SESSION.securityTokenFile ?? "";
    const chat = model({ configFile: written.configFile, profile: "SESSION" });
    await expect(chat.complete(hello)).rejects.toMatchObject({
      name: "AuthenticationError",
      code: "session_expired",
      hint: expect.stringContaining("oci session refresh --profile SESSION"),
    });
    expect(cloud.emulator.requests.map(({ status }) => status)).toEqual([401]);
    // As `oci session authenticate` does: a new token, and the key it is bound to.
    const renewed = await cloud.emulator.writeTestConfig(mkdtempSync(join(tmpdir(), "locus-session-")));
    const next = renewed.profiles.SESSION;
    writeFileSync(written.profiles.SESSION.keyFile, readFileSync(next.keyFile));
    writeFileSync(file, readFileSync(next.securityTokenFile ?? ""));
    const later = new Date(Date.now() + 10_000);
    utimesSync(file, later, later);
    await chat.complete(hello);
    expect(cloud.emulator.requests.map(({ status }) => status)).toEqual([401, 200]);
  });
});

describe("what does not", () => {
  test("a wrong compartment is a 404 that says where the compartment came from", async () => {
    const compartmentId = "ocid1.compartment.oc1..wrong";
    await expect(model({ compartmentId }).complete(hello)).rejects.toMatchObject({
      name: "PermissionOrNotFoundError",
      status: 404,
      requestId: expect.stringMatching(/./),
      retryable: false,
      hint: expect.stringMatching(/policy.*ocid1\.compartment\.oc1\.\.wrong \(the `compartmentId` option\)/),
    });
    expect(cloud.emulator.requests).toHaveLength(1);
  });

  test("a key minted before its policy is told apart by the hint", async () => {
    const key = cloud.emulator.createApiKey({ mintedBeforePolicy: true });
    await expect(model({ apiKey: key.secrets[0] }).complete(hello)).rejects.toMatchObject({
      name: "AuthenticationError",
      hint: expect.stringContaining("never works"),
    });
  });

  test("Cohere forced onto chat completions says which transport serves it", async () => {
    await expect(model({ model: "cohere.command-r-plus" }).complete(hello)).rejects.toMatchObject({
      code: "native_only",
      hint: expect.stringContaining("native API"),
    });
  });

  test("throttling is a rate limit after the client's retries", async () => {
    cloud.emulator.script({ error: "TooManyRequestsNumeric", headers: { "retry-after-ms": "1" }, times: 2 });
    await expect(model({ maxRetries: 1 }).complete(hello)).rejects.toMatchObject({
      name: "RateLimitError",
      retryable: true,
    });
    expect(cloud.emulator.requests).toHaveLength(2);
  });

  test.each(["zstd"] as const)("an answer forced into %s is an error, and paid once", async (encoding) => {
    cloud.emulator.script({ text: "packed", wire: { encoding } });
    await expect(model({ maxRetries: 2 }).complete(hello)).rejects.toMatchObject({ retryable: false });
    expect(cloud.emulator.generations).toBe(1);
  });

  test.each(["gzip", "deflate", "br"] as const)("an answer in %s is read", async (encoding) => {
    cloud.emulator.script({ text: ["pa", "cked"], wire: { encoding } });
    expect((await streamed(model().stream(hello))).text).toBe("packed");
  });

  test("a stream whose content type names its charset is a stream", async () => {
    cloud.emulator.script({ text: ["a", "b"], wire: { contentType: "text/event-stream; charset=utf-8" } });
    expect((await streamed(model().stream(hello))).text).toBe("ab");
    expect(cloud.emulator.generations).toBe(1);
  });

  test("aborting and walking away close the socket", async () => {
    const { emulator } = cloud;
    emulator.script(
      { text: "late", delayMs: 600_000 },
      { text: ["a", "b"], faults: [{ type: "stall", after: 2 }] },
    );
    const abort = new AbortController();
    const waiting = model().complete({ ...hello, signal: abort.signal });
    await vi.waitFor(() => expect(emulator.requests).toHaveLength(1));
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ name: "CancelledError" });
    for await (const part of model().stream(hello)) {
      if (part.type === "text_delta") break;
    }
    await emulator.idle();
    expect(emulator.requests.map(({ aborted }) => aborted)).toEqual([true, true]);
  });
});

describe("signatures over what goes on the wire", () => {
  const statusOf = async (path: string): Promise<number> => {
    const response = await createOciFetch(cloud.options)(`${cloud.options.endpoint}${path}`);
    await response.body?.cancel();
    return response.status;
  };

  test.each([
    "/",
    "/a%2Fb/c%20d?x=%2B&y=a+b&z",
    "/ü?q=ü&r=%F0%9F%99%82",
    "/a/../b?",
    "/a//b;c=d?e=f?g",
    "/#h",
  ])("verify for %s", async (path) => {
    expect(await statusOf(path)).toBe(404);
  });

  test("verify for any path and query", async () => {
    const piece = fc.string({ unit: "grapheme", maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(piece, piece, async (path, query) => {
        expect(await statusOf(`/x/${path}?${query}`)).toBe(404);
      }),
      { numRuns: 50 },
    );
  });
});
