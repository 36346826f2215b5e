/** A machine whose clock is ahead: a session that only it believes to be over is the service's to judge. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Cloud, startCloud } from "../test/emulator.ts";
import { signatureOf, startMachine } from "../test/machine.ts";
import { textOf } from "../test/parts.ts";
import { configDirectory, jwt, keyPair } from "../test/profiles.ts";
import { recordingServer } from "../test/recording-server.ts";
import { type Transport, transports } from "../test/transports.ts";
import type { Check } from "./doctor/check.ts";
import { diagnose } from "./doctor/diagnose.ts";
import { createOciFetch } from "./http/signed-fetch.ts";

const MINUTE = 60_000;
let cloud: Cloud;
let profile: { readonly configFile: string; readonly profile: "SESSION" };
beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud[Symbol.asyncDispose]());
beforeEach(() => cloud.emulator.reset());

/** The service's clock is `behindMs` behind ours, and a session made there has `tokenLifeMs` left. */
async function session(behindMs: number, tokenLifeMs: number): Promise<void> {
  cloud.emulator.clock.advance(-behindMs);
  const directory = mkdtempSync(join(tmpdir(), "locus-session-"));
  const { configFile } = await cloud.emulator.writeTestConfig(directory, { tokenLifeMs });
  profile = { configFile, profile: "SESSION" };
}

const MODELS = transports(() => ({ ...cloud, options: { ...cloud.options, ...profile } }));
const hello = { messages: [{ role: "user", content: "Hello" }] } as const;
const statuses = (): readonly unknown[] => cloud.emulator.requests.map(({ status }) => status);

describe.each(Object.keys(MODELS) as Transport[])("%s", (transport) => {
  test("two hours ahead, a session that is good for 50 minutes is used, after one 401", async () => {
    await session(120 * MINUTE, 50 * MINUTE);
    const model = MODELS[transport]();
    cloud.emulator.script({ text: "in time" }, { text: "again" });
    expect(textOf(await model.complete(hello))).toBe("in time");
    expect(textOf(await model.complete(hello))).toBe("again");
    expect(statuses()).toEqual([401, 200, 200]);
  });

  test("a session that is over by the service's time too is asked about once", async () => {
    await session(120 * MINUTE, -MINUTE);
    const model = MODELS[transport]();
    for (const _ of [1, 2])
      await expect(model.complete(hello)).rejects.toMatchObject({ code: "session_expired" });
    expect(statuses()).toEqual([401]);
  });
});

test("the diagnosis tells of the clock, and believes the service about the token", async () => {
  const checks = async (): Promise<readonly Check[]> => {
    const found: Check[] = [];
    for await (const check of diagnose({ ...cloud.options, ...profile })) found.push(check);
    return found;
  };
  await session(120 * MINUTE, 50 * MINUTE);
  const found = await checks();
  const [, credentials, token, clock] = found;
  expect([credentials?.status, token?.status]).toEqual(["ok", "ok"]);
  expect(token?.detail).toMatch(/^expires in (?:49|50) minutes/);
  expect(clock).toMatchObject({
    name: "clock",
    status: "warn",
    detail: expect.stringContaining("2 hours ahead"),
  });
  cloud.emulator.reset();
  await session(120 * MINUTE, -5 * MINUTE);
  const over = await checks();
  expect(over[2]).toMatchObject({
    status: "fail",
    detail: expect.stringMatching(/^expired 5 minutes ago/),
    hint: expect.stringContaining("oci session refresh"),
  });
  expect(over[3]).toMatchObject({ name: "clock", status: "warn" });
});

test("a resource principal's token is the service's to judge too", async () => {
  const behind = 120 * MINUTE;
  await using server = await recordingServer((_, response, index) => {
    response.writeHead(index === 0 ? 401 : 200, { date: new Date(Date.now() - behind).toUTCString() });
    response.end("{}");
  });
  const env = {
    OCI_RESOURCE_PRINCIPAL_VERSION: "2.2",
    OCI_RESOURCE_PRINCIPAL_REGION: "us-chicago-1",
    OCI_RESOURCE_PRINCIPAL_RPST: jwt(Date.now() - behind + 50 * MINUTE),
    OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM: keyPair().pem,
  };
  const fetch = createOciFetch({ authType: "resource_principal", endpoint: server.url, env });
  expect((await fetch(server.url)).status).toBe(200);
  expect(server.arrivals).toHaveLength(2);
});

test("a delegation token as well", async () => {
  const behind = 120 * MINUTE;
  await using machine = await startMachine({ skewMs: -behind });
  const token = jwt(Date.now() - behind + 50 * MINUTE);
  const delegationTokenFile = configDirectory().write("t", token);
  const env = { ...machine.env, OCI_AUTH_TYPE: "delegation_token" };
  const fetch = createOciFetch({ endpoint: machine.url, env, delegationTokenFile });
  expect((await fetch(`${machine.url}/x`)).status).toBe(200);
  const call = machine.calls.at(-1);
  expect(call && signatureOf(call).headers).toContain("opc-obo-token");
});
