// API keys made by the vendor's client: two secrets, shown once, and what they are good for on the data plane.
import type { models } from "oci-generativeai";
import OpenAI from "openai";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { model, say, started, testConfig } from "../../test/support/client.ts";
import { controlClient, refusedWith } from "../../test/support/control.ts";
import type { OciEmulator } from "../index.ts";

const config = await testConfig();
const { emulator, ...session } = await started(config);
afterEach(() => {
  emulator.reset();
  vi.useRealTimers();
});
afterAll(async () => {
  await session[Symbol.asyncDispose]();
  await config[Symbol.asyncDispose]();
});

const client = controlClient(emulator, config);
const { compartmentId } = config;
const dayMs = 24 * 3_600_000;
/** Moves both clocks: the vendor's client signs by its own. */
const later = (ms: number): unknown => vi.setSystemTime(Date.now() + ms);

const details: models.CreateApiKeyDetails = {
  compartmentId,
  displayName: "agents",
  // Without an expiry the service has its own default; the typings demand one all the same.
  keyDetails: [{ keyName: "one" }, { keyName: "two" }] as models.KeyDetails[],
};

const create = async (more: object = {}): Promise<models.ApiKey> =>
  (await client.createApiKey({ createApiKeyDetails: { ...details, ...more } })).apiKey;

const get = async (apiKeyId: string): Promise<models.ApiKey> => (await client.getApiKey({ apiKeyId })).apiKey;

const secretOf = ({ keys }: models.ApiKey, name = "one"): string =>
  keys.find(({ keyName }) => keyName === name)?.key ?? "";

const lifeMs = (key: models.ApiKeyItem | undefined): number =>
  Date.parse(String(key?.timeExpiry)) - Date.parse(String(key?.timeCreated));

/** The status of a request with this secret. */
const ask = async (secret: string, of: OciEmulator = emulator): Promise<number> => {
  const baseURL = `${of.url}/openai/v1`;
  const openai = new OpenAI({ apiKey: secret, organization: null, project: null, maxRetries: 0, baseURL });
  try {
    await openai.chat.completions.create({ model, messages: say("Hi") });
    return 200;
  } catch (error) {
    if (error instanceof OpenAI.APIError) return error.status ?? 0;
    throw error;
  }
};

const setState = (
  apiKeyId: string,
  state: string,
  keyName = "one",
): ReturnType<typeof client.setApiKeyState> =>
  client.setApiKeyState({ apiKeyId, setApiKeyStateDetails: { keyName, state } });

