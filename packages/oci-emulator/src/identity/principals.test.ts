// Principals through the vendor's own providers: each gets its credentials here, and signs requests that are accepted.
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import {
  type AuthenticationDetailsProvider,
  InstancePrincipalsAuthenticationDetailsProviderBuilder,
  OkeWorkloadIdentityAuthenticationDetailsProvider,
  ResourcePrincipalAuthenticationDetailsProvider,
  SessionAuthDetailProvider,
} from "oci-common";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { model, say, signedFetch, temporaryDirectory } from "../../test/support/client.ts";
import { type SessionPrincipal, startOciEmulator } from "../index.ts";

const directory = await temporaryDirectory();
const emulator = await startOciEmulator();
const at = (name: string): string => path.join(directory.path, name);
// The vendor's providers tell the console what goes wrong.
vi.spyOn(console, "log").mockImplementation(() => {});
vi.spyOn(console, "warn").mockImplementation(() => {});
afterEach(() => {
  vi.unstubAllEnvs();
  emulator.reset();
});
afterAll(async () => {
  await emulator.close();
  await directory[Symbol.asyncDispose]();
});

const ask = async (provider: AuthenticationDetailsProvider): Promise<number> => {
  const [compartment] = emulator.trust.compartmentIds;
  const response = await signedFetch(provider, compartment)(`${emulator.url}/openai/v1/chat/completions`, {
    method: "POST",
    body: JSON.stringify({ model, messages: say("Hi") }),
  });
  return response.status;
};
const useEnv = (env: Readonly<Record<string, string>>): void => {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
};
const lastPrincipal = (): unknown => emulator.requests.at(-1)?.principal;
const refusals = (): readonly (string | undefined)[] => emulator.requests.map(({ refusal }) => refusal);

interface Claims {
  readonly [claim: string]: unknown;
}
const claimsOf = (keyId: string): { readonly header: Claims; readonly payload: Claims } => {
  const part = (index: number): Claims =>
    JSON.parse(Buffer.from(keyId.replace("ST$", "").split(".")[index] ?? "", "base64url").toString());
  return { header: part(0), payload: part(1) };
};

