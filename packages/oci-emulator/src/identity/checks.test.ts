// What the identity side refuses: each check of a federation, of the metadata service and of the token service.
import { createHash, generateKeyPairSync, type KeyObject, sign, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { request as secureRequest } from "node:https";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { temporaryDirectory } from "../../test/support/client.ts";
import { startOciEmulator } from "../index.ts";
import { makeCertificate } from "./certificates.ts";

const emulator = await startOciEmulator();
const directory = await temporaryDirectory();
const { metadataBaseUrl, federationEndpoint } = await emulator.principals.instance();
beforeEach(() => emulator.reset());
afterAll(async () => {
  await emulator.close();
  await directory[Symbol.asyncDispose]();
});

const read = async (name: string): Promise<string> => {
  const response = await fetch(metadataBaseUrl + name, { headers: { authorization: "Bearer Oracle" } });
  return response.text();
};
const [leaf, key, intermediate] = await Promise.all(
  ["identity/cert.pem", "identity/key.pem", "identity/intermediate.pem"].map(read),
);
const { publicKey: sessionKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const weak = generateKeyPairSync("rsa", { modulusLength: 1024 });
const stranger = generateKeyPairSync("rsa", { modulusLength: 2048 });
const spki = (publicKey: KeyObject): string =>
  publicKey.export({ type: "spki", format: "der" }).toString("base64");
const bare = (pem = ""): string => pem.replace(/-----[A-Z ]+-----|\n/g, "");
const colonHex = (der: Uint8Array, algorithm: string): string =>
  (createHash(algorithm).update(der).digest("hex").match(/../g) ?? []).join(":");

const certificate = new X509Certificate(leaf ?? "");
const fingerprint = colonHex(certificate.raw, "sha1");
const keyId = `${emulator.trust.tenancyId}/fed-x509/${fingerprint}`;

interface Federation {
  readonly body?: object;
  readonly keyId?: string;
  readonly key?: KeyObject | string;
  readonly date?: Date;
  readonly headers?: string;
}

/** A federation by hand: signed as the service documents it. */
const federate = async (change: Federation = {}): Promise<readonly [number, string | undefined]> => {
  const body = JSON.stringify({
    certificate: bare(leaf),
    purpose: "DEFAULT",
    publicKey: spki(sessionKey),
    intermediateCertificates: [bare(intermediate)],
    ...change.body,
  });
  const values: Record<string, string> = {
    date: (change.date ?? emulator.clock.now()).toUTCString(),
    "(request-target)": "post /v1/x509",
    host: new URL(federationEndpoint).host,
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(body)),
    "x-content-sha256": createHash("sha256").update(body).digest("base64"),
  };
  const names = change.headers ?? Object.keys(values).join(" ");
  const text = names
    .split(" ")
    .map((name) => `${name}: ${values[name]}`)
    .join("\n");
  const signature = sign("sha256", Buffer.from(text), change.key ?? key ?? "").toString("base64");
  const { "(request-target)": _, host: __, "content-length": ___, ...headers } = values;
  const authorization = `Signature version="1",keyId="${change.keyId ?? keyId}",algorithm="rsa-sha256",headers="${names}",signature="${signature}"`;
  const response = await fetch(`${federationEndpoint}/v1/x509`, {
    method: "POST",
    headers: { ...headers, authorization },
    body,
  });
  await response.text();
  await emulator.idle();
  return [response.status, emulator.requests.at(-1)?.refusal];
};

describe("a federation", () => {
  it("succeeds as documented, also under the certificate's SHA-256 name", async () => {
    expect(await federate()).toEqual([200, undefined]);
    const sha256 = `${emulator.trust.tenancyId}/fed-x509-sha256/${colonHex(certificate.raw, "sha256")}`;
    expect(await federate({ keyId: sha256 })).toEqual([200, undefined]);
    expect(emulator.principals.counts.federation).toBe(2);
  });

  const foreign = makeCertificate({
    commonName: "foreign",
    units: [`opc-tenant:${emulator.trust.tenancyId}`],
    ...stranger,
    notBefore: new Date(Date.now() - 1000),
    notAfter: new Date(Date.now() + 100_000),
  });
  const foreignName = `${emulator.trust.tenancyId}/fed-x509/${colonHex(foreign.certificate.raw, "sha1")}`;

  it.each<[string, Federation, RegExp]>([
    ["with another purpose", { body: { purpose: "SERVICE" } }, /purpose is SERVICE/],
    ["with a weak session key", { body: { publicKey: spki(weak.publicKey) } }, /public key is no RSA key/],
    ["with no session key at all", { body: { publicKey: "AAAA" } }, /public key is no RSA key/],
    ["with a certificate that is none", { body: { certificate: "AAAA" } }, /cannot be read/],
    [
      "without the intermediate certificate",
      { body: { intermediateCertificates: [] } },
      /intermediate certificate/,
    ],
    [
      "with another intermediate certificate",
      { body: { intermediateCertificates: [bare(leaf)] } },
      /intermediate certificate/,
    ],
    [
      "with a certificate of another authority",
      { body: { certificate: bare(foreign.pem) }, key: stranger.privateKey, keyId: foreignName },
      /not issued by this emulator/,
    ],
    ["under another fingerprint", { keyId: keyId.replace(/..$/, "00") }, /keyId is/],
    ["under another tenancy", { keyId: keyId.replace(/^[^/]+/, "ocid1.tenancy.oc1..other") }, /keyId is/],
    ["signed by another key", { key: stranger.privateKey }, /does not match/],
    ["signed too long ago", { date: new Date(Date.now() - 600_000) }, /clock skew/],
    ["without the body in the signature", { headers: "date (request-target) host" }, /is not signed/],
  ])("is refused %s", async (_, change, reason) => {
    expect(await federate(change)).toEqual([401, expect.stringMatching(reason)]);
    expect(emulator.principals.counts.federation).toBe(0);
  });

  it("fails as scripted, once for each answer", async () => {
    emulator.principals.script("federation", { status: 500 }, { status: 503 });
    expect([await federate(), await federate(), await federate()]).toEqual([
      [500, "scripted"],
      [503, "scripted"],
      [200, undefined],
    ]);
    expect(emulator.principals.counts.federation).toBe(1);
  });

  it("is refused with a certificate that has expired", async () => {
    emulator.clock.advance(25 * 3_600_000);
    expect(await federate()).toEqual([401, expect.stringContaining("the certificate is valid from")]);
  });

  it("is refused without a field, or a body", async () => {
    expect(await federate({ body: { publicKey: undefined } })).toEqual([
      400,
      expect.stringContaining("publicKey"),
    ]);
    const response = await fetch(`${federationEndpoint}/v1/x509`, { method: "POST" });
    expect(response.status).toBe(400);
  });
});

describe("a certificate", () => {
  it("is one for dates of any century", () => {
    const [notBefore, notAfter] = [new Date("2049-12-31T23:59:59Z"), new Date("2050-01-01T00:00:00Z")];
    const { certificate: made } = makeCertificate({
      commonName: "a",
      ...stranger,
      notBefore,
      notAfter,
      address: "127.0.0.1",
    });
    expect([made.validFromDate, made.validToDate]).toEqual([notBefore, notAfter]);
    expect(made.subjectAltName).toBe("IP Address:127.0.0.1");
    expect(made.ca).toBe(true);
    expect(made.verify(stranger.publicKey)).toBe(true);
  });
});

describe("the metadata service", () => {
  const get = async (target: string, authorization?: string): Promise<number> => {
    const headers = authorization === undefined ? undefined : { authorization };
    return (await fetch(`${federationEndpoint}${target}`, headers === undefined ? {} : { headers })).status;
  };

  it("tells region, instance and certificates, to those who send its header", async () => {
    expect(await read("instance/region")).toBe("us-chicago-1");
    expect(JSON.parse(await read("instance/regionInfo"))).toMatchObject({
      regionKey: "ORD",
      realmDomainComponent: "oraclecloud.com",
      regionIdentifier: "us-chicago-1",
    });
    expect(JSON.parse(await read("instance/"))).toMatchObject({ tenantId: emulator.trust.tenancyId });
    expect(await get("/opc/v2/instance/region")).toBe(401);
    expect(await get("/opc/v2/instance/region", "Bearer oracle")).toBe(401);
  });

  it("has no first version, and nothing else", async () => {
    expect(await get("/opc/v1/instance/region", "Bearer Oracle")).toBe(404);
    expect(await get("/opc/v2/instance/nothing", "Bearer Oracle")).toBe(404);
    expect(await get("/", "Bearer Oracle")).toBe(404);
  });
});

describe("the cluster's token service", () => {
  it("refuses a pod without a proper key", async () => {
    const { host, port, caPath, serviceAccountTokenPath } = await emulator.principals.oke(directory.path);
    const [ca, token] = await Promise.all([readFile(caPath), readFile(serviceAccountTokenPath, "utf8")]);
    const post = (podKey: string, bearer: string): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const headers = { authorization: `Bearer ${bearer}`, "content-type": "application/json" };
        const sent = secureRequest(
          { host, port, ca, path: "/resourcePrincipalSessionTokens", method: "POST", headers },
          (response) => {
            response.resume();
            resolve(response.statusCode);
          },
        );
        sent.on("error", reject);
        sent.end(JSON.stringify({ podKey }));
      });
    expect(await post(spki(sessionKey), token)).toBe(200);
    expect(await post(spki(weak.publicKey), token)).toBe(400);
    expect(await post(spki(sessionKey), "other")).toBe(401);
  });
});

describe("a token", () => {
  it("stands for its own session's key alone", async () => {
    const { env } = await emulator.principals.resource();
    const path = "/openai/v1/models";
    const text = (date: string): string =>
      `date: ${date}\n(request-target): get ${path}\nhost: ${new URL(emulator.url).host}`;
    const send = async (signer: KeyObject | string): Promise<number> => {
      const date = emulator.clock.now().toUTCString();
      const signature = sign("sha256", Buffer.from(text(date)), signer).toString("base64");
      const authorization = `Signature version="1",keyId="ST$${env.OCI_RESOURCE_PRINCIPAL_RPST}",algorithm="rsa-sha256",headers="date (request-target) host",signature="${signature}"`;
      return (await fetch(emulator.url + path, { headers: { date, authorization } })).status;
    };
    // 404 is what the path answers to those who are let in.
    expect(await send(env.OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM ?? "")).toBe(404);
    expect(await send(stranger.privateKey)).toBe(401);
  });
});
