/** Whether this machine knows anything about OCI, and how that is known. */
import { existsSync } from "node:fs";
import { type Environment, fromEnvironment, type VariableName } from "./config/environment.ts";
import { configFilePath } from "./config/resolve.ts";

/** The answer, and what it rests on. */
export interface OciPresence {
  readonly configured: boolean;
  readonly reason: string;
}

const TELLING: readonly VariableName[] = [
  "apiKey",
  "authType",
  "profile",
  "configFile",
  "endpoint",
  "compartmentId",
  "region",
  "project",
];

/**
 * Whether anything of OCI is configured, by environment or by a configuration file. It does not say that it works.
 *
 * @param env stands in for `process.env`
 * @example
 * ```ts
 * import { hasOciConfiguration } from "@locus-sdk/oci";
 *
 * const { configured, reason } = hasOciConfiguration();
 * console.log(configured ? `OCI: ${reason}` : `no OCI: ${reason}`);
 * ```
 */
export function hasOciConfiguration(env: Environment = process.env): OciPresence {
  for (const name of TELLING) {
    const found = fromEnvironment(name, env);
    if (found !== undefined) return { configured: true, reason: `${found.from} is set` };
  }
  const { value: file } = configFilePath({}, env);
  return existsSync(file)
    ? { configured: true, reason: `${file} exists` }
    : { configured: false, reason: `no OCI environment variable is set, and there is no ${file}` };
}
