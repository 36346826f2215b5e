// Who sent a request: one credential, of one kind, checked to the end.
import type { KeyObject } from "node:crypto";
import type { RawRequest } from "../http/request.ts";
import type { Principal } from "./principal.ts";
import { checkToken } from "./session-token.ts";
import { checkSignature, parseSignature } from "./signature.ts";
import type { TrustStore } from "./trust.ts";

/** Kinds of credentials a route accepts. */
export type CredentialKind = "signature" | "api_key";

export type Authentication =
  | { readonly ok: true; readonly principal: Principal }
  | { readonly ok: false; readonly reason: string };

const refuse = (reason: string): Authentication => ({ ok: false, reason });

/** Authenticates a request against the trust, on the emulator's clock. */
export function authenticate(
  request: RawRequest,
  accepted: readonly CredentialKind[],
  trust: TrustStore,
  now: Date,
): Authentication {
  const values = request.headers.values("authorization");
  const [authorization] = values;
  if (authorization === undefined) return refuse("there is no Authorization header");
  if (values.length > 1) return refuse(`there are ${values.length} Authorization headers`);
  const scheme = authorization.split(" ", 1)[0]?.toLowerCase();
  if (scheme === "signature") {
    if (!accepted.includes("signature")) return refuse("this path takes no request signature");
    return authenticateSignature(request, authorization, trust, now);
  }
  if (scheme === "bearer") {
    if (!accepted.includes("api_key")) return refuse("this path takes a request signature, not an API key");
    return authenticateApiKey(authorization.slice("bearer ".length).trim(), trust, now);
  }
  return refuse(`the Authorization scheme is ${scheme ?? "missing"}, not Signature or Bearer`);
}

type Signer =
  | { readonly ok: true; readonly key: KeyObject; readonly principal: Principal }
  | { readonly ok: false; readonly reason: string };

function authenticateSignature(
  request: RawRequest,
  authorization: string,
  trust: TrustStore,
  now: Date,
): Authentication {
  const parsed = parseSignature(authorization);
  if (!parsed.ok) return refuse(parsed.reason);
  const signer = findSigner(parsed.value.keyId, trust, now);
  if (!signer.ok) return refuse(signer.reason);
  const fault = checkSignature(request, parsed.value, signer.key, now);
  return fault === undefined ? { ok: true, principal: signer.principal } : refuse(fault);
}

function findSigner(keyId: string, trust: TrustStore, now: Date): Signer {
  if (keyId.startsWith("ST$")) {
    const token = checkToken(keyId.slice(3), trust.issuers, now);
    if (!token.ok) return token;
    const { kind, subject, tenancyId, publicKey } = token;
    if (tenancyId !== trust.current.tenancyId) {
      return { ok: false, reason: "the session belongs to another tenancy" };
    }
    const principal: Principal =
      kind === "session" ? { kind, tenancyId, userId: subject } : { kind, tenancyId, id: subject };
    return { ok: true, key: publicKey, principal };
  }
  const [tenancyId, userId, fingerprint, ...rest] = keyId.split("/");
  if (!tenancyId || !userId || !fingerprint || rest.length > 0) {
    return { ok: false, reason: "keyId is neither tenancy/user/fingerprint nor ST$ and a token" };
  }
  const key = trust.publicKey(keyId);
  if (key === undefined) return { ok: false, reason: "keyId names a key this emulator does not know" };
  return { ok: true, key, principal: { kind: "user", tenancyId, userId, fingerprint } };
}

function authenticateApiKey(secret: string, trust: TrustStore, now: Date): Authentication {
  const key = trust.apiKey(secret);
  if (key === undefined) return refuse("the API key does not exist");
  if (!key.active) return refuse(`the API key ${key.name} is not active`);
  if (Date.parse(key.expiresAt) <= now.getTime()) {
    return refuse(`the API key ${key.name} expired at ${key.expiresAt}`);
  }
  if (key.region !== trust.current.region) {
    return refuse(`the API key ${key.name} belongs to ${key.region}, this is ${trust.current.region}`);
  }
  if (key.mintedBeforePolicy) {
    return refuse(`the API key ${key.name} was minted before a policy allowed keys; it never works`);
  }
  return {
    ok: true,
    principal: { kind: "api_key", apiKeyId: key.id, name: key.name, compartmentId: key.compartmentId },
  };
}
