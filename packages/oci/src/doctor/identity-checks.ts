/** Whether there is a key, what it is known by, and until when. Nothing is sent but what credentials themselves ask for. */
import { stat } from "node:fs/promises";
import type { Credentials, Identity } from "../auth/credentials.ts";
import { fingerprintOf } from "../auth/private-key.ts";
import { expiryOf } from "../auth/token.ts";
import type { OciConfig } from "../config/resolve.ts";
import { type Check, duration, fail, ok, skipped, warn } from "./check.ts";

const SOON_MS = 10 * 60_000;
const OTHERS_MAY_READ = 0o077;

/** Loads the credentials; without an identity where they cannot be. */
export async function checkCredentials(
  config: OciConfig,
  credentials: Credentials,
): Promise<{ readonly check: Check; readonly identity?: Identity }> {
  try {
    const identity = await credentials.current(Date.now());
    return { identity, check: (await exposedKey(config)) ?? ok("credentials", describe(config, identity)) };
  } catch (error) {
    return { check: fail("credentials", error) };
  }
}

function describe({ authType, apiKeys, profile }: OciConfig, identity: Identity): string {
  if (identity.kind === "bearer")
    return apiKeys.length > 1 ? "two API keys, which take turns" : "one API key";
  const fingerprint = fingerprintOf(identity.privateKey);
  if (authType === "api_key") return `key ${fingerprint} of user ${profile?.user ?? ""}`;
  return `a token of auth type ${authType}, and its key ${fingerprint}`;
}

async function exposedKey({ profile, authType }: OciConfig): Promise<Check | undefined> {
  const file = profile?.keyFile;
  if (file === undefined || (authType !== "api_key" && authType !== "session_token")) return undefined;
  if (process.platform === "win32") return undefined;
  const { mode } = await stat(file);
  if ((mode & OTHERS_MAY_READ) === 0) return undefined;
  return warn("credentials", `${file} can be read by others on this machine`, `chmod 600 ${file}`);
}

/** How long the token is good for at `nowMs`, where there is one. */
export function checkToken(config: OciConfig, identity: Identity, nowMs: number): Check {
  const keyId = identity.kind === "signature" ? identity.keyId.reveal() : "";
  if (!keyId.startsWith("ST$")) return skipped("token", `auth type ${config.authType} has none that expires`);
  const expiresAtMs = expiryOf(keyId);
  if (expiresAtMs === undefined) return ok("token", "it does not say when it expires");
  const leftMs = expiresAtMs - nowMs;
  const name = config.profile?.name ?? "DEFAULT";
  if (leftMs <= 0) {
    const detail = `expired ${duration(leftMs)} ago, at ${new Date(expiresAtMs).toISOString()}`;
    const renewal = `oci session refresh --profile ${name}; if that fails: oci session authenticate --profile-name ${name}`;
    return {
      name: "token",
      status: "fail",
      detail,
      ...(config.authType === "session_token" && { hint: renewal }),
    };
  }
  const detail = `expires in ${duration(leftMs)}, at ${new Date(expiresAtMs).toISOString()}`;
  if (leftMs > SOON_MS || config.authType !== "session_token" || config.refreshSession)
    return ok("token", detail);
  return warn("token", detail, `oci session refresh --profile ${name}, or the option refreshSession`);
}
