/** An instance of OCI on loopback: metadata, identity service, and a service that takes the newest token only. */
import { createPublicKey, generateKeyPairSync, verify, X509Certificate } from "node:crypto";
import type { ServerResponse } from "node:http";
import { certificate } from "./certificates.ts";
import { jwt, keyPair, TENANCY } from "./profiles.ts";
import { type Arrival, type RecordingServer, recordingServer } from "./recording-server.ts";

export interface Machine extends RecordingServer {
  /** Requests to the identity service. */
  readonly federations: readonly Arrival[];
  readonly metadataReads: readonly Arrival[];
  /** Requests to the service. */
  readonly calls: readonly Arrival[];
  readonly tokens: readonly string[];
  /** The environment of a program on this machine. */
  readonly env: Readonly<Record<string, string>>;
  /** Answers the next requests whose target matches with these statuses. */
  fail(target: RegExp, ...statuses: readonly number[]): void;
}

export interface MachineOptions {
  /** By how much this machine's clock is ahead of ours. */
  readonly skewMs?: number;
  readonly tokenLifeMs?: number;
  /** What `instance/region` says. */
  readonly region?: string;
  readonly regionInfo?: object;
}

const leafKeys = keyPair();
const issuerKeys = generateKeyPairSync("rsa", { modulusLength: 2048 });
const LEAF = certificate({
  commonName: "instance",
  units: ["opc-certtype:instance", `opc-tenant:${TENANCY}`],
  key: leafKeys.privateKey,
  issuer: { commonName: "intermediate", key: issuerKeys.privateKey },
});
const METADATA: Readonly<Record<string, string>> = {
  "identity/cert.pem": LEAF,
  "identity/key.pem": leafKeys.pem,
  "identity/intermediate.pem": certificate({ commonName: "intermediate", key: issuerKeys.privateKey }),
};

/** The parameters of a `Signature` header. */
export function signatureOf(arrival: Arrival): Readonly<Record<string, string>> {
  const pairs = [...(arrival.headers.authorization ?? "").matchAll(/(\w+)="([^"]*)"/g)];
  return Object.fromEntries(pairs.map(([, name = "", value = ""]) => [name, value]));
}

/** Whether the signature covers what arrived, by this public key. */
export function isSignedBy(arrival: Arrival, publicKey: Parameters<typeof verify>[2]): boolean {
  const { headers = "", signature = "" } = signatureOf(arrival);
  const text = headers
    .split(" ")
    .map((name) =>
      name === "(request-target)"
        ? `${name}: ${arrival.method.toLowerCase()} ${arrival.target}`
        : `${name}: ${String(arrival.headers[name])}`,
    )
    .join("\n");
  return verify("sha256", Buffer.from(text), publicKey, Buffer.from(signature, "base64"));
}

/** Whether the identity service would take a question of the instance. */
function isFederation(arrival: Arrival, now: number): boolean {
  const leaf = new X509Certificate(LEAF);
  const { keyId, headers = "" } = signatureOf(arrival);
  const date = Date.parse(String(arrival.headers.date));
  return (
    keyId ===
      `${TENANCY}/fed-x509/${leaf.fingerprint}`.replace(leaf.fingerprint, leaf.fingerprint.toLowerCase()) &&
    headers.startsWith("date (request-target) host") &&
    Math.abs(date - now) < 300_000 &&
    isSignedBy(arrival, leaf.publicKey)
  );
}

export async function startMachine(options: MachineOptions = {}): Promise<Machine> {
  const { skewMs = 0, tokenLifeMs = 20 * 60_000, region = "ord" } = options;
  const tokens: string[] = [];
  const keys = new Map<string, ReturnType<typeof createPublicKey>>();
  const failures: { readonly target: RegExp; readonly statuses: number[] }[] = [];
  const now = (): number => Date.now() + skewMs;

  const issue = (publicKey: ReturnType<typeof createPublicKey>): string => {
    // Each token is another one, also within a second.
    const token = `${jwt(now() + tokenLifeMs)}${tokens.length}`;
    tokens.push(token);
    keys.set(token, publicKey);
    return JSON.stringify({ token });
  };
  const answerOf = (arrival: Arrival): string | number => {
    const failure = failures.find(
      ({ target, statuses }) => statuses.length > 0 && target.test(arrival.target),
    );
    const status = failure?.statuses.shift();
    if (status !== undefined) return status;
    if (arrival.target.startsWith("/opc/v2/")) {
      if (arrival.headers.authorization !== "Bearer Oracle") return 401;
      const path = arrival.target.slice("/opc/v2/".length);
      if (path === "instance/region") return region;
      if (path === "instance/regionInfo") return JSON.stringify(options.regionInfo ?? {});
      return METADATA[path] ?? 404;
    }
    if (arrival.target === "/v1/x509") {
      if (!isFederation(arrival, now())) return 401;
      const body: { publicKey: string; purpose: string; certificate: string } = JSON.parse(
        String(arrival.body),
      );
      if (body.purpose !== "DEFAULT" || !LEAF.replace(/\s/g, "").includes(body.certificate)) return 400;
      return issue(
        createPublicKey({ key: Buffer.from(body.publicKey, "base64"), type: "spki", format: "der" }),
      );
    }
    const token = /^ST\$(.*)$/.exec(signatureOf(arrival).keyId ?? "")?.[1] ?? "";
    const publicKey = keys.get(token);
    const inTime = Math.abs(Date.parse(String(arrival.headers["x-date"])) - now()) < 300_000;
    if (token !== tokens.at(-1) || publicKey === undefined || !inTime || !isSignedBy(arrival, publicKey))
      return 401;
    return "{}";
  };
  const server = await recordingServer((arrival, response: ServerResponse) => {
    const answer = answerOf(arrival);
    response.setHeader("date", new Date(now()).toUTCString());
    response.statusCode = typeof answer === "number" ? answer : 200;
    response.end(typeof answer === "number" ? JSON.stringify({ code: "Failed", message: "failed" }) : answer);
  });
  const those = (target: RegExp): readonly Arrival[] =>
    server.arrivals.filter((each) => target.test(each.target));
  return {
    url: server.url,
    arrivals: server.arrivals,
    tokens,
    get federations() {
      return those(/^\/v1\/x509/);
    },
    get metadataReads() {
      return those(/^\/opc\//);
    },
    get calls() {
      return those(/^(?!\/opc\/|\/v1\/x509)/);
    },
    env: {
      OCI_AUTH_TYPE: "instance_principal",
      LOCUS_OCI_METADATA_URL: server.url,
      LOCUS_OCI_FEDERATION_URL: server.url,
    },
    fail: (target, ...statuses) => void failures.push({ target, statuses: [...statuses] }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
