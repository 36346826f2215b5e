/** The names of auth types: ours, and what other tools and people call them. */
import { ConfigurationError, didYouMean } from "@locus-sdk/core";
import type { Setting } from "./environment.ts";
import type { OciAuthType } from "./options.ts";

/** What each type is called elsewhere. Case, dashes, underscores and a plural make no difference. */
const ALIASES: Readonly<Record<OciAuthType, readonly string[]>> = {
  api_key: ["user_principal", "oci_config", "config_file"],
  session_token: ["security_token", "session"],
  genai_api_key: ["generative_ai_api_key", "bearer"],
  instance_principal: ["instance"],
  resource_principal: ["resource"],
  oke_workload_identity: ["workload_identity", "oke_workload_identities", "oke_workload", "oke"],
  delegation_token: ["instance_obo_user", "obo_token", "cloud_shell", "delegation"],
};

const NAMES: readonly OciAuthType[] = [
  "api_key",
  "session_token",
  "genai_api_key",
  "instance_principal",
  "resource_principal",
  "oke_workload_identity",
  "delegation_token",
];

const squeezed = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]/g, "")
    .replace(/s$/, "");

const BY_NAME: ReadonlyMap<string, OciAuthType> = new Map(
  NAMES.flatMap((type) => [type, ...ALIASES[type]].map((name) => [squeezed(name), type] as const)),
);

/**
 * The auth type that is meant.
 *
 * @throws ConfigurationError naming the nearest name, where none is.
 */
export function parseAuthType({ value, from }: Setting): OciAuthType {
  const authType = BY_NAME.get(squeezed(value));
  if (authType !== undefined) return authType;
  const known = [...NAMES, ...Object.values(ALIASES).flat()];
  const near = didYouMean(value.trim().toLowerCase().replaceAll("-", "_"), known);
  throw new ConfigurationError(`"${value}" from ${from} is no auth type${near}`, {
    hint: `Auth types: ${NAMES.join(", ")}.`,
  });
}
