/** Options, environment and profile become one configuration, checked and frozen. The only reader of all three. */
import { homedir } from "node:os";
import { join } from "node:path";
import { ConfigurationError } from "@locus-sdk/core";
import { assertSafeUrl } from "../http/hosts.ts";
import type { OciLogger } from "../http/request-log.ts";
import type { Secret } from "../secret.ts";
import { chooseAuthType } from "./auth-type.ts";
import { fromEnvironment, type Setting, setting } from "./environment.ts";
import { checkOptions, type OciAuthType, type OciOptions, type OciTransport } from "./options.ts";
import { expandPath, type Profile } from "./profile-file.ts";
import { findRegion, regionId } from "./regions.ts";

/** Everything the way to OCI depends on. Secrets in it are wrapped; it can be logged. */
export interface OciConfig {
  readonly authType: OciAuthType;
  /** The profile used, where there is one. */
  readonly profile: Profile | undefined;
  readonly apiKey: Secret | undefined;
  readonly region: string | undefined;
  /** Origin of the inference service. */
  readonly endpoint: string;
  /** Where the OpenAI-compatible paths begin. No slash at its end. */
  readonly baseURL: string;
  readonly compartmentId: string | undefined;
  readonly project: string | undefined;
  readonly transport: OciTransport | undefined;
  readonly timeoutMs: number;
  readonly maxRetries: number;
  readonly allowedHosts: readonly string[];
  readonly logRequests: boolean;
  readonly logger: OciLogger | undefined;
  /** Where each value was read: `sources.compartmentId` may be `the tenancy of profile "DEFAULT"`. */
  readonly sources: Readonly<Record<string, string>>;
}

const DEFAULT_TIMEOUT_MS = 600_000;
const DEFAULT_MAX_RETRIES = 2;
const OCID = /^ocidv?1[.:][\x21-\x7e]+$/;

function ocid(found: Setting | undefined, what: string): Setting | undefined {
  if (found === undefined || OCID.test(found.value)) return found;
  throw new ConfigurationError(`the ${what} from ${found.from} is not an OCID`, {
    hint: `Expected something like "ocid1.${what === "project" ? "generativeaiproject" : "compartment"}.oc1..…"; names do not work here.`,
  });
}

function checkedUrl(found: Setting, allowedHosts: readonly string[], bearer: boolean): string {
  const text = found.value.replace(/\/+$/, "");
  if (!URL.canParse(text)) {
    throw new ConfigurationError(`${found.from} is not a URL`, {
      hint: 'Expected something like "https://inference.generativeai.us-chicago-1.oci.oraclecloud.com".',
    });
  }
  assertSafeUrl(new URL(text), { allowedHosts, bearer });
  return text;
}

function transportFrom(
  option: OciTransport | undefined,
  env: OciOptions["env"] & object,
): Setting | undefined {
  const found = setting("transport", option, env);
  if (found === undefined || found.value === "auto") return undefined;
  if (["v1", "sdk", "responses"].includes(found.value)) return found;
  throw new ConfigurationError(`"${found.value}" from ${found.from} is no transport`, {
    hint: 'Expected "v1" (chat completions), "sdk" (native) or "responses".',
  });
}

/** The transport asked for by option or `LOCUS_OCI_TRANSPORT`, and which of the two. */
export function requestedTransport(
  options: Pick<OciOptions, "transport" | "env">,
): { readonly transport: OciTransport; readonly from: string } | undefined {
  const found = transportFrom(options.transport, options.env ?? process.env);
  const transport = (["v1", "sdk", "responses"] as const).find((each) => each === found?.value);
  return found === undefined || transport === undefined ? undefined : { transport, from: found.from };
}

/** The configuration file that options and environment point at, whether it exists or not. */
export function configFilePath(
  options: Pick<OciOptions, "configFile">,
  env: OciOptions["env"] & object,
): Setting {
  const found = setting("configFile", options.configFile, env);
  return found === undefined
    ? { value: join(homedir(), ".oci", "config"), from: "its usual place" }
    : { value: expandPath(found.value, process.cwd()), from: found.from };
}

/**
 * The one configuration that options, environment and profile amount to.
 *
 * @param more names of further options the caller understands itself
 * @throws ConfigurationError for what is missing, misspelled, contradictory or unsafe.
 * @example
 * ```ts
 * import { resolveOciConfig } from "@locus-sdk/oci";
 *
 * const config = resolveOciConfig({ profile: "DEFAULT", region: "ord" });
 * console.log(config.baseURL, config.sources.compartmentId);
 * ```
 */
