// Authentication as clients meet it: vendor signers, tokens, keys, clocks.
import { readFileSync } from "node:fs";
import {
  ConfigFileAuthenticationDetailsProvider,
  SessionAuthDetailProvider,
  SimpleAuthenticationDetailsProvider,
} from "oci-common";
import { afterAll, describe, expect, it } from "vitest";
import { model, openaiClient, say, signedFetch, started, testConfig } from "../../test/support/client.ts";
import { startOciEmulator } from "../index.ts";

const config = await testConfig();
afterAll(() => config[Symbol.asyncDispose]());

const bearer = (secret: string, extra: Record<string, string> = {}): RequestInit => ({
  method: "POST",
  headers: { authorization: `Bearer ${secret}`, "content-type": "application/json", ...extra },
  body: JSON.stringify({ model, messages: say("Hello") }),
});

describe("requests signed by oci-common", () => {
  const { DEFAULT } = config.profiles;
  it.each([
    [
      "explicit values",
      new SimpleAuthenticationDetailsProvider(
        config.tenancyId,
        config.userId,
        DEFAULT.fingerprint,
        readFileSync(DEFAULT.keyFile, "utf8"),
        null,
      ),
      "user",
    ],
    [
      "the DEFAULT profile",
      new ConfigFileAuthenticationDetailsProvider(config.configFile, "DEFAULT"),
      "user",
    ],
    ["a PKCS1 key", new ConfigFileAuthenticationDetailsProvider(config.configFile, "PKCS1"), "user"],
    ["an encrypted key", new ConfigFileAuthenticationDetailsProvider(config.configFile, "ENCRYPTED"), "user"],
    ["a session token", new SessionAuthDetailProvider(config.configFile, "SESSION"), "session"],
  ])("are accepted with %s, plain and streamed, on both bases", async (_, provider, kind) => {
    await using emulator = await startOciEmulator({ trust: config.trust });
    const fetch = signedFetch(provider, config.compartmentId);
    for (const base of ["/openai/v1", "/20231130/actions/v1"]) {
      const client = openaiClient(emulator, config, { fetch, base });
      const plain = await client.chat.completions.create({ model, messages: say("Hello") });
      expect(plain.choices[0]?.message.content).toContain("(offline emulator)");
      let text = "";
      const stream = await client.chat.completions.create({ model, messages: say("Hello"), stream: true });
      for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
      expect(text).toBe(plain.choices[0]?.message.content);
    }
    expect(emulator.requests.map(({ status, principal }) => [status, principal?.kind])).toEqual(
      Array(4).fill([200, kind]),
    );
    expect(emulator.violations).toEqual([]);
  });
});

describe("the clock", () => {
  it.each([
    [4 * 60_000, 200],
    [-4 * 60_000, 200],
    [6 * 60_000, 401],
    [-6 * 60_000, 401],
  ])("of an emulator %d ms ahead answers %d and always tells its time", async (skew, status) => {
    await using emulator = await startOciEmulator({ trust: config.trust });
    emulator.clock.advance(skew);
    const send = signedFetch(
      new ConfigFileAuthenticationDetailsProvider(config.configFile, "DEFAULT"),
      config.compartmentId,
    );
    const response = await send(`${emulator.url}/openai/v1/chat/completions`, bearer(""));
    expect(response.status).toBe(status);
    const told = Date.parse(response.headers.get("date") ?? "");
    expect(Math.abs(told - (Date.now() + skew))).toBeLessThan(5_000);
    expect(response.headers.get("opc-request-id")).toMatch(/^[0-9A-F]{32}$/);
  });
});

describe("session tokens", () => {
  it("are refused once they have expired, and the journal says why", async () => {
    await using session = await started(config);
    session.emulator.clock.advance(61 * 60_000);
    const provider = new SessionAuthDetailProvider(config.configFile, "SESSION");
    // The signature's own date is kept within the tolerance: only the token is too old.
    const fetch: typeof globalThis.fetch = (url, init) => {
      session.emulator.clock.set(new Date(Date.now() + 61 * 60_000));
      return signedFetch(provider, config.compartmentId)(url, init);
    };
    const client = openaiClient(session.emulator, config, { fetch });
    await expect(client.chat.completions.create({ model, messages: say("Hello") })).rejects.toMatchObject({
      status: 401,
    });
    expect(session.emulator.requests[0]?.refusal).toMatch(/session token expired/);
  });

  it("of another emulator are refused", async () => {
    await using emulator = await startOciEmulator();
    const client = openaiClient(emulator, config, {
      fetch: signedFetch(new SessionAuthDetailProvider(config.configFile, "SESSION"), config.compartmentId),
    });
    await expect(client.chat.completions.create({ model, messages: say("Hello") })).rejects.toMatchObject({
      status: 401,
    });
    expect(emulator.requests[0]?.refusal).toMatch(/not issued by this emulator/);
  });

  it("bind the session's own key: another key's signature is refused", async () => {
    await using emulator = await startOciEmulator({ trust: config.trust });
    const token = readFileSync(config.profiles.SESSION.securityTokenFile ?? "", "utf8");
    const foreign = new SimpleAuthenticationDetailsProvider(
      "t",
      "u",
      "f",
      readFileSync(config.profiles.DEFAULT.keyFile, "utf8"),
      null,
    );
    foreign.getKeyId = () => Promise.resolve(`ST$${token}`);
    const client = openaiClient(emulator, config, { fetch: signedFetch(foreign, config.compartmentId) });
    await expect(client.chat.completions.create({ model, messages: say("Hello") })).rejects.toMatchObject({
      status: 401,
    });
    expect(emulator.requests[0]?.refusal).toMatch(/signature does not match/);
  });
});

