/** Instance principals against an instance on loopback, whose identity service checks what it is sent. */
import { ConnectionError } from "@locus-sdk/core";
import { afterEach, expect, test, vi } from "vitest";
import { type Machine, signatureOf, startMachine } from "../../test/machine.ts";
import { createOciOpenAI } from "../client.ts";
import type { OciOptions } from "../config/options.ts";
import { resolveOciConfig } from "../config/resolve.ts";
import { serviceClock } from "../http/clock.ts";
import { createOciFetch } from "../http/signed-fetch.ts";
import { OCIOpenAIModel } from "../oci-openai-model.ts";
import { OCIResponsesModel } from "../oci-responses-model.ts";
import { createCredentials } from "./create-credentials.ts";

const COMPARTMENT = "ocid1.compartment.oc1..c";

const MINUTE = 60_000;
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const on = (machine: Machine, more: OciOptions = {}): OciOptions => ({
  endpoint: machine.url,
  env: machine.env,
  ...more,
});
const failure = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "succeeded",
    (error: unknown) => error,
  );

test("64 first requests, of two clients, prove the instance's identity once, and sign with the token", async () => {
  await using machine = await startMachine();
  const fetches = [createOciFetch(on(machine)), createOciFetch(on(machine))];
  const requests = Array.from({ length: 64 }, (_, index) => fetches[index % 2]?.(`${machine.url}/x`));
  const statuses = (await Promise.all(requests)).map((response) => response?.status);
  expect(statuses).toEqual(Array(64).fill(200));
  expect(machine.federations).toHaveLength(1);
  expect(new Set(machine.calls.map((call) => signatureOf(call).keyId))).toEqual(
    new Set([`ST$${machine.tokens[0]}`]),
  );
});

test("a token is renewed minutes before it ends, with other keys; one that cannot be renewed yet is used on", async () => {
  await using machine = await startMachine();
  const credentials = createCredentials(resolveOciConfig(on(machine)), serviceClock());
  const start = Date.now();
  const first = await credentials.current(start);
  expect(await credentials.current(start + 16 * MINUTE)).toBe(first);
  machine.fail(/x509/, 503, 503, 503);
  expect(await credentials.current(start + 18 * MINUTE)).toBe(first);
  expect(await credentials.current(start + 18 * MINUTE + 1)).toBe(first);
  expect(machine.federations).toHaveLength(4);
  const second = await credentials.current(start + 19 * MINUTE);
  if (first.kind !== "signature" || second.kind !== "signature") throw new Error("no key");
  expect(second.keyId.reveal()).toBe(`ST$${machine.tokens[1]}`);
  expect(second.privateKey.equals(first.privateKey)).toBe(false);
});

test("a token that has ended and cannot be renewed is an error, not a request", async () => {
  await using machine = await startMachine();
  const credentials = createCredentials(resolveOciConfig(on(machine)), serviceClock());
  await credentials.current(Date.now());
  machine.fail(/x509/, 403);
  expect(await failure(credentials.current(Date.now() + 21 * MINUTE))).toMatchObject({
    name: "AuthenticationError",
    status: 403,
    hint: expect.stringContaining("dynamic group"),
  });
});

test("a 401 renews the identity once for all who met it, and a second one is the answer", async () => {
  await using machine = await startMachine();
  const fetch = createOciFetch(on(machine));
  await fetch(`${machine.url}/x`);
  machine.fail(/^\/y/, ...Array<number>(8).fill(401));
  const responses = await Promise.all(Array.from({ length: 8 }, () => fetch(`${machine.url}/y`)));
  expect(responses.map(({ status }) => status)).toEqual(Array(8).fill(200));
  expect(machine.federations).toHaveLength(2);
  machine.fail(/^\/z/, 401, 401);
  expect((await fetch(`${machine.url}/z`)).status).toBe(401);
  expect(machine.federations).toHaveLength(3);
});

test.each([2, -2])("a machine whose clock is %s hours off finds out, and federates", async (hours) => {
  await using machine = await startMachine({ skewMs: hours * 60 * MINUTE });
  const fetch = createOciFetch(on(machine));
  expect((await fetch(`${machine.url}/x`)).status).toBe(200);
  expect((await fetch(`${machine.url}/x`)).status).toBe(200);
  // The first question is refused for its date; nothing else is.
  expect(machine.federations).toHaveLength(2);
  expect(machine.calls).toHaveLength(2);
});

