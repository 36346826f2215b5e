/** Delegation tokens: an instance, such as that of Cloud Shell, signs on behalf of a user whose token it holds. */
import { AuthenticationError, ConfigurationError } from "@locus-sdk/core";
import type { ServiceClock } from "../http/clock.ts";
import { Secret } from "../secret.ts";
import { type Credentials, cachedCredentials, hasExpired, type Identity, stampFile } from "./credentials.ts";
import { readText } from "./private-key.ts";
import { expiryOf, isToken } from "./token.ts";

/** Signs as `instance`, for the user whose token is in `file`. The file is read again when it changes. */
export function delegatedCredentials(instance: Credentials, file: string, clock: ServiceClock): Credentials {
  const bases = new WeakMap<Identity, Identity>();
  const own = cachedCredentials("delegation_token", async (nowMs) => {
    const stamp = stampFile(file);
    const token = await readText(file, "the delegation token");
    if (!isToken(token)) {
      throw new ConfigurationError(
        `the delegation token in ${file} is empty or holds something that is no token`,
        {
          hint: "Cloud Shell writes it. Name another file with OCI_DELEGATION_TOKEN_FILE.",
        },
      );
    }
    const expiresAtMs = expiryOf(token);
    if (hasExpired(expiresAtMs, nowMs, clock)) {
      throw new AuthenticationError(
        `the delegation token in ${file} expired at ${new Date(expiresAtMs).toISOString()}`,
        { code: "session_expired", hint: "Open a new Cloud Shell session; the file is read again then." },
      );
    }
    const base = await instance.current(nowMs);
    if (base.kind !== "signature") throw new ConfigurationError("a delegation token needs a key that signs");
    const identity: Identity = { ...base, signedHeaders: { "opc-obo-token": new Secret(token) } };
    bases.set(identity, base);
    return { identity, files: [stamp], expiresAtMs };
  });
  return {
    ...own,
    async current(nowMs) {
      const identity = await own.current(nowMs);
      // The instance's own token is renewed on its own time, and what that told of the time counts at once.
      const base = await instance.current(clock.now());
      return base === bases.get(identity) ? identity : own.renew(identity, clock.now());
    },
    async renew(rejected, nowMs) {
      const base = bases.get(rejected);
      if (base !== undefined) await instance.renew(base, nowMs);
      return own.renew(rejected, nowMs);
    },
    ...(instance.region !== undefined && { region: instance.region }),
  };
}