describe("GenAI API keys", () => {
  it("are accepted with either of their secrets and need no compartment header", async () => {
    await using emulator = await startOciEmulator({ trust: config.trust });
    const key = emulator.createApiKey();
    for (const secret of [...key.secrets, config.apiKey.secrets[0]]) {
      const response = await fetch(`${emulator.url}/openai/v1/chat/completions`, bearer(secret));
      expect(response.status).toBe(200);
    }
    expect(emulator.requests[0]?.principal).toMatchObject({ kind: "api_key", apiKeyId: key.id });
  });

  it("are refused when unknown, deactivated, expired, of another region, or minted before the policy", async () => {
    await using emulator = await startOciEmulator({ trust: config.trust });
    const off = emulator.createApiKey({ name: "off" });
    emulator.deactivateApiKey(off.id);
    const keys = [
      "sk-unknown",
      off.secrets[1],
      emulator.createApiKey({ lifeMs: -1 }).secrets[0],
      emulator.createApiKey({ region: "eu-frankfurt-1" }).secrets[0],
      emulator.createApiKey({ mintedBeforePolicy: true }).secrets[0],
    ];
    for (const secret of keys) {
      const response = await fetch(`${emulator.url}/openai/v1/chat/completions`, bearer(secret));
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({ code: "NotAuthenticated" });
    }
    expect(emulator.requests.map(({ refusal }) => refusal)).toEqual([
      expect.stringMatching(/does not exist/),
      expect.stringMatching(/not active/),
      expect.stringMatching(/expired/),
      expect.stringMatching(/eu-frankfurt-1/),
      expect.stringMatching(/before a policy/),
    ]);
    expect(emulator.generations).toBe(0);
  });

  it("are refused by the native API and the control plane", async () => {
    await using emulator = await startOciEmulator({ trust: config.trust });
    for (const url of [`${emulator.url}/20231130/actions/chat`, `${emulator.controlUrl}/20231130/models`]) {
      expect((await fetch(url, bearer(config.apiKey.secrets[0]))).status).toBe(401);
    }
  });
});

describe("credentials", () => {
  it("of another kind beside a good one are recorded, and no secret is kept", async () => {
    await using emulator = await startOciEmulator({ trust: config.trust });
    const headers = { "x-api-key": "sk-secret-of-somebody", "openai-organization": "org-1" };
    await fetch(`${emulator.url}/openai/v1/chat/completions`, bearer(config.apiKey.secrets[0], headers));
    expect(emulator.violations.map(({ rule }) => rule)).toEqual([
      "foreign-credential",
      "openai-organization",
    ]);
    expect(emulator.violations[0]?.requestId).toBe(emulator.requests[0]?.id);
    const kept = JSON.stringify(emulator.requests);
    expect(kept).not.toContain("sk-");
    expect(emulator.requests[0]?.headers.authorization).toBe("Bearer [redacted]");
  });

  it("in a session's keyId are redacted in the journal", async () => {
    await using emulator = await startOciEmulator({ trust: config.trust });
    const send = signedFetch(
      new SessionAuthDetailProvider(config.configFile, "SESSION"),
      config.compartmentId,
    );
    await send(`${emulator.url}/openai/v1/chat/completions`, bearer(""));
    const authorization = emulator.requests[0]?.headers.authorization ?? "";
    expect(authorization).toContain('keyId="ST$[redacted]"');
    expect(authorization).toContain('signature="[redacted]"');
  });

  it("are required: without any, or with two, the answer is 401", async () => {
    await using emulator = await startOciEmulator({ trust: config.trust });
    expect((await fetch(`${emulator.url}/openai/v1/chat/completions`)).status).toBe(401);
    expect((await fetch(`${emulator.url}/anything`)).status).toBe(401);
    expect(
      (await fetch(`${emulator.url}/openai/v1/models`, { headers: { authorization: "Basic eA==" } })).status,
    ).toBe(401);
  });
});
