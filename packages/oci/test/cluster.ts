/** The token endpoint of an OKE cluster, over TLS with a certificate authority of its own. */
import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { certificate } from "./certificates.ts";
import { type ConfigDirectory, configDirectory, jwt } from "./profiles.ts";

export interface Cluster extends AsyncDisposable {
  readonly directory: ConfigDirectory;
  /** The environment of a pod. */
  readonly env: Readonly<Record<string, string>>;
  /** What pods showed to prove themselves. */
  readonly bearers: readonly string[];
  readonly podKeys: readonly string[];
  /** The next answers have these statuses. */
  fail(...statuses: readonly number[]): void;
}

export async function startCluster(tokenLifeMs = 3_600_000): Promise<Cluster> {
  const authority = { commonName: "ca", key: generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey };
  const { privateKey: key } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const bearers: string[] = [];
  const podKeys: string[] = [];
  const statuses: number[] = [];
  const server = createServer(
    {
      key: key.export({ type: "pkcs8", format: "pem" }),
      cert: certificate({ commonName: "proxymux", key, issuer: authority, loopback: true }),
    },
    (request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        bearers.push(request.headers.authorization ?? "");
        response.statusCode =
          statuses.shift() ?? (request.url === "/resourcePrincipalSessionTokens" ? 200 : 404);
        const { podKey }: { podKey: string } = JSON.parse(Buffer.concat(chunks).toString());
        createPublicKey({ key: Buffer.from(podKey, "base64"), type: "spki", format: "der" });
        podKeys.push(podKey);
        const token = `ST$${jwt(Date.now() + tokenLifeMs)}${podKeys.length}`;
        response.end(Buffer.from(JSON.stringify({ token })).toString("base64"));
      });
    },
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const directory = configDirectory();
  directory.write("ca.crt", certificate({ ...authority, authority: true }));
  directory.write("token", "service-account-1\n");
  return {
    directory,
    env: {
      OCI_AUTH_TYPE: "oke_workload_identity",
      KUBERNETES_SERVICE_HOST: "127.0.0.1",
      KUBERNETES_SERVICE_PORT_PROXYMUX: String((server.address() as AddressInfo).port),
      LOCUS_OCI_SERVICE_ACCOUNT_DIR: directory.directory,
      OCI_RESOURCE_PRINCIPAL_REGION: "us-chicago-1",
    },
    bearers,
    podKeys,
    fail: (...next) => void statuses.push(...next),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