export function resolveOciConfig(
  options: OciOptions & { readonly model?: string },
  more?: readonly string[],
): OciConfig {
  const checked = checkOptions(options, more);
  const env = checked.env ?? process.env;
  const {
    authType,
    profile,
    apiKey,
    sources: authSources,
  } = chooseAuthType(checked, env, configFilePath(options, env));
  const sources: Record<string, string> = { ...authSources };
  const noted = (name: string, found: Setting | undefined): string | undefined => {
    if (found !== undefined) sources[name] = found.from;
    return found?.value;
  };
  const fromProfile = profile === undefined ? "" : `profile "${profile.name}" of ${profile.file}`;
  const bearer = authType === "genai_api_key";
  const allowedHosts = checked.allowedHosts ?? [];

  const compartment = ocid(setting("compartmentId", checked.compartmentId, env), "compartment");
  // A dedicated endpoint lives in one compartment; guessing the tenancy would only turn a clear error into a 404.
  const dedicated = /^(?:oci:)?ocid1\.generativeaiendpoint\./i.test(checked.model ?? "");
  const tenancy = bearer || dedicated ? undefined : profile?.tenancy;
  if (dedicated && compartment === undefined && !bearer) {
    throw new ConfigurationError("a dedicated endpoint needs the compartment it lives in", {
      hint: "Give the `compartmentId` option or OCI_COMPARTMENT; the tenancy is not assumed here.",
    });
  }
  const compartmentId = noted(
    "compartmentId",
    compartment ??
      (tenancy === undefined ? undefined : { value: tenancy, from: `the tenancy of ${fromProfile}` }),
  );

  const endpointSetting = setting("endpoint", checked.endpoint, env);
  const baseSetting: Setting | undefined =
    checked.baseURL === undefined || checked.baseURL.trim() === ""
      ? undefined
      : { value: checked.baseURL.trim(), from: "the `baseURL` option" };
  const regionSetting =
    setting("region", checked.region, env) ??
    (profile?.region === undefined ? undefined : { value: profile.region, from: fromProfile });
  let endpoint: string;
  let baseURL: string;
  let region: string | undefined;
  if (baseSetting !== undefined || endpointSetting !== undefined) {
    const given = endpointSetting ?? baseSetting;
    const url =
      given === undefined ? "" : checkedUrl(given, allowedHosts, bearer).replace(/\/openai\/v1$/, "");
    endpoint = endpointSetting === undefined ? new URL(url).origin : url;
    baseURL =
      baseSetting === undefined ? `${endpoint}/openai/v1` : checkedUrl(baseSetting, allowedHosts, bearer);
    // Not checked: with an endpoint of its own, a region is only a name for messages.
    region = noted("region", regionSetting && { ...regionSetting, value: regionId(regionSetting.value) });
    noted("baseURL", baseSetting ?? endpointSetting);
  } else {
    if (regionSetting === undefined) {
      throw new ConfigurationError("no OCI region is configured", {
        hint: 'Give the `region` option or OCI_REGION, for example "us-chicago-1", or a region in the profile.',
      });
    }
    const found = findRegion(regionSetting.value, [profile?.tenancy, compartmentId], regionSetting.from);
    region = noted("region", { ...regionSetting, value: found.id });
    endpoint = `https://inference.generativeai.${found.id}.oci.${found.domain}`;
    baseURL = `${endpoint}/openai/v1`;
  }

  const log = fromEnvironment("logRequests", env)?.value.toLowerCase();
  const requested = requestedTransport({ ...(checked.transport && { transport: checked.transport }), env });
  if (requested !== undefined) sources.transport = requested.from;
  return Object.freeze({
    authType,
    profile,
    apiKey,
    region,
    endpoint,
    baseURL,
    compartmentId,
    project: noted("project", ocid(setting("project", checked.project, env), "project")),
    transport: requested?.transport,
    timeoutMs: checked.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    maxRetries: checked.maxRetries ?? DEFAULT_MAX_RETRIES,
    allowedHosts: Object.freeze([...allowedHosts]),
    logRequests: checked.logRequests ?? ["1", "true", "yes", "on"].includes(log ?? ""),
    logger: checked.logger,
    sources: Object.freeze(sources),
  });
}