describe("an instance", () => {
  const build = async (
    options: Parameters<typeof emulator.principals.instance>[0] = {},
  ): Promise<AuthenticationDetailsProvider> => {
    const { metadataBaseUrl, federationEndpoint } = await emulator.principals.instance(options);
    const builder = new InstancePrincipalsAuthenticationDetailsProviderBuilder();
    builder.metadataBaseUrl = metadataBaseUrl;
    builder.federationEndpoint = federationEndpoint;
    return builder.build();
  };

  it("federates by its certificate, and is counted once while its token holds", async () => {
    const provider = await build();
    expect(await ask(provider)).toBe(200);
    expect(await ask(provider)).toBe(200);
    const { instanceId } = await emulator.principals.instance();
    expect(lastPrincipal()).toMatchObject({ kind: "instance", id: instanceId });
    expect(emulator.principals.counts).toMatchObject({ federation: 1, refresh: 0, workload: 0 });
    const { header, payload } = claimsOf(await provider.getKeyId());
    expect(header).toMatchObject({ alg: "RS256" });
    expect(payload).toMatchObject({
      ptype: "instance",
      "opc-tenant": emulator.trust.tenancyId,
      jwk: expect.stringContaining('"kty":"RSA"'),
    });
  });

  it("has tokens that expire on the emulator's clock", async () => {
    const provider = await build({ tokenLifeMs: 200_000 });
    expect(await ask(provider)).toBe(200);
    emulator.clock.advance(201_000);
    expect(await ask(provider)).toBe(401);
    expect(refusals().at(-1)).toContain("the session token expired");
  });

  it("gets another certificate when it is rotated, or has expired", async () => {
    const instance = await emulator.principals.instance({ certificateLifeMs: 100_000 });
    const certificate = async (): Promise<string> => {
      const headers = { authorization: "Bearer Oracle" };
      return (await fetch(`${instance.metadataBaseUrl}identity/cert.pem`, { headers })).text();
    };
    const first = await certificate();
    expect(await certificate()).toBe(first);
    instance.rotateCertificate();
    const second = await certificate();
    emulator.clock.advance(100_001);
    expect(new Set([first, second, await certificate()]).size).toBe(3);
    expect(await ask(await build())).toBe(200);
  });

  it("waits for a metadata service that is slow, and gives up on one that is broken", async () => {
    emulator.principals.script("metadata", { delayMs: 20 });
    expect(await ask(await build())).toBe(200);
    const [first] = emulator.requests.filter(({ plane }) => plane === "identity");
    expect(first?.durationMs).toBeGreaterThanOrEqual(19);
    emulator.principals.script("metadata", { status: 503 });
    await expect(build()).rejects.toThrow();
  });

  it("is not known before it is asked for", async () => {
    await using other = await startOciEmulator({ trust: emulator.trust });
    await using folder = await temporaryDirectory();
    const { refreshEndpoint } = await other.principals.session(folder.path);
    const provider = await build();
    await provider.getKeyId();
    const body = emulator.requests.find(({ path: target }) => target === "/v1/x509")?.body;
    const response = await signedFetch(provider)(`${refreshEndpoint}/v1/x509`, {
      method: "POST",
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(401);
  });
});

describe("a resource", () => {
  const build = (env: Readonly<Record<string, string>>): AuthenticationDetailsProvider => {
    useEnv(env);
    return ResourcePrincipalAuthenticationDetailsProvider.builder();
  };

  it("has its token and key in files, which are renewed", async () => {
    const resource = await emulator.principals.resource({
      directory: at("resource"),
      tokenLifeMs: 200_000,
    });
    const { env, resourceId } = resource;
    expect(await ask(build(env))).toBe(200);
    expect(lastPrincipal()).toMatchObject({ kind: "resource", id: resourceId });
    const { payload } = claimsOf(await readFile(env.OCI_RESOURCE_PRINCIPAL_RPST ?? "", "utf8"));
    expect(payload).toMatchObject({
      res_tenant: emulator.trust.tenancyId,
      res_compartment: emulator.trust.compartmentIds[0],
    });
    emulator.clock.advance(201_000);
    expect(await ask(build(env))).toBe(401);
    await resource.renew();
    expect(await ask(build(env))).toBe(200);
  });

  it("has them in its environment, the key under a pass phrase", async () => {
    const { env } = await emulator.principals.resource({ passPhrase: "secret" });
    expect(env.OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM).toContain("ENCRYPTED");
    expect(await ask(build(env))).toBe(200);
  });
});

describe("a pod", () => {
  const build = (caPath: string, tokenPath: string): AuthenticationDetailsProvider =>
    OkeWorkloadIdentityAuthenticationDetailsProvider.builder(caPath, tokenPath);

  it("gets its token over TLS from the cluster, by its service account's token", async () => {
    const { env, caPath, serviceAccountTokenPath } = await emulator.principals.oke(at("oke"));
    useEnv(env);
    expect(await ask(build(caPath, serviceAccountTokenPath))).toBe(200);
    expect(lastPrincipal()).toMatchObject({ kind: "workload", id: "default/agent" });
    expect(emulator.principals.counts.workload).toBe(1);
  });

  it("is refused with a service account's token that was replaced or is none", async () => {
    const pod = await emulator.principals.oke(at("oke-rotated"));
    useEnv(pod.env);
    const old = build(pod.caPath, pod.serviceAccountTokenPath);
    await pod.rotateServiceAccountToken();
    await expect(ask(old)).rejects.toThrow();
    expect(refusals()).toContain("the service account's token is missing or out of date");
    expect(await ask(build(pod.caPath, pod.serviceAccountTokenPath))).toBe(200);
    await writeFile(pod.serviceAccountTokenPath, "none");
    await expect(ask(build(pod.caPath, pod.serviceAccountTokenPath))).rejects.toThrow();
  });

  it("trusts only the cluster's own authority", async () => {
    const { env, serviceAccountTokenPath } = await emulator.principals.oke(at("oke-ca"));
    useEnv(env);
    const url = `https://${env.KUBERNETES_SERVICE_HOST}:${env.KUBERNETES_SERVICE_PORT_PROXYMUX}`;
    await expect(fetch(`${url}/resourcePrincipalSessionTokens`, { method: "POST" })).rejects.toThrow();
    expect(await readFile(serviceAccountTokenPath, "utf8")).not.toBe("");
    expect(emulator.requests).toHaveLength(0);
  });

  it("waits out errors that are scripted", async () => {
    const pod = await emulator.principals.oke(at("oke-errors"));
    useEnv(pod.env);
    emulator.principals.script("workload", { status: 500 }, { status: 500 });
    expect(await ask(build(pod.caPath, pod.serviceAccountTokenPath))).toBe(200);
    expect(emulator.principals.counts.workload).toBe(1);
  });
});

describe("a session", () => {
  const refresh = async (
    session: { readonly refreshEndpoint: string },
    provider: AuthenticationDetailsProvider,
    currentToken: string,
  ): Promise<{ readonly status: number; readonly refusal: string | undefined; readonly token: string }> => {
    const url = `${session.refreshEndpoint}/v1/authentication/refresh`;
    const body = JSON.stringify({ currentToken });
    const response = await signedFetch(provider)(url, { method: "POST", body });
    const { token } = JSON.parse(await response.text());
    return { status: response.status, refusal: refusals().at(-1), token };
  };
  const signedIn = async (
    name: string,
    lives: { readonly tokenLifeMs?: number; readonly sessionLifeMs?: number } = {},
  ): Promise<{
    readonly session: SessionPrincipal;
    readonly provider: AuthenticationDetailsProvider;
    readonly token: string;
  }> => {
    const session = await emulator.principals.session(at(name), lives);
    const provider = new SessionAuthDetailProvider(session.configFile, session.profile);
    return { session, provider, token: await readFile(session.securityTokenFile, "utf8") };
  };

  it("is a profile whose token is refreshed while it holds", async () => {
    const { session, provider, token } = await signedIn("session", { tokenLifeMs: 250_000 });
    expect(await ask(provider)).toBe(200);
    const first = await refresh(session, provider, token);
    expect(first.status).toBe(200);
    expect(emulator.principals.counts.refresh).toBe(1);
    await writeFile(session.securityTokenFile, first.token);
    emulator.clock.advance(251_000);
    const again = new SessionAuthDetailProvider(session.configFile, session.profile);
    expect(await ask(again)).toBe(200);
    expect(await refresh(session, again, first.token)).toMatchObject({ status: 200 });
  });

  it("is not refreshed beyond its own end, nor with a token that has expired", async () => {
    const late = async (name: string, advanceMs: number): Promise<unknown> => {
      emulator.reset();
      const { session, provider, token } = await signedIn(name, {
        tokenLifeMs: 200_000,
        sessionLifeMs: 100_000,
      });
      emulator.clock.advance(advanceMs);
      return refresh(session, provider, token);
    };
    expect(await late("over", 150_000)).toMatchObject({
      status: 401,
      refusal: expect.stringContaining("the session is over"),
    });
    expect(await late("expired", 250_000)).toMatchObject({
      status: 401,
      refusal: expect.stringContaining("expired at"),
    });
    emulator.reset();
    const { session, provider, token } = await signedIn("short", { sessionLifeMs: 100_000 });
    const { payload } = claimsOf((await refresh(session, provider, token)).token);
    expect(Number(payload.exp) - Date.now() / 1000).toBeLessThan(101);
  });

  it("is refreshed by its own key, for its own token, and only if it is a session", async () => {
    const [one, other] = [await signedIn("one"), await signedIn("other")];
    expect(await refresh(one.session, one.provider, other.token)).toMatchObject({
      status: 401,
      refusal: "keyId is not the token to refresh",
    });
    const mixed: AuthenticationDetailsProvider = {
      getKeyId: () => other.provider.getKeyId(),
      getPrivateKey: () => one.provider.getPrivateKey(),
      getPassphrase: () => null,
    };
    expect(await refresh(one.session, mixed, other.token)).toMatchObject({
      status: 401,
      refusal: "the signature does not match the request",
    });
    const { env } = await emulator.principals.resource();
    useEnv(env);
    const resource = ResourcePrincipalAuthenticationDetailsProvider.builder();
    expect(await refresh(one.session, resource, env.OCI_RESOURCE_PRINCIPAL_RPST ?? "")).toMatchObject({
      status: 401,
      refusal: "a token of kind resource is not refreshed here",
    });
  });

  it("of another tenancy is refused, although its issuer is the same", async () => {
    const { provider } = await signedIn("tenancy");
    const trust = { ...emulator.trust, tenancyId: "ocid1.tenancy.oc1..other" };
    await using other = await startOciEmulator({ trust });
    const body = JSON.stringify({ model, messages: say("Hi") });
    const url = `${other.url}/openai/v1/chat/completions`;
    const response = await signedFetch(provider)(url, { method: "POST", body });
    expect([response.status, other.requests[0]?.refusal]).toEqual([
      401,
      "the session belongs to another tenancy",
    ]);
  });
});
