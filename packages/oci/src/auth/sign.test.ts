/** Signatures: the same bytes as the vendor's signer gives, over what is really sent. */
import { createHash, createPublicKey, verify } from "node:crypto";
import fc from "fast-check";
import { DefaultRequestSigner, SimpleAuthenticationDetailsProvider } from "oci-common";
import { describe, expect, test } from "vitest";
import { keyPair, TENANCY, USER } from "../../test/profiles.ts";
import { Secret } from "../secret.ts";
import type { Identity } from "./credentials.ts";
import { authorize, signingString } from "./sign.ts";

const keys = keyPair();
const keyId = `${TENANCY}/${USER}/${keys.fingerprint}`;
const identity: Identity = { kind: "signature", keyId: new Secret(keyId), privateKey: keys.privateKey };
const NOW = Date.UTC(2026, 10, 21, 12, 0, 0);

async function vendorHeaders(method: string, url: string, body: string | undefined): Promise<Headers> {
  const provider = new SimpleAuthenticationDetailsProvider(TENANCY, USER, keys.fingerprint, keys.pem, null);
  const headers = new Headers({ "x-date": new Date(NOW).toUTCString() });
  const request = { uri: url, method, headers, ...(body !== undefined && { body }) };
  // The vendor types the method as an enum of its own; it reads it as the text it is.
  await new DefaultRequestSigner(provider).signHttpRequest(
    request as Parameters<DefaultRequestSigner["signHttpRequest"]>[0],
  );
  return headers;
}

async function ourHeaders(method: string, url: string, body: string | undefined): Promise<Headers> {
  const headers = new Headers();
  const bytes = body === undefined ? undefined : new TextEncoder().encode(body);
  authorize({ method, url: new URL(url), headers, body: bytes }, identity, NOW);
  return headers;
}

const part = (headers: Headers, name: string): string | undefined =>
  new RegExp(`${name}="([^"]*)"`).exec(headers.get("authorization") ?? "")?.[1];

describe("signature", () => {
  test.each([
    ["GET", "https://inference.generativeai.us-chicago-1.oci.oraclecloud.com/openai/v1/models", undefined],
    [
      "GET",
      "https://generativeai.us-chicago-1.oci.oraclecloud.com/20231130/models?compartmentId=a%2Fb&x=1+2&y=%20",
      undefined,
    ],
    ["DELETE", "http://127.0.0.1:8080/openai/v1/files/f%C3%BCr", undefined],
    ["POST", "https://host.oci.oraclecloud.com/", ""],
    ["POST", "https://host.oci.oraclecloud.com:8443/openai/v1/chat/completions", '{"grüße":"🙂"}'],
    ["PUT", "https://host.oci.oraclecloud.com/a?b", "x"],
    ["PATCH", "https://host.oci.oraclecloud.com/a?b=", "x".repeat(100_000)],
  ])("%s %s has the very signature of the vendor's signer", async (method, url, body) => {
    const [vendor, ours] = await Promise.all([
      vendorHeaders(method, url, body),
      ourHeaders(method, url, body),
    ]);
    expect(part(ours, "signature")).toBe(part(vendor, "signature"));
    expect(part(ours, "keyId")).toBe(part(vendor, "keyId"));
    expect(part(ours, "headers")).toBe(part(vendor, "headers")?.toLowerCase());
    expect(ours.get("x-content-sha256")).toBe(vendor.get("x-content-sha256"));
  });

  test("any path, query and body is signed as the vendor signs it", async () => {
    const piece = fc.string({ unit: "grapheme", maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(piece, piece, piece, async (path, query, body) => {
        const url = new URL("https://host.oci.oraclecloud.com/");
        url.pathname = path;
        url.search = query;
        const [vendor, ours] = await Promise.all([
          vendorHeaders("POST", url.href, body),
          ourHeaders("POST", url.href, body),
        ]);
        expect(part(ours, "signature")).toBe(part(vendor, "signature"));
      }),
      { numRuns: 40 },
    );
  });

  test("bytes that are no text are hashed as they are", async () => {
    const bytes = Uint8Array.from({ length: 512 }, (_, index) => index % 256);
    const headers = new Headers({ "content-type": "application/octet-stream" });
    const request = { method: "POST", url: new URL("https://h.oci.oraclecloud.com/x"), headers, body: bytes };
    authorize(request, identity, NOW);
    expect(headers.get("x-content-sha256")).toBe(createHash("sha256").update(bytes).digest("base64"));
    const { text } = signingString(request);
    expect(text).toContain("content-length: 512\n");
    const signature = Buffer.from(part(headers, "signature") ?? "", "base64");
    expect(verify("sha256", Buffer.from(text), createPublicKey(keys.privateKey), signature)).toBe(true);
  });

  test("a delegation token is sent and signed", async () => {
    const headers = new Headers();
    const delegated: Identity = { ...identity, signedHeaders: { "opc-obo-token": new Secret("obo") } };
    authorize({ method: "GET", url: new URL("https://h/x"), headers, body: undefined }, delegated, NOW);
    expect(headers.get("opc-obo-token")).toBe("obo");
    expect(part(headers, "headers")).toBe("x-date (request-target) host opc-obo-token");
  });

  test("a credential no header can hold is not shown by the error", () => {
    const headers = new Headers();
    const broken: Identity = { kind: "bearer", token: new Secret("sk-secret\nvalue") };
    const fail = (): void =>
      authorize({ method: "GET", url: new URL("https://h/x"), headers, body: undefined }, broken, NOW);
    expect(fail).toThrow(/authorization header/);
    expect(fail).not.toThrow(/secret/);
  });
});
