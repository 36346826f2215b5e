/** OKE workload identity against a token endpoint on loopback, with TLS and its own certificate authority. */
import { AuthenticationError, ConfigurationError } from "@locus-sdk/core";
import { expect, test, vi } from "vitest";
import { certificate } from "../../test/certificates.ts";
import { type Cluster, startCluster } from "../../test/cluster.ts";
import { keyPair } from "../../test/profiles.ts";
import { resolveOciConfig } from "../config/resolve.ts";
import { serviceClock } from "../http/clock.ts";
import { createCredentials } from "./create-credentials.ts";
import type { Credentials, Identity } from "./credentials.ts";

const credentials = ({ env }: Cluster, more: Record<string, string> = {}): Credentials =>
  createCredentials(resolveOciConfig({ env: { ...env, ...more } }), serviceClock());
const keyId = (identity: Identity): string => (identity.kind === "signature" ? identity.keyId.reveal() : "");
const failure = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error);

test("64 first requests ask the cluster once, and sign with the token it gives", async () => {
  await using cluster = await startCluster();
  const held = credentials(cluster);
  const identities = await Promise.all(Array.from({ length: 64 }, () => held.current(Date.now())));
  expect(new Set(identities).size).toBe(1);
  expect(cluster.bearers).toEqual(["Bearer service-account-1"]);
  expect(identities.map(keyId)[0]).toMatch(/^ST\$[^$]*$/);
});

test("each renewal shows the service account's token of that moment, and a new key", async () => {
  await using cluster = await startCluster();
  const held = credentials(cluster);
  await held.current(Date.now());
  cluster.directory.write("token", "service-account-2");
  await held.current(Date.now() + 3_590_000);
  expect(cluster.bearers).toEqual(["Bearer service-account-1", "Bearer service-account-2"]);
  expect(new Set(cluster.podKeys).size).toBe(2);
});

test("a cluster that refuses, one that fails, and one with another authority are told apart; nothing is printed", async () => {
  await using cluster = await startCluster();
  const printed = (["log", "info", "warn", "error"] as const).map((name) => vi.spyOn(console, name));
  cluster.fail(403, 403, 403, 403);
  const refused = await failure(credentials(cluster).current(Date.now()));
  expect(refused).toBeInstanceOf(AuthenticationError);
  expect(refused).toMatchObject({ status: 403, hint: expect.stringContaining("enhanced OKE cluster") });
  cluster.fail(503);
  expect(keyId(await credentials(cluster).current(Date.now()))).toContain("ST$");
  cluster.directory.write(
    "ca.crt",
    certificate({ commonName: "ca", key: keyPair().privateKey, authority: true }),
  );
  const held = credentials(cluster, { OCI_REGION: "phx" });
  await held.current(Date.now());
  const stranger = await failure(held.renew(await held.current(Date.now()), Date.now()));
  expect(stranger).toMatchObject({ code: "workload_identity", retryable: true });
  for (const spy of printed) expect(spy).not.toHaveBeenCalled();
});

test("outside of a pod, the missing file is named", async () => {
  await using cluster = await startCluster();
  const error = await failure(
    credentials(cluster, { LOCUS_OCI_SERVICE_ACCOUNT_DIR: "/nowhere" }).current(Date.now()),
  );
  expect(error).toBeInstanceOf(ConfigurationError);
  expect(error).toMatchObject({ message: expect.stringContaining("/nowhere/token") });
});
