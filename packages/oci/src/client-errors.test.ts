/** What goes wrong under the `openai` client: the same typed error however often it may retry, with the id, without secrets. */
import { inspect } from "node:util";
import { APIConnectionTimeoutError, BadRequestError } from "openai";
import { describe, expect, test, vi } from "vitest";
import { apiKeyProfile, configDirectory, jwt, keyPair, TENANCY } from "../test/profiles.ts";
import { recordingServer } from "../test/recording-server.ts";
import { createOciOpenAI } from "./client.ts";
import { createOciFetch } from "./http/signed-fetch.ts";

const keys = keyPair();
const { configFile } = apiKeyProfile(keys);
const signed = { configFile, env: {} } as const;
const ask = { model: "openai.gpt-oss-120b", input: "Hi" };

describe.each([0, 2])("with maxRetries %i", (maxRetries) => {
  test("a redirect is refused, once, by its own error", async () => {
    await using server = await recordingServer((_, response) => {
      response.writeHead(307, { location: "https://elsewhere.example/" }).end();
    });
    const client = createOciOpenAI({ ...signed, endpoint: server.url, maxRetries });
    await expect(client.responses.create(ask)).rejects.toMatchObject({
      code: "redirect_refused",
      hint: expect.stringContaining("never sent on"),
    });
    expect(server.arrivals).toHaveLength(1);
  });

  test("a session that has expired says which command to run", async () => {
    const profile = configDirectory();
    profile.write("key.pem", keys.pem);
    profile.write("token", jwt(Date.now() + 3_600_000));
    const file = profile.write(
      "config",
      `[DEFAULT]\ntenancy=${TENANCY}\nfingerprint=${keys.fingerprint}\nkey_file=key.pem\nsecurity_token_file=token\nregion=us-chicago-1\n`,
    );
    await using server = await recordingServer((_, response) => {
      profile.write("token", jwt(Date.now() - 1_000));
      response.writeHead(401).end();
    });
    const client = createOciOpenAI({ configFile: file, env: {}, endpoint: server.url, maxRetries });
    await expect(client.responses.create(ask)).rejects.toMatchObject({ code: "session_expired" });
  });
});

describe("a failing answer", () => {
  test.each([
    ["a signature", signed],
    ["an API key", { apiKey: "sk-genai-0123456789abcdef", env: {} }],
    ["an API key of another shape", { apiKey: "opaque_0123456789_key", env: {} }],
  ])("that echoes %s does not tell it to the client's error, and stays JSON", async (_, credentials) => {
    await using server = await recordingServer((request, response) => {
      const sent = request.headers.authorization ?? "";
      response.writeHead(400, { "content-type": "application/json", "opc-request-id": "opc/1" });
      response.end(
        JSON.stringify({ code: "InvalidParameter", message: `bad header ${sent}`, authorization: sent }),
      );
    });
    const client = createOciOpenAI({ ...credentials, endpoint: server.url });
    const error: unknown = await client.responses.create(ask).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({ status: 400, code: "InvalidParameter", requestID: "opc/1" });
    const sent = server.arrivals[0]?.headers.authorization ?? "";
    const secret = /signature="([^"]+)"/.exec(sent)?.[1] ?? sent.replace("Bearer ", "");
    expect(secret.length).toBeGreaterThan(10);
    expect(`${String(error)} ${inspect(error, { depth: 9 })} ${JSON.stringify(error)}`).not.toContain(secret);
  });

  test("without secrets comes byte for byte, also through the bare fetch", async () => {
    const body = `{ "code" : "InvalidParameter", "message": "ü ${"x".repeat(20_000)}" }`;
    await using server = await recordingServer((_, response) => {
      response.writeHead(400, { "content-type": "application/json" }).end(body);
    });
    const answer = await createOciFetch({ ...signed, endpoint: server.url })(server.url);
    expect(await answer.text()).toBe(body);
  });
});

test("an answer's opc-request-id is where the client looks for it", async () => {
  await using server = await recordingServer((_, response) => {
    response
      .writeHead(200, { "content-type": "application/json", "opc-request-id": "opc/2" })
      .end('{"id":"r"}');
  });
  const client = createOciOpenAI({ ...signed, endpoint: server.url });
  expect(await client.responses.create(ask)).toMatchObject({ _request_id: "opc/2" });
});

test("a request may be given more time than the others", async () => {
  await using server = await recordingServer((_, response, index) => {
    setTimeout(
      () => response.writeHead(200, { "content-type": "application/json" }).end("{}"),
      index === 0 ? 2_500 : 0,
    );
  });
  const client = createOciOpenAI({ ...signed, endpoint: server.url, timeoutMs: 1_000, maxRetries: 0 });
  await client.responses.create(ask, { timeout: 10_000 });
  expect(server.arrivals).toHaveLength(1);
});

test("a request that is too slow ends as a time-out", async () => {
  await using server = await recordingServer(() => undefined);
  const client = createOciOpenAI({ ...signed, endpoint: server.url, timeoutMs: 50, maxRetries: 0 });
  await expect(client.responses.create(ask)).rejects.toBeInstanceOf(APIConnectionTimeoutError);
});

test("a project and a compartment that a request names are the request's", async () => {
  await using server = await recordingServer();
  const ocid = (kind: string, name: string): string => `ocid1.${kind}.oc1..${name}`;
  const client = createOciOpenAI({
    ...signed,
    endpoint: server.url,
    compartmentId: ocid("compartment", "one"),
    project: ocid("generativeaiproject", "one"),
  });
  await client.responses.create(ask);
  await client.withOptions({ project: ocid("generativeaiproject", "two") }).responses.create(ask);
  await client.responses.create(ask, {
    headers: {
      "OpenAI-Project": ocid("generativeaiproject", "three"),
      "opc-compartment-id": ocid("compartment", "three"),
    },
  });
  await client.responses.create(ask, { headers: { "OpenAI-Project": "proj_of_openai" } });
  expect(
    server.arrivals.map(({ headers }) =>
      [headers["openai-project"], headers["opc-compartment-id"]].map((id) => String(id).split("..")[1]),
    ),
  ).toEqual([
    ["one", "one"],
    ["two", "one"],
    ["three", "three"],
    ["one", "one"],
  ]);
});

test("headers meant for OpenAI stay away although their variable is gone by then", async () => {
  await using server = await recordingServer();
  vi.stubEnv("OPENAI_CUSTOM_HEADERS", "X-Gateway-Token: s3cret");
  const client = createOciOpenAI({ ...signed, endpoint: server.url });
  vi.unstubAllEnvs();
  await client.responses.create(ask);
  await client.withOptions({ maxRetries: 0 }).responses.create(ask);
  expect(JSON.stringify(server.arrivals.map(({ rawHeaders }) => rawHeaders))).not.toContain("s3cret");
});