test("metadata that fails at first is asked again, and nothing is printed, whatever fails", async () => {
  await using machine = await startMachine();
  const printed = (["log", "info", "warn", "error", "debug"] as const).map((name) => vi.spyOn(console, name));
  machine.fail(/instance\/region/, 500, 429);
  machine.fail(/cert\.pem/, 500);
  machine.fail(/x509/, 500, 502);
  expect((await createOciFetch(on(machine))(`${machine.url}/x`)).status).toBe(200);
  machine.fail(/^\/x/, 401);
  machine.fail(/x509/, 401, 401);
  expect(await failure(createOciFetch(on(machine))(`${machine.url}/x`))).toMatchObject({ status: 401 });
  for (const spy of printed) expect(spy).not.toHaveBeenCalled();
});

test("where there is no metadata service, the error says what would be needed", async () => {
  const env = { OCI_AUTH_TYPE: "instance_principal", LOCUS_OCI_METADATA_URL: "http://127.0.0.1:9" };
  const error = await failure(
    createOciFetch({ endpoint: "http://127.0.0.1:9", env })("http://127.0.0.1:9/x"),
  );
  expect(error).toBeInstanceOf(ConnectionError);
  expect(error).toMatchObject({
    code: "metadata_unreachable",
    retryable: false,
    hint: expect.stringContaining("compute instances"),
  });
});

test.each([
  [{ region: "fra" }, "inference.generativeai.eu-frankfurt-1.oci.oraclecloud.com"],
  [
    {
      region: "xyz",
      regionInfo: { regionIdentifier: "ap-newtown-1", realmDomainComponent: "oraclecloud.com" },
    },
    "inference.generativeai.ap-newtown-1.oci.oraclecloud.com",
  ],
])("without a region, requests go to the instance's own: %j", async (options, host) => {
  await using machine = await startMachine(options);
  const real = globalThis.fetch;
  const hosts: string[] = [];
  vi.stubGlobal("fetch", (async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.hostname === "127.0.0.1") return real(url, init);
    hosts.push(url.host);
    return Response.json({ choices: [] });
  }) satisfies typeof globalThis.fetch);
  const client = createOciOpenAI({ env: machine.env, compartmentId: COMPARTMENT });
  await client.chat.completions.create({ model: "m", messages: [] });
  expect(hosts).toEqual([host]);
});

test("what the service keeps is kept by the region it is in, also where that had to be asked for", async () => {
  await using machine = await startMachine({ region: "fra" });
  const real = globalThis.fetch;
  vi.stubGlobal("fetch", (async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.hostname === "127.0.0.1") return real(url, init);
    return Response.json({ id: "resp_1", status: "completed", output: [] });
  }) satisfies typeof globalThis.fetch);
  const compartmentId = "ocid1.compartment.oc1..c";
  const model = new OCIResponsesModel({ model: "openai.gpt-oss-120b", env: machine.env, compartmentId });
  const { providerState } = await model.complete({ messages: [{ role: "user", content: "Hi" }] });
  expect(JSON.stringify(providerState)).toContain(
    "inference.generativeai.eu-frankfurt-1.oci.oraclecloud.com",
  );
});

test("without a compartment, OCI's own hosts are not asked", async () => {
  const env = { OCI_AUTH_TYPE: "instance_principal" };
  for (const Model of [OCIOpenAIModel, OCIResponsesModel]) {
    const model = new Model({ model: "openai.gpt-oss-120b", env });
    await expect(model.complete({ messages: [] })).rejects.toMatchObject({ code: "compartment_required" });
  }
});

test("a made-up region that leaves OCI's domains is not sent a signature", async () => {
  await using machine = await startMachine({
    region: "xyz",
    regionInfo: { regionIdentifier: "x-1", realmDomainComponent: "evil.example" },
  });
  const client = createOciOpenAI({ env: machine.env, compartmentId: COMPARTMENT, maxRetries: 0 });
  const error = await failure(client.chat.completions.create({ model: "m", messages: [] }));
  expect(error).toMatchObject({ message: expect.stringContaining("is no OCI host") });
});
