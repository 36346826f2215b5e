/** OKE workload identity: a pod shows its service account to the cluster, and gets a token for it. */
import { createPrivateKey } from "node:crypto";
import {
  AuthenticationError,
  ConfigurationError,
  ConnectionError,
  type LocusError,
  messageOf,
} from "@locus-sdk/core";
import { excerpt } from "@locus-sdk/openai";
import type { PrincipalSettings, WorkloadSettings } from "../config/principals.ts";
import { Secret } from "../secret.ts";
import { type Credentials, cachedCredentials } from "./credentials.ts";
import { FEDERATION_MARGIN_MS, remembered } from "./instance-principal.ts";
import { instanceRegion } from "./metadata.ts";
import { readText } from "./private-key.ts";
import { expiryOf } from "./token.ts";
import { inTime, vendor, withEnvironment } from "./vendor.ts";

const LIMIT_MS = 20_000;
const HINT =
  "Workload identity needs an enhanced OKE cluster, a pod with a service account, and a policy for it (request.principal.type = 'workload').";

/** Signs as the workload that the program is. */
export function workloadCredentials(settings: PrincipalSettings, workload: WorkloadSettings): Credentials {
  const credentials = cachedCredentials("oke_workload_identity", async () => {
    const { OkeWorkloadIdentityAuthenticationDetailsProvider: Provider } = await vendor();
    // Read here for an error that says which; the vendor's own reads follow at once.
    await readText(workload.tokenFile, "the service account's token");
    await readText(workload.caFile, "the cluster's certificate authority");
    // A provider for each token: it reads the service account's token, which the cluster replaces, only when it is made.
    const provider = withEnvironment(
      { KUBERNETES_SERVICE_HOST: workload.host, KUBERNETES_SERVICE_PORT_PROXYMUX: workload.port },
      () => Provider.builder(workload.caFile, workload.tokenFile),
    );
    const token = await inTime(provider.refresh(), LIMIT_MS, "the cluster's token endpoint").catch(
      (error: unknown): never => {
        throw typed(error, workload);
      },
    );
    return {
      identity: {
        kind: "signature",
        keyId: new Secret(`ST$${token}`),
        privateKey: createPrivateKey(provider.getPrivateKey()),
      },
      expiresAtMs: expiryOf(token),
      renewalMarginMs: FEDERATION_MARGIN_MS,
    };
  });
  // Only where the environment does not tell: a pod may be kept from its node's metadata.
  const region = remembered(() =>
    instanceRegion(settings.metadataUrl).catch((cause: unknown): never => {
      throw new ConfigurationError("no OCI region is configured, and the metadata service does not tell it", {
        hint: 'Give the `region` option, OCI_REGION or OCI_RESOURCE_PRINCIPAL_REGION, for example "us-chicago-1".',
        cause,
      });
    }),
  );
  return { ...credentials, region };
}

// The vendor's errors are texts, one within the other.
function typed(error: unknown, { host, port }: WorkloadSettings): LocusError {
  const said = excerpt(messageOf(error));
  const status = Number(/Status: (\d{3})/.exec(said)?.[1]);
  const message = `the cluster's token endpoint (${host}:${port}) gave no token: ${said}`;
  if (status >= 400 && status < 500) return new AuthenticationError(message, { status, hint: HINT });
  return new ConnectionError(message, {
    code: "workload_identity",
    hint: HINT,
    ...(Number.isNaN(status) ? {} : { status }),
  });
}
