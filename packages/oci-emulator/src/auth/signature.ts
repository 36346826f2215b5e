// The IAM request signature, verified from raw wire values: draft-cavage HTTP signatures as OCI profiles them.
import { createHash, type KeyObject, verify } from "node:crypto";
import type { RawRequest } from "../http/request.ts";

/** The parameters of an `Authorization: Signature …` header. */
export interface SignatureParameters {
  readonly keyId: string;
  readonly headers: readonly string[];
  readonly signature: string;
}

export type Parsed =
  | { readonly ok: true; readonly value: SignatureParameters }
  | { readonly ok: false; readonly reason: string };

const parameter = /\s*([A-Za-z]+)="([^"]*)"\s*(?:,|$)/y;

/** Parses the header; parameters may come in any order, each once. */
export function parseSignature(authorization: string): Parsed {
  const source = authorization.replace(/^Signature\s+/i, "");
  const found = new Map<string, string>();
  parameter.lastIndex = 0;
  while (parameter.lastIndex < source.length) {
    const match = parameter.exec(source);
    if (match === null) return { ok: false, reason: "the Authorization header cannot be parsed" };
    const [, name = "", value = ""] = match;
    if (found.has(name)) return { ok: false, reason: `the Authorization header repeats ${name}` };
    found.set(name, value);
  }
  const refuse = (reason: string): Parsed => ({ ok: false, reason });
  if (found.get("version") !== "1") return refuse('the signature\'s version is not "1"');
  if (found.get("algorithm") !== "rsa-sha256")
    return refuse('the signature\'s algorithm is not "rsa-sha256"');
  const keyId = found.get("keyId");
  const headers = found.get("headers");
  const signature = found.get("signature");
  if (!keyId) return refuse("the signature names no keyId");
  if (!headers) return refuse("the signature names no headers");
  if (!signature) return refuse("the Authorization header carries no signature");
  return { ok: true, value: { keyId, headers: headers.toLowerCase().split(" "), signature } };
}

const withBody: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH"]);
const bodyHeaders = ["content-length", "content-type", "x-content-sha256"] as const;
const rfc1123 = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** Tolerance between a request's date and the emulator's clock. */
const maxSkewMs: number = 5 * 60_000;

/** Why the signature does not hold, or `undefined` if it does. */
export function checkSignature(
  request: RawRequest,
  parameters: SignatureParameters,
  key: KeyObject,
  now: Date,
): string | undefined {
  return (
    checkCoverage(request, parameters.headers) ??
    checkDates(request, parameters.headers, now) ??
    checkBody(request) ??
    checkBytes(request, parameters, key)
  );
}

function checkCoverage(request: RawRequest, headers: readonly string[]): string | undefined {
  const signed = new Set(headers);
  if (signed.size !== headers.length) return "a header is named twice in the signature";
  for (const name of ["(request-target)", "host"]) {
    if (!signed.has(name)) return `${name} is not signed`;
  }
  if (!signed.has("date") && !signed.has("x-date")) return "neither date nor x-date is signed";
  if (withBody.has(request.method)) {
    for (const name of bodyHeaders) {
      if (!signed.has(name)) return `${name} is not signed, which ${request.method} requires`;
    }
  }
  return undefined;
}

function checkDates(request: RawRequest, headers: readonly string[], now: Date): string | undefined {
  for (const name of headers.filter((header) => header === "date" || header === "x-date")) {
    const value = request.headers.first(name) ?? "";
    if (!rfc1123.test(value) || Number.isNaN(Date.parse(value))) return `${name} is not an RFC 1123 date`;
    const skewMs = Date.parse(value) - now.getTime();
    if (Math.abs(skewMs) > maxSkewMs) {
      return `${name} '${value}' is not within allowed clock skew of ${now.toUTCString()}`;
    }
  }
  return undefined;
}

function checkBody(request: RawRequest): string | undefined {
  if (!withBody.has(request.method)) return undefined;
  const length = request.headers.first("content-length");
  if (length !== String(request.body.byteLength)) {
    return `content-length says ${length ?? "nothing"}, the body has ${request.body.byteLength} bytes`;
  }
  const digest = createHash("sha256").update(request.body).digest("base64");
  if (request.headers.first("x-content-sha256") !== digest) return "x-content-sha256 is not the body's hash";
  return undefined;
}

function checkBytes(
  request: RawRequest,
  parameters: SignatureParameters,
  key: KeyObject,
): string | undefined {
  const lines: string[] = [];
  for (const name of parameters.headers) {
    if (name === "(request-target)") {
      lines.push(`(request-target): ${request.method.toLowerCase()} ${request.target}`);
      continue;
    }
    const values = request.headers.values(name);
    if (values.length === 0) return `${name} is signed but absent`;
    if (values.length > 1) return `${name} is signed but present ${values.length} times`;
    lines.push(`${name}: ${values[0]}`);
  }
  // Buffer.from(base64) skips what is not base64, so the text is compared after a round trip.
  const signature = Buffer.from(parameters.signature, "base64");
  if (signature.toString("base64") !== parameters.signature) return "the signature is not base64";
  const valid = verify("sha256", Buffer.from(lines.join("\n"), "latin1"), key, signature);
  return valid ? undefined : "the signature does not match the request";
}
