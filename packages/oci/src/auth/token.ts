/** What a token says of itself. Nothing is verified: OCI does that. */
import { parseJson } from "@locus-sdk/core";
import { z } from "zod";

const claims = z.object({ exp: z.number().positive() });

/** When a JWT expires, ms since 1970, or `undefined` where it does not say. */
export function expiryOf(token: string): number | undefined {
  const payload = token.split(".")[1];
  if (payload === undefined) return undefined;
  const parsed = claims.safeParse(parseJson(Buffer.from(payload, "base64url").toString("utf8")));
  return parsed.success ? parsed.data.exp * 1000 : undefined;
}

/** Whether a text can be a token: visible ASCII without quotes. Anything else would break, or break out of, a header. */
export function isToken(text: string): boolean {
  return /^[\x21\x23-\x7e]+$/.test(text);
}
