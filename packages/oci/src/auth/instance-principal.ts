/** Instance principals: a compute instance proves with its certificates who it is, and gets a token for it. */
import { createPrivateKey } from "node:crypto";
import { ConnectionError, LocusError, messageOf } from "@locus-sdk/core";
import { excerpt } from "@locus-sdk/openai";
import type { PrincipalSettings } from "../config/principals.ts";
import type { ServiceClock } from "../http/clock.ts";
import { Secret } from "../secret.ts";
import { type Credentials, cachedCredentials } from "./credentials.ts";
import { INSTANCE_HINT, instanceProvider } from "./instance-provider.ts";
import { instanceRegion } from "./metadata.ts";
import { expiryOf } from "./token.ts";
import { inTime } from "./vendor.ts";

/** Tokens live for 20 minutes and more; so long before their end a new one is asked for. */
export const FEDERATION_MARGIN_MS: number = 3 * 60_000;
const LIMIT_MS = 60_000;

/** Signs as the instance that the program runs on. */
export function instanceCredentials(settings: PrincipalSettings, clock: ServiceClock): Credentials {
  const region = remembered(() => instanceRegion(settings.metadataUrl));
  const provider = remembered(async () => {
    const { id, domain } = await region();
    return instanceProvider(
      settings.metadataUrl,
      settings.federationUrl ?? `https://auth.${id}.${domain}`,
      clock,
    );
  });
  const credentials = cachedCredentials("instance_principal", async () => {
    const instance = await provider();
    const token = await inTime(instance.refresh(), LIMIT_MS, "the instance's identity").catch(typed);
    return {
      identity: {
        kind: "signature",
        keyId: new Secret(`ST$${token}`),
        privateKey: createPrivateKey(instance.getPrivateKey()),
      },
      expiresAtMs: expiryOf(token),
      renewalMarginMs: FEDERATION_MARGIN_MS,
    };
  });
  return { ...credentials, region };
}

/** What `load` gave; asked again after it failed. */
export function remembered<T>(load: () => Promise<T>): () => Promise<T> {
  let value: Promise<T> | undefined;
  return () => {
    value ??= load().catch((error: unknown) => {
      value = undefined;
      throw error;
    });
    return value;
  };
}

// The vendor's own errors are texts. Ours pass through it untouched.
function typed(error: unknown): never {
  if (error instanceof LocusError) throw error;
  const said = excerpt(messageOf(error));
  throw new ConnectionError(`this instance's identity was not renewed: ${said}`, {
    hint: INSTANCE_HINT,
    cause: error,
  });
}
