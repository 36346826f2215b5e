/** Credentials kept in files: an API-signing key, or a session token and the key it is bound to. */
import type { KeyObject } from "node:crypto";
import { AuthenticationError, ConfigurationError } from "@locus-sdk/core";
import { assertProfileFits } from "../config/auth-type.ts";
import { type Profile, readProfile } from "../config/profile-file.ts";
import type { ServiceClock } from "../http/clock.ts";
import { Secret } from "../secret.ts";
import {
  type Credentials,
  cachedCredentials,
  type FileStamp,
  FLIGHT_MARGIN_MS,
  hasExpired,
  stampFile,
} from "./credentials.ts";
import { fingerprintOf, loadPrivateKey, readText } from "./private-key.ts";
import { expiryOf, isToken } from "./token.ts";

// The profile is read again too: a new key comes with a new fingerprint, and both are noted before they are read.
async function freshProfile(
  known: Profile,
  authType: "api_key" | "session_token",
): Promise<{ readonly profile: Profile; readonly files: readonly FileStamp[] }> {
  const configStamp = stampFile(known.file);
  const profile = readProfile(known.file, known.name);
  assertProfileFits(profile, authType);
  const paths = [profile.keyFile, authType === "session_token" ? profile.securityTokenFile : undefined];
  const files = paths.filter((path) => path !== undefined).map(stampFile);
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

/** Asks for a new token in the place of one that is about to expire, bound to the same key. */
export type RefreshToken = (token: string, privateKey: KeyObject) => Promise<string>;

/** So long before its end a token is refreshed, where it is to be refreshed at all. */
const REFRESH_MARGIN_MS = 5 * 60_000;

/**
 * Signs with a session token's key, under the token's name. The token is the file's, unless one that was refreshed from
 * it lives longer; that one is kept in memory only.
 */
export function sessionTokenCredentials(
  known: Profile,
  clock: ServiceClock,
  refresh?: RefreshToken,
): Credentials {
  const refreshed = new Map<string, string>();
  return cachedCredentials("session_token", async (nowMs) => {
    const { profile, files } = await freshProfile(known, "session_token");
    const fromFile = await readToken(profile);
    const privateKey = await loadPrivateKey(profile);
    let token = refreshed.get(fromFile) ?? fromFile;
    const leftMs = (expiryOf(token) ?? Number.POSITIVE_INFINITY) - nowMs;
    let failure: unknown;
    if (refresh !== undefined && leftMs <= REFRESH_MARGIN_MS && leftMs > FLIGHT_MARGIN_MS) {
      try {
        token = await refresh(token, privateKey);
        refreshed.clear();
        refreshed.set(fromFile, token);
      } catch (error) {
        // What is left of the old one is still good.
        failure = error;
      }
    }
    const expiresAtMs = expiryOf(token);
    if (hasExpired(expiresAtMs, nowMs, clock)) {
      throw expired(profile, expiresAtMs, failure);
    }
    return {
      identity: { kind: "signature", keyId: new Secret(`ST$${token}`), privateKey },
      files,
      expiresAtMs,
      ...(refresh !== undefined && { renewalMarginMs: REFRESH_MARGIN_MS }),
    };
  });
}

async function readToken({ name, securityTokenFile: file = "" }: Profile): Promise<string> {
  const token = await readText(file, `security_token_file of profile "${name}"`);
  if (isToken(token)) return token;
  throw new ConfigurationError(`the session token in ${file} is empty or holds something that is no token`, {
    hint: `Create a new one: oci session authenticate --profile-name ${name}`,
  });
}

function expired(profile: Profile, expiresAtMs: number, cause: unknown): AuthenticationError {
  const { name, securityTokenFile: file } = profile;
  return new AuthenticationError(
    `the session token of profile "${name}" (${file}) expired at ${new Date(expiresAtMs).toISOString()}`,
    {
      code: "session_expired",
      hint: `Renew it: oci session refresh --profile ${name}; if that fails: oci session authenticate --profile-name ${name}. It is picked up without a restart. With the option refreshSession it is renewed by itself, for as long as the session lasts.`,
      cause,
    },
  );
}
