// Tokens of the emulator's own issuers: JWTs with a session's public key bound in the `jwk` claim.
import { createPublicKey, type KeyObject, randomUUID, sign, verify } from "node:crypto";
import { z } from "zod";
import { type JsonObject, parseJson } from "../json.ts";
import type { TokenKind } from "./principal.ts";

/** What a token says. */
export interface TokenClaims {
  readonly kind: TokenKind;
  readonly tenancyId: string;
  /** The user, instance, resource or workload. */
  readonly subject: string;
  readonly publicKey: KeyObject;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  /** What else the kind carries. */
  readonly extra?: JsonObject;
}

/** What the `ptype` claim calls the kinds. */
const typeNames = {
  session: "user",
  instance: "instance",
  resource: "resource",
  workload: "workload",
} as const;
const kindOf: Readonly<Record<string, TokenKind>> = {
  user: "session",
  instance: "instance",
  resource: "resource",
  workload: "workload",
};

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const seconds = (date: Date): number => Math.floor(date.getTime() / 1000);

/** RS256 with an RSA issuer, ES256 with one on a curve. */
const isRsa = (key: KeyObject): boolean => key.asymmetricKeyType === "rsa";
const signing = (key: KeyObject): { readonly key: KeyObject; readonly dsaEncoding?: "ieee-p1363" } =>
  isRsa(key) ? { key } : { key, dsaEncoding: "ieee-p1363" };

export function issueToken(issuer: KeyObject, claims: TokenClaims): string {
  const header = encode({ typ: "JWT", alg: isRsa(issuer) ? "RS256" : "ES256", kid: "emulator" });
  const payload = encode({
    iss: "authService.oci-emulator",
    sub: claims.subject,
    tenant: claims.tenancyId,
    ptype: typeNames[claims.kind],
    iat: seconds(claims.issuedAt),
    exp: seconds(claims.expiresAt),
    jti: randomUUID(),
    // A string, not an object: OCI's identity service nests the key as JSON text.
    jwk: JSON.stringify({ kid: "session", ...claims.publicKey.export({ format: "jwk" }) }),
    ...claims.extra,
  });
  const signature = sign("sha256", Buffer.from(`${header}.${payload}`), signing(issuer));
  return `${header}.${payload}.${signature.toString("base64url")}`;
}

const payloadSchema = z.object({
  sub: z.string(),
  tenant: z.string(),
  ptype: z.enum(["user", "instance", "resource", "workload"]),
  exp: z.number(),
  jwk: z.string(),
  sess_exp: z.iso.datetime().optional(),
});

const jwkSchema = z.object({ kty: z.literal("RSA"), n: z.string(), e: z.string() });

export type TokenCheck =
  | {
      readonly ok: true;
      readonly kind: TokenKind;
      readonly tenancyId: string;
      readonly subject: string;
      readonly publicKey: KeyObject;
      /** Until when the session may be refreshed. */
      readonly sessionExpiresAt: Date | undefined;
    }
  | { readonly ok: false; readonly reason: string };

/** Checks a token: issued by one of these, unexpired on `now`, with a public key bound to it. */
export function checkToken(token: string, issuers: readonly KeyObject[], now: Date): TokenCheck {
  const refuse = (reason: string): TokenCheck => ({ ok: false, reason });
  const [header, payload, signature, ...rest] = token.split(".");
  if (header === undefined || payload === undefined || signature === undefined || rest.length > 0) {
    return refuse("the session token is not a JWT");
  }
  const bytes = Buffer.from(`${header}.${payload}`);
  const mark = Buffer.from(signature, "base64url");
  if (!issuers.some((issuer) => verify("sha256", bytes, signing(issuer), mark))) {
    return refuse("the session token was not issued by this emulator");
  }
  const claims = payloadSchema.safeParse(parseJson(Buffer.from(payload, "base64url").toString()));
  if (!claims.success) return refuse("the session token lacks sub, tenant, ptype, exp or jwk");
  const { data } = claims;
  if (data.exp * 1000 <= now.getTime()) {
    return refuse(`the session token expired at ${new Date(data.exp * 1000).toISOString()}`);
  }
  const jwk = jwkSchema.safeParse(parseJson(data.jwk));
  if (!jwk.success) return refuse("the session token binds no RSA public key");
  return {
    ok: true,
    kind: kindOf[data.ptype] ?? "session",
    tenancyId: data.tenant,
    subject: data.sub,
    publicKey: createPublicKey({ key: jwk.data, format: "jwk" }),
    sessionExpiresAt: data.sess_exp === undefined ? undefined : new Date(data.sess_exp),
  };
}
