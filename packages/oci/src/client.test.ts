/** The openai client on its way to OCI: isolated from OpenAI's environment, and not retrying what cannot succeed. */
import { AuthenticationError, ConfigurationError } from "@locus-sdk/core";
import OpenAI from "openai";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { apiKeyProfile, configDirectory, jwt, keyPair, TENANCY } from "../test/profiles.ts";
import { recordingServer } from "../test/recording-server.ts";
import { createOciOpenAI } from "./client.ts";

const keys = keyPair();
const { configFile } = apiKeyProfile(keys);
const SECRETS = {
  OPENAI_API_KEY: "sk-openai-secret",
  OPENAI_ADMIN_KEY: "sk-admin-secret",
  OPENAI_ORG_ID: "org-secret",
  OPENAI_PROJECT_ID: "proj_secret",
  OPENAI_WEBHOOK_SECRET: "whsec-secret",
  OPENAI_CUSTOM_HEADERS: "X-Team: team-secret\nAuthorization: Bearer header-secret\nOpenAI-Beta: beta-secret",
};
const ask = { model: "openai.gpt-oss-120b", messages: [{ role: "user" as const, content: "Hi" }] };

describe("an OpenAI account in the environment", () => {
  beforeEach(() => {
    for (const [name, value] of Object.entries(SECRETS)) vi.stubEnv(name, value);
  });
  afterEach(() => vi.unstubAllEnvs());

  test("leaves no trace on the wire, and diverts nothing", async () => {
    await using openai = await recordingServer();
    await using oci = await recordingServer();
    vi.stubEnv("OPENAI_BASE_URL", openai.url);
    vi.stubEnv("OPENAI_LOG", "debug");
    const log = vi.spyOn(console, "debug");
    for (const more of [{ configFile }, { apiKey: "sk-genai" }]) {
      const client = createOciOpenAI({ endpoint: oci.url, env: {}, ...more });
      await client.chat.completions.create(ask);
      await client.withOptions({ maxRetries: 1 }).chat.completions.create(ask);
    }
    expect(openai.arrivals).toEqual([]);
    expect(oci.arrivals).toHaveLength(4);
    expect(JSON.stringify(oci.arrivals.map(({ rawHeaders }) => rawHeaders))).not.toMatch(/secret|org-|proj_/);
    expect(new Set(oci.arrivals.map(({ target }) => target))).toEqual(
      new Set(["/openai/v1/chat/completions"]),
    );
    expect(log).not.toHaveBeenCalled();
  });

  test("is not a way to reach OCI: OPENAI_API_KEY counts for nothing", () => {
    const nowhere = configDirectory().directory;
    expect(() => createOciOpenAI({ configFile: `${nowhere}/none`, env: { ...SECRETS } })).toThrow(
      ConfigurationError,
    );
  });

  test("is not read by the client at all", () => {
    const client = createOciOpenAI({ configFile, env: {} });
    expect(client).toMatchObject({
      adminAPIKey: null,
      organization: null,
      project: null,
      webhookSecret: null,
    });
    expect(client.apiKey).not.toContain("secret");
    expect(client.baseURL).toBe("https://inference.generativeai.us-chicago-1.oci.oraclecloud.com/openai/v1");
  });
});

describe("the client", () => {
  test("is a genuine OpenAI, with our limits", () => {
    const client = createOciOpenAI({ configFile, env: {} });
    expect(client).toBeInstanceOf(OpenAI);
    expect(client).toMatchObject({ maxRetries: 2, timeout: 600_000 });
    const other = createOciOpenAI({
      configFile,
      env: {},
      maxRetries: 5,
      timeoutMs: 1_000,
      project: "ocid1.generativeaiproject.oc1..p",
    });
    expect(other).toMatchObject({
      maxRetries: 5,
      timeout: 1_000,
      project: "ocid1.generativeaiproject.oc1..p",
    });
  });

  test("retries what may pass, signing each attempt anew", async () => {
    await using server = await recordingServer((_, response, index) => {
      response.writeHead(index < 2 ? 503 : 200, {
        "content-type": "application/json",
        "retry-after-ms": "1",
      });
      response.end("{}");
    });
    await createOciOpenAI({ endpoint: server.url, configFile, env: {} }).chat.completions.create(ask);
    expect(server.arrivals).toHaveLength(3);
    expect(new Set(server.arrivals.map(({ headers }) => headers["opc-request-id"])).size).toBe(3);
  });

  test("a redirect and a conflict that will not pass are sent once, and are what they are", async () => {
    await using server = await recordingServer(({ target }, response) => {
      const conflict = target.includes("chat");
      response.writeHead(conflict ? 409 : 307, { location: "https://elsewhere.example/" });
      response.end(conflict ? '{"code":"Conflict","message":"taken"}' : "");
    });
    const client = createOciOpenAI({ endpoint: server.url, configFile, env: {} });
    await expect(client.chat.completions.create(ask)).rejects.toMatchObject({ status: 409 });
    expect(server.arrivals).toHaveLength(1);
    await expect(client.models.list()).rejects.toMatchObject({ code: "redirect_refused" });
    expect(server.arrivals).toHaveLength(2);
  });

  test("OCI's IncorrectState passes, and is sent again", async () => {
    await using server = await recordingServer((_, response, index) => {
      response.writeHead(index === 0 ? 409 : 200, {
        "content-type": "application/json",
        "retry-after-ms": "1",
      });
      response.end(index === 0 ? '{"code":"IncorrectState","message":"wait"}' : "{}");
    });
    await createOciOpenAI({ endpoint: server.url, configFile, env: {} }).chat.completions.create(ask);
    expect(server.arrivals).toHaveLength(2);
  });

  test("a 401 is healed inside and costs no retry", async () => {
    await using server = await recordingServer((_, response, index) => {
      response.writeHead(index === 0 ? 401 : 200, { "content-type": "application/json" });
      response.end("{}");
    });
    const client = createOciOpenAI({ endpoint: server.url, configFile, env: {}, maxRetries: 0 });
    await client.chat.completions.create(ask);
    expect(server.arrivals).toHaveLength(2);
  });

  test("what cannot succeed is thrown as it is, and not sent again", async () => {
    await using server = await recordingServer((_, response) => {
      response.statusCode = 401;
      response.end("{}");
    });
    const expired = configDirectory();
    expired.write("key.pem", keys.pem);
    expired.write("token", jwt(Date.now() - 1_000));
    expired.write(
      "config",
      `[DEFAULT]\ntenancy=${TENANCY}\nregion=ord\nkey_file=key.pem\nsecurity_token_file=token\n`,
    );
    const client = createOciOpenAI({ endpoint: server.url, configFile: expired.configFile, env: {} });
    const session = client.chat.completions.create(ask);
    await expect(session).rejects.toBeInstanceOf(AuthenticationError);
    await expect(session).rejects.toMatchObject({ code: "session_expired" });
    // The service has to confirm it, once: it might have been our clock.
    await expect(client.models.list()).rejects.toMatchObject({ code: "session_expired" });
    expect(server.arrivals).toHaveLength(1);
    const foreign = createOciOpenAI({ endpoint: server.url, configFile, env: {} }).get(
      "https://evil.example/x",
    );
    await expect(foreign).rejects.toBeInstanceOf(ConfigurationError);
    expect(server.arrivals).toHaveLength(1);
  });
});