describe("an API key", () => {
  it("shows its two secrets once, and a mask from then on", async () => {
    const made = await create();
    expect(made).toMatchObject({ lifecycleState: "CREATING", displayName: "agents" });
    expect(made.keys.map(({ key }) => key)).toEqual([
      expect.stringMatching(/^sk-[\w-]{40,}$/),
      expect.stringMatching(/^sk-[\w-]{40,}$/),
    ]);
    const seen = await get(made.id);
    expect(seen).toMatchObject({
      lifecycleState: "ACTIVE",
      keys: [{ state: "ACTIVE" }, { state: "ACTIVE" }],
    });
    const { apiKeyCollection } = await client.listApiKeys({ compartmentId });
    for (const keys of [seen.keys, apiKeyCollection.items[0]?.keys ?? []]) {
      expect(keys.map(({ key, keyMask }) => [key, keyMask.slice(-4)])).toEqual([
        [undefined, secretOf(made).slice(-4)],
        [undefined, secretOf(made, "two").slice(-4)],
      ]);
    }
    expect(seen).not.toHaveProperty("keyDetails");
  });

  it("lets clients in with either secret, and says when it was used last", async () => {
    const made = await create();
    expect(await ask(secretOf(made))).toBe(200);
    expect(emulator.requests.at(-1)?.principal).toMatchObject({ kind: "api_key", apiKeyId: made.id });
    expect(await ask(secretOf(made, "two"))).toBe(200);
    const { keys } = await get(made.id);
    // The vendor's typings say Date; its client hands the text on.
    expect(keys[0]?.timeLastUsed).toEqual(expect.stringMatching(/Z$/));
    expect(JSON.stringify(emulator.requests)).not.toContain(secretOf(made));
  });

  it("expires after ninety days, or when it was told to", async () => {
    const made = await create({
      keyDetails: [{ keyName: "one" }, { keyName: "two", timeExpiry: new Date(Date.now() + dayMs) }],
    });
    const [one, two] = made.keys;
    expect(lifeMs(one)).toBe(90 * dayMs);
    later(dayMs + 1000);
    expect([await ask(one?.key ?? ""), await ask(two?.key ?? "")]).toEqual([200, 401]);
    expect((await get(made.id)).keys.map(({ state }) => state)).toEqual(["ACTIVE", "EXPIRED"]);
    later(90 * dayMs);
    expect(await ask(one?.key ?? "")).toBe(401);
    await expect(setState(made.id, "ACTIVE")).rejects.toMatchObject(refusedWith(409, "IncorrectState"));
    await expect(
      create({ keyDetails: [{ keyName: "one", timeExpiry: new Date(Date.now() - 1) }] }),
    ).rejects.toMatchObject(refusedWith(400, "InvalidParameter"));
  });

  it("can be switched off and on again, and be revoked for good", async () => {
    const made = await create();
    await setState(made.id, "INACTIVE");
    expect([await ask(secretOf(made)), await ask(secretOf(made, "two"))]).toEqual([401, 200]);
    await setState(made.id, "ACTIVE");
    expect(await ask(secretOf(made))).toBe(200);
    const { apiKey, etag } = await setState(made.id, "REVOKED");
    expect(etag).toBeTruthy();
    expect(apiKey.keys[0]).toMatchObject({ state: "REVOKED", timeRevoked: expect.stringMatching(/Z$/) });
    expect(await ask(secretOf(made))).toBe(401);
    await expect(setState(made.id, "ACTIVE")).rejects.toMatchObject(refusedWith(409, "IncorrectState"));
    await expect(setState(made.id, "ACTIVE", "three")).rejects.toMatchObject(
      refusedWith(404, "NotAuthorizedOrNotFound"),
    );
    await expect(setState(made.id, "EXPIRED", "two")).rejects.toMatchObject(
      refusedWith(400, "InvalidParameter"),
    );
  });

  it("is renewed: the new secret is shown once, the old one stops working", async () => {
    const made = await create();
    const renewed = await client.renewApiKey({
      apiKeyId: made.id,
      renewApiKeyDetails: { details: { keyName: "one", timeExpiry: new Date(Date.now() + dayMs) } },
    });
    const secret = secretOf(renewed.apiKey);
    expect(secret).not.toBe(secretOf(made));
    expect(renewed.apiKey.keys[1]?.key).toBeUndefined();
    expect([await ask(secret), await ask(secretOf(made)), await ask(secretOf(made, "two"))]).toEqual([
      200, 401, 200,
    ]);
    expect((await get(made.id)).keys[0]?.key).toBeUndefined();
  });

  it("is deleted with both of its secrets", async () => {
    const made = await create();
    await client.deleteApiKey({ apiKeyId: made.id });
    expect(await ask(secretOf(made))).toBe(401);
    expect(await get(made.id)).toMatchObject({
      lifecycleState: "DELETED",
      keys: [{ state: "DELETED" }, { state: "DELETED" }],
    });
  });

  it("is made once for one retry token, and its secrets are told again to who asked for them", async () => {
    const first = await client.createApiKey({ createApiKeyDetails: details, opcRetryToken: "t" });
    const again = await client.createApiKey({ createApiKeyDetails: details, opcRetryToken: "t" });
    expect(again.apiKey).toEqual(first.apiKey);
    expect((await client.listApiKeys({ compartmentId })).apiKeyCollection.items).toHaveLength(1);
  });

  it("can be updated and moved, and pays from where it is then", async () => {
    const made = await create();
    await client.updateApiKey({ apiKeyId: made.id, updateApiKeyDetails: { displayName: "b" } });
    await client.changeApiKeyCompartment({
      apiKeyId: made.id,
      changeApiKeyCompartmentDetails: { compartmentId: config.tenancyId },
    });
    expect(await get(made.id)).toMatchObject({ displayName: "b", compartmentId: config.tenancyId });
    expect(await ask(secretOf(made))).toBe(200);
    expect(emulator.requests.at(-1)?.principal).toMatchObject({ compartmentId: config.tenancyId });
  });

  it("does not work before it is ACTIVE, nor at another emulator", async () => {
    await using slow = await started(config, { control: { transitionMs: 60_000 } });
    const { apiKey } = await controlClient(slow.emulator, config).createApiKey({
      createApiKeyDetails: details,
    });
    expect(await ask(secretOf(apiKey), slow.emulator)).toBe(401);
    slow.emulator.clock.advance(60_000);
    expect(await ask(secretOf(apiKey), slow.emulator)).toBe(200);
    expect(await ask(secretOf(apiKey))).toBe(401);
  });

  it("has one or two keys of different names", async () => {
    for (const keyDetails of [
      [],
      [{ keyName: "a" }, { keyName: "a" }],
      [1, 2, 3].map((n) => ({ keyName: `${n}` })),
    ]) {
      await expect(create({ keyDetails })).rejects.toMatchObject(refusedWith(400, "InvalidParameter"));
    }
    await expect(create({ keyDetails: undefined })).rejects.toMatchObject({
      ...refusedWith(400, "MissingParameter"),
      message: expect.stringContaining("keyDetails"),
    });
  });

  it("opens nothing on the control plane", async () => {
    const made = await create();
    const response = await fetch(`${emulator.controlUrl}/20231130/apikeys/${made.id}`, {
      headers: { authorization: `Bearer ${secretOf(made)}` },
    });
    expect(response.status).toBe(401);
  });
});
