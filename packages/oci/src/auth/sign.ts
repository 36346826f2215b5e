/**
 * OCI request signatures: HTTP Signatures (draft-cavage-http-signatures-08) with `rsa-sha256`, done by node:crypto.
 * What is signed is what goes on the wire, byte for byte.
 */
import { createHash, sign } from "node:crypto";
import { ConfigurationError } from "@locus-sdk/core";
import type { Identity } from "./credentials.ts";

/** A request as it will be sent. */
export interface WireRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  /** The body's bytes; absent where there is none. */
  readonly body: Uint8Array | undefined;
}

/** Where the time of signing stands. OCI takes either; fetch in browsers would not let `date` be set. */
export type DateHeader = "date" | "x-date";

const WITH_BODY = new Set(["POST", "PUT", "PATCH"]);

/** The headers to sign and the text to sign, in the order of Oracle's own SDK: both give the same signature. */
export function signingString(
  request: WireRequest,
  extra: readonly string[] = [],
  dateHeader: DateHeader = "x-date",
): { readonly names: readonly string[]; readonly text: string } {
  const names: string[] = [dateHeader, "(request-target)", "host", ...extra];
  if (WITH_BODY.has(request.method)) names.push("content-type", "content-length", "x-content-sha256");
  const value = (name: string): string => {
    if (name === "(request-target)") {
      return `${request.method.toLowerCase()} ${request.url.pathname}${request.url.search}`;
    }
    if (name === "host") return request.url.host;
    // fetch counts the bytes itself and sends this header; setting it too would send it twice.
    if (name === "content-length") return String(request.body?.byteLength ?? 0);
    return request.headers.get(name) ?? "";
  };
  return { names, text: names.map((name) => `${name}: ${value(name)}`).join("\n") };
}

// The error of Headers.set shows the value that did not fit, here a credential.
function setSecret(headers: Headers, name: string, value: string): void {
  try {
    headers.set(name, value);
  } catch {
    throw new ConfigurationError(`the credential for the ${name} header holds characters no header may hold`);
  }
}

/**
 * Puts the proof of `identity` onto the request's headers. Must come last: any later change breaks the signature.
 */
export function authorize(
  request: WireRequest,
  identity: Identity,
  nowMs: number,
  dateHeader: DateHeader = "x-date",
): void {
  const { headers } = request;
  if (identity.kind === "bearer") {
    setSecret(headers, "authorization", `Bearer ${identity.token.reveal()}`);
    return;
  }
  headers.set(dateHeader, new Date(nowMs).toUTCString());
  if (WITH_BODY.has(request.method)) {
    if (!headers.has("content-type")) headers.set("content-type", "application/json");
    headers.set(
      "x-content-sha256",
      createHash("sha256")
        .update(request.body ?? "")
        .digest("base64"),
    );
  }
  const extra = Object.entries(identity.signedHeaders ?? {});
  for (const [name, secret] of extra) setSecret(headers, name, secret.reveal());
  const { names, text } = signingString(
    request,
    extra.map(([name]) => name),
    dateHeader,
  );
  // On this thread: a third of a millisecond, and the way to a thread of node:crypto's and back costs as much again.
  const signature = sign("sha256", Buffer.from(text), identity.privateKey);
  setSecret(
    headers,
    "authorization",
    `Signature version="1",keyId="${identity.keyId.reveal()}",algorithm="rsa-sha256",` +
      `headers="${names.join(" ")}",signature="${signature.toString("base64")}"`,
  );
}
