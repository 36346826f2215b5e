/** Credentials kept in files: an API-signing key, or a session token and the key it is bound to. */
import { AuthenticationError, ConfigurationError, parseJson } from "@locus-sdk/core";
import { z } from "zod";
import { assertProfileFits } from "../config/auth-type.ts";
import { type Profile, readProfile } from "../config/profile-file.ts";
import { Secret } from "../secret.ts";
import { type Credentials, cachedCredentials, type FileStamp, stampFile } from "./credentials.ts";
import { fingerprintOf, loadPrivateKey, readText } from "./private-key.ts";

/** A token with less time left than this would expire on its way. */
const FLIGHT_MARGIN_MS = 5_000;

// The profile is read again too: a new key comes with a new fingerprint, and both are noted before they are read.
async function freshProfile(
  known: Profile,
  authType: "api_key" | "session_token",
): Promise<{ readonly profile: Profile; readonly files: readonly FileStamp[] }> {
  const configStamp = await stampFile(known.file);
  const profile = readProfile(known.file, known.name);
  assertProfileFits(profile, authType);
  const paths = [profile.keyFile, authType === "session_token" ? profile.securityTokenFile : undefined];
  const files = await Promise.all(paths.filter((path) => path !== undefined).map(stampFile));
  return { profile, files: [configStamp, ...files] };
}

/** Signs with the key of an API-key profile. */
export function apiKeyCredentials(known: Profile): Credentials {
  return cachedCredentials("api_key", async () => {
    const { profile, files } = await freshProfile(known, "api_key");
    const privateKey = await loadPrivateKey(profile);
    const actual = fingerprintOf(privateKey);
    const fingerprint = profile.fingerprint?.trim().toLowerCase() ?? actual;
    if (fingerprint !== actual) {
      throw new ConfigurationError(
        `the fingerprint ${fingerprint} of profile "${profile.name}" of ${profile.file} is not that of its key, ${actual}`,
        { hint: "Correct fingerprint, or key_file: the two belong together." },
      );
    }
    const keyId = new Secret(`${profile.tenancy}/${profile.user}/${fingerprint}`);
    return { identity: { kind: "signature", keyId, privateKey }, files };
  });
}

/** Signs with a session token's key, under the token's name. */
export function sessionTokenCredentials(known: Profile): Credentials {
  return cachedCredentials("session_token", async (nowMs) => {
    const { profile, files } = await freshProfile(known, "session_token");
    const file = profile.securityTokenFile ?? "";
    const token = await readText(file, `security_token_file of profile "${profile.name}"`);
    if (!/^[\x21\x23-\x7e]+$/.test(token)) {
      throw new ConfigurationError(
        `the session token in ${file} is empty or holds something that is no token`,
        {
          hint: `Create a new one: oci session authenticate --profile-name ${profile.name}`,
        },
      );
    }
    const expiresAtMs = expiryOf(token);
    if (expiresAtMs !== undefined && expiresAtMs - FLIGHT_MARGIN_MS <= nowMs) {
      throw new AuthenticationError(
        `the session token of profile "${profile.name}" (${file}) expired at ${new Date(expiresAtMs).toISOString()}`,
        {
          code: "session_expired",
          hint: `Renew it: oci session refresh --profile ${profile.name}; if that fails: oci session authenticate --profile-name ${profile.name}. It is picked up without a restart.`,
        },
      );
    }
    const privateKey = await loadPrivateKey(profile);
    return {
      identity: { kind: "signature", keyId: new Secret(`ST$${token}`), privateKey },
      files,
      expiresAtMs,
    };
  });
}

const claims = z.object({ exp: z.number().positive() });

/** When a JWT expires, ms since 1970, or `undefined` where it does not say. Nothing is verified: OCI does that. */
export function expiryOf(token: string): number | undefined {
  const payload = token.split(".")[1];
  if (payload === undefined) return undefined;
  const parsed = claims.safeParse(parseJson(Buffer.from(payload, "base64url").toString("utf8")));
  return parsed.success ? parsed.data.exp * 1000 : undefined;
}
