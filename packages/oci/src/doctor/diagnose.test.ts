/** A diagnosis against an emulated OCI, whole and broken at each of its joints. */
import { chmodSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { type Cloud, startCloud } from "../../test/emulator.ts";
import { apiKeyProfile, configDirectory, jwt, keyPair, TENANCY } from "../../test/profiles.ts";
import { type Answer, type RecordingServer, recordingServer } from "../../test/recording-server.ts";
import type { Check } from "./check.ts";
import { type DiagnoseOptions, diagnose } from "./diagnose.ts";

let cloud: Cloud;
let control: RecordingServer;
let listing: Answer;
const models: Answer = (_, response) =>
  void response.end(JSON.stringify({ items: [{ id: "ocid1.x", displayName: "openai.gpt-oss-120b" }] }));
const refusing =
  (status: number, code: string): Answer =>
  (_, response) => {
    response.statusCode = status;
    response.end(JSON.stringify({ code, message: "no" }));
  };
beforeAll(async () => {
  cloud = await startCloud();
  control = await recordingServer((arrival, response, index) => listing(arrival, response, index));
});
afterAll(async () => {
  await cloud[Symbol.asyncDispose]();
  await control[Symbol.asyncDispose]();
});
beforeEach(() => {
  cloud.emulator.reset();
  listing = models;
  vi.spyOn(Math, "random").mockReturnValue(0);
});

const MODEL = "openai.gpt-oss-120b";
async function checks(options: DiagnoseOptions = {}): Promise<readonly Check[]> {
  const found: Check[] = [];
  const whole = { ...cloud.options, controlEndpoint: control.url, maxRetries: 0, ...options };
  for await (const check of diagnose(whole)) found.push(check);
  return found;
}
const summary = (found: readonly Check[]): readonly string[] =>
  found.map(({ name, status }) => `${name} ${status}`);
const of = (found: readonly Check[], name: string): Check | undefined =>
  found.find((check) => check.name === name);

const NAMES = [
  "configuration",
  "credentials",
  "token",
  "clock",
  "region",
  "endpoint",
  "authentication",
  "compartment",
  "model",
  "streaming",
];

describe("where all is well", () => {
  test("every check is made in order, and says what it found", async () => {
    const found = await checks({ model: MODEL });
    expect(found.map(({ name }) => name)).toEqual(NAMES);
    expect(new Set(found.map(({ status }) => status))).toEqual(new Set(["ok", "skipped"]));
    expect(of(found, "configuration")?.detail).toContain(`profile "DEFAULT" of ${cloud.config.configFile}`);
    expect(of(found, "credentials")?.detail).toContain(cloud.config.profiles.DEFAULT.fingerprint);
    expect(of(found, "compartment")?.detail).toContain(
      `${cloud.config.compartmentId} (the \`compartmentId\``,
    );
    expect(of(found, "model")?.detail).toMatch(/answers over v1 within .* tokens/);
    expect(of(found, "streaming")?.detail).toMatch(/first part after/);
    expect(cloud.emulator.generations).toBe(2);
  });

  test("without a model, nothing is paid", async () => {
    const found = await checks();
    expect(summary(found).slice(-4)).toEqual([
      "authentication ok",
      "compartment ok",
      "model skipped",
      "streaming skipped",
    ]);
    expect(cloud.emulator.generations).toBe(0);
  });

  test("a session's token and an API key are told of in their own ways", async () => {
    const session = await checks({ profile: "SESSION" });
    expect(of(session, "token")?.detail).toMatch(/^expires in 60 minutes/);
    const key = await checks({
      apiKey: cloud.config.apiKey.secrets[0],
      model: MODEL,
      region: "us-chicago-1",
    });
    expect(of(key, "credentials")?.detail).toBe("one API key");
    expect(summary(key).slice(-4)).toEqual([
      "authentication ok",
      "compartment ok",
      "model ok",
      "streaming ok",
    ]);
    expect(JSON.stringify([...session, ...key])).not.toMatch(/sk-|ST\$|BEGIN/);
  });
});

describe("what is broken is named, and what rests on it skipped", () => {
  test("the configuration", async () => {
    const found = await checks({ profile: "NOPE" });
    expect(found[0]).toMatchObject({ status: "fail", detail: expect.stringContaining('no profile "NOPE"') });
    expect(summary(found).slice(1)).toEqual(NAMES.slice(1).map((name) => `${name} skipped`));
  });

  test("the key", async () => {
    const made = apiKeyProfile(keyPair());
    made.write("key.pem", "no key");
    const found = await checks({ configFile: made.configFile });
    expect(summary(found).slice(0, 3)).toEqual(["configuration ok", "credentials fail", "token skipped"]);
  });

  test("a key that others may read", async () => {
    const made = apiKeyProfile(keyPair());
    chmodSync(`${made.directory}/key.pem`, 0o644);
    const found = await checks({ configFile: made.configFile });
    expect(of(found, "credentials")).toMatchObject({
      status: "warn",
      hint: expect.stringContaining("chmod 600"),
    });
  });

  test("a token that is about to end, and one that has", async () => {
    const made = configDirectory();
    made.write("key.pem", keyPair().pem);
    made.write("token", jwt(Date.now() + 300_000));
    made.write(
      "config",
      `[DEFAULT]\ntenancy=${TENANCY}\nregion=ord\nkey_file=key.pem\nsecurity_token_file=token\n`,
    );
    const { configFile } = made;
    expect(of(await checks({ configFile }), "token")).toMatchObject({
      status: "warn",
      hint: expect.stringContaining("oci session refresh"),
    });
    made.write("token", jwt(Date.now() - 300_000));
    const ended = await checks({ configFile });
    expect(of(ended, "token")).toMatchObject({
      status: "fail",
      hint: expect.stringContaining("oci session refresh"),
    });
    expect(summary(ended).slice(3)).toEqual([
      "clock ok",
      "region ok",
      "endpoint ok",
      ...NAMES.slice(6).map((name) => `${name} skipped`),
    ]);
  });

  test("the clock", async () => {
    cloud.emulator.clock.advance(10 * 60_000);
    expect(of(await checks(), "clock")).toMatchObject({
      status: "warn",
      detail: expect.stringMatching(/^10 minutes behind/),
      hint: expect.stringContaining("5 minutes"),
    });
  });

  test("an endpoint where nobody answers", async () => {
    const found = await checks({ endpoint: "http://127.0.0.1:9", model: MODEL });
    expect(of(found, "endpoint")).toMatchObject({
      status: "fail",
      detail: expect.stringContaining("127.0.0.1:9 cannot be reached"),
    });
    expect(summary(found).slice(6)).toEqual(NAMES.slice(6).map((name) => `${name} skipped`));
  });

  test("credentials that OCI refuses", async () => {
    listing = refusing(401, "NotAuthenticated");
    const found = await checks({ model: MODEL });
    expect(summary(found).slice(6)).toEqual([
      "authentication fail",
      "compartment skipped",
      "model skipped",
      "streaming skipped",
    ]);
    expect(of(found, "authentication")?.hint).toContain("uploaded");
  });

  test("a compartment without a policy, unless the model answers all the same", async () => {
    listing = refusing(404, "NotAuthorizedOrNotFound");
    expect(of(await checks(), "compartment")).toMatchObject({
      status: "fail",
      hint: expect.stringContaining("policy"),
    });
    const answering = await checks({ model: MODEL });
    expect(of(answering, "compartment")).toMatchObject({
      status: "ok",
      detail: expect.stringContaining("though models may not be listed"),
    });
  });

  test("no compartment at all", async () => {
    const made = configDirectory();
    made.write("key.pem", keyPair().pem);
    made.write("token", jwt(Date.now() + 3_600_000));
    made.write("config", "[DEFAULT]\nregion=ord\nkey_file=key.pem\nsecurity_token_file=token\n");
    const { compartmentId: _, ...rest } = cloud.options;
    const found: Check[] = [];
    const options = { ...rest, controlEndpoint: control.url, configFile: made.configFile };
    for await (const check of diagnose(options)) found.push(check);
    expect(of(found, "compartment")).toMatchObject({
      status: "fail",
      hint: expect.stringContaining("OCI_COMPARTMENT"),
    });
  });

  test("a model that is not offered, with the one that was meant", async () => {
    cloud.emulator.script({ error: "NotAuthorizedOrNotFound" });
    const missing = await checks({ model: "openai.gpt-oss-12ob" });
    expect(of(missing, "model")).toMatchObject({
      status: "fail",
      hint: expect.stringContaining(`did you mean "${MODEL}"?`),
    });
    expect(of(missing, "streaming")?.status).toBe("skipped");
  });

  test("a stream that breaks off", async () => {
    cloud.emulator.script(
      { text: "fine" },
      { text: ["Hel", "lo"], faults: [{ type: "truncate", after: 1 }] },
    );
    expect(summary(await checks({ model: MODEL })).slice(-2)).toEqual(["model ok", "streaming fail"]);
  });
});

test("it never throws, whatever it is given", async () => {
  const found = await checks({ timeoutMs: -1, configFile: "\0" });
  expect(found[0]?.status).toBe("fail");
  expect(found).toHaveLength(NAMES.length);
});
