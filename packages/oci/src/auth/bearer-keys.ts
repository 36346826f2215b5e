/** OCI Generative AI API keys: one, or the two of a key resource, which take turns when one is refused. */
import { ConfigurationError } from "@locus-sdk/core";
import type { Secret } from "../secret.ts";
import type { Credentials, Identity } from "./credentials.ts";

/** Sends the first key until it is refused, then the other one, and so on. Nothing is read, so nothing can be stale. */
export function bearerCredentials(keys: readonly Secret[]): Credentials {
  const identities = keys.map((token): Identity => ({ kind: "bearer", token }));
  let used = 0;
  const inUse = (): Identity => {
    const identity = identities[used % identities.length];
    if (identity === undefined) throw new ConfigurationError("there is no OCI Generative AI API key");
    return identity;
  };
  return {
    authType: "genai_api_key",
    current: () => Promise.resolve(inUse()),
    renew(rejected) {
      // Whoever comes with a key that is out of use already gets the one that is in.
      if (inUse() === rejected) used += 1;
      return Promise.resolve(inUse());
    },
  };
}
