// Session tokens: JWTs of the emulator's own issuer with the session's public key bound in the `jwk` claim.
import { createPublicKey, type KeyObject, randomUUID, sign, verify } from "node:crypto";
import { z } from "zod";
import { parseJson } from "../json.ts";

/** What a session token says. */
export interface SessionClaims {
  readonly tenancyId: string;
  readonly userId: string;
  readonly publicKey: KeyObject;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  /** Until when the session may be refreshed. */
  readonly sessionExpiresAt: Date;
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const seconds = (date: Date): number => Math.floor(date.getTime() / 1000);

export function issueSessionToken(issuer: KeyObject, claims: SessionClaims): string {
  const header = encode({ typ: "JWT", alg: "ES256", kid: "emulator" });
  const payload = encode({
    iss: "authService.oci-emulator",
    sub: claims.userId,
    tenant: claims.tenancyId,
    ptype: "user",
    iat: seconds(claims.issuedAt),
    exp: seconds(claims.expiresAt),
    sess_exp: claims.sessionExpiresAt.toISOString(),
    jti: randomUUID(),
    // A string, not an object: OCI's identity service nests the key as JSON text.
    jwk: JSON.stringify({ kid: "session", ...claims.publicKey.export({ format: "jwk" }) }),
  });
  const signature = sign("sha256", Buffer.from(`${header}.${payload}`), {
    key: issuer,
    dsaEncoding: "ieee-p1363",
  });
  return `${header}.${payload}.${signature.toString("base64url")}`;
}

const payloadSchema = z.object({
  sub: z.string(),
  tenant: z.string(),
  exp: z.number(),
  jwk: z.string(),
});

const jwkSchema = z.object({ kty: z.literal("RSA"), n: z.string(), e: z.string() });

export type SessionCheck =
  | { readonly ok: true; readonly tenancyId: string; readonly userId: string; readonly publicKey: KeyObject }
  | { readonly ok: false; readonly reason: string };

/** Checks a session token: issued here, unexpired on `now`, with a public key bound to it. */
export function checkSessionToken(token: string, issuer: KeyObject, now: Date): SessionCheck {
  const refuse = (reason: string): SessionCheck => ({ ok: false, reason });
  const [header, payload, signature, ...rest] = token.split(".");
  if (header === undefined || payload === undefined || signature === undefined || rest.length > 0) {
    return refuse("the session token is not a JWT");
  }
  const issued = verify(
    "sha256",
    Buffer.from(`${header}.${payload}`),
    { key: issuer, dsaEncoding: "ieee-p1363" },
    Buffer.from(signature, "base64url"),
  );
  if (!issued) return refuse("the session token was not issued by this emulator");
  const claims = payloadSchema.safeParse(parseJson(Buffer.from(payload, "base64url").toString()));
  if (!claims.success) return refuse("the session token lacks sub, tenant, exp or jwk");
  if (claims.data.exp * 1000 <= now.getTime()) {
    return refuse(`the session token expired at ${new Date(claims.data.exp * 1000).toISOString()}`);
  }
  const jwk = jwkSchema.safeParse(parseJson(claims.data.jwk));
  if (!jwk.success) return refuse("the session token binds no RSA public key");
  return {
    ok: true,
    tenancyId: claims.data.tenant,
    userId: claims.data.sub,
    publicKey: createPublicKey({ key: jwk.data, format: "jwk" }),
  };
}
