/** Options, environment and profile become one configuration, checked and frozen. The only reader of all three. */
import { homedir } from "node:os";
import { join } from "node:path";
import { ConfigurationError } from "@locus-sdk/core";
import type { HostRules } from "../http/hosts.ts";
import type { OciLogger } from "../http/request-log.ts";
import type { Secret } from "../secret.ts";
import { chooseAuthType, isPrincipal } from "./auth-type.ts";
import { checkedUrl, endpointsOf } from "./endpoints.ts";
import { fromEnvironment, isOn, type Setting, setting } from "./environment.ts";
import {
  type CheckedOptions,
  checkOptions,
  type OciAuthType,
  type OciOptions,
  type OciTransport,
} from "./options.ts";
import { type PrincipalSettings, principalSettings } from "./principals.ts";
import { expandPath, type Profile } from "./profile-file.ts";

/** Everything the way to OCI depends on. Secrets in it are wrapped; it can be logged. */
export interface OciConfig {
  readonly authType: OciAuthType;
  /** The profile used, where there is one. */
  readonly profile: Profile | undefined;
  /** OCI Generative AI API keys, the first one to be used first. */
  readonly apiKeys: readonly Secret[];
  /** Where the identity comes from, for the auth types that take it from where the program runs. */
  readonly principal: PrincipalSettings | undefined;
  readonly refreshSession: boolean;
  /** Stands in for the region's identity service. */
  readonly federationUrl: string | undefined;
  /** Absent where the principal tells it with the first request, and where only an endpoint is known. */
  readonly region: string | undefined;
  /** Origin of the inference service. */
  readonly endpoint: string;
  /** Where the OpenAI-compatible paths begin. No slash at its end. */
  readonly baseURL: string;
  /** Whether the base URL was given as such, and not made from an endpoint or a region. */
  readonly ownBaseURL: boolean;
  /** Where vector stores are kept, if the table of routes has no say in it. No slash at its end. */
  readonly vectorStoreBaseURL: string | undefined;
  /** Origin of the control plane, where it is known. */
  readonly controlEndpoint: string | undefined;
  readonly compartmentId: string | undefined;
  readonly project: string | undefined;
  readonly conversationStoreId: string | undefined;
  readonly compartmentHeaders: "opc" | "both";
  readonly transport: OciTransport | undefined;
  readonly timeoutMs: number;
  readonly maxRetries: number;
  readonly allowedHosts: readonly string[];
  readonly logRequests: boolean | "debug";
  readonly logger: OciLogger | undefined;
  /** Where each value was read: `sources.compartmentId` may be `the tenancy of profile "DEFAULT"`. */
  readonly sources: Readonly<Record<string, string>>;
}

/** Of everything that waits for an answer. */
export const DEFAULT_TIMEOUT_MS = 600_000;
const DEFAULT_MAX_RETRIES = 2;
const OCID = /^ocidv?1[.:][\x21-\x7e]+$/;

const OCID_KINDS = {
  compartment: "compartment",
  project: "generativeaiproject",
  "conversation store": "generativeaiconversationstore",
} as const;

function ocid(found: Setting | undefined, what: keyof typeof OCID_KINDS): Setting | undefined {
  if (found === undefined || OCID.test(found.value)) return found;
  throw new ConfigurationError(`the ${what} from ${found.from} is not an OCID`, {
    hint: `Expected something like "ocid1.${OCID_KINDS[what]}.oc1..…"; names do not work here.`,
  });
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

/** `serviceEndpoint` is `endpoint`; given both ways, they have to agree. */
function endpointOption({ endpoint, serviceEndpoint }: CheckedOptions): string | undefined {
  const given = [endpoint, serviceEndpoint].map((each) => each?.trim()).filter(Boolean);
  if (new Set(given).size < 2) return given[0];
  throw new ConfigurationError("`endpoint` and `serviceEndpoint` are the same option, and differ here", {
    hint: "Give one of them.",
  });
}

function conversationStore({ conversationStoreId = "" }: CheckedOptions): string | undefined {
  const value = conversationStoreId.trim();
  if (value === "") return undefined;
  return ocid({ value, from: "the `conversationStoreId` option" }, "conversation store")?.value;
}

function vectorStoreBase({ vectorStoreBaseURL }: CheckedOptions, rules: HostRules): string | undefined {
  const given = vectorStoreBaseURL?.trim() ?? "";
  return given === ""
    ? undefined
    : checkedUrl({ value: given, from: "the `vectorStoreBaseURL` option" }, rules);
}

function loggingFrom(found: Setting | undefined): boolean | "debug" {
  return found?.value.toLowerCase() === "debug" ? "debug" : isOn(found);
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
  options: OciOptions & { readonly model?: string } = {},
  more?: readonly string[],
): OciConfig {
  const checked = checkOptions(options, more);
  const env = checked.env ?? process.env;
  const {
    authType,
    profile,
    apiKeys,
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
  const identity = principalSettings(authType, checked, env, profile);
  const principal = isPrincipal(authType) ? identity : undefined;

  const compartment = ocid(setting("compartmentId", checked.compartmentId, env), "compartment");
  // A dedicated endpoint lives in one compartment; guessing the tenancy would only turn a clear error into a 404.
  const dedicated = /^\s*(?:oci:\s*)?ocid1\.generativeaiendpoint\./i.test(checked.model ?? "");
  const tenancy = bearer || dedicated || principal !== undefined ? undefined : profile?.tenancy;
  if (dedicated && compartment === undefined && !bearer) {
    throw new ConfigurationError("a dedicated endpoint needs the compartment it lives in", {
      code: "compartment_required",
      hint: "Give the `compartmentId` option or OCI_COMPARTMENT; the tenancy is not assumed here.",
    });
  }
  const compartmentId = noted(
    "compartmentId",
    compartment ??
      (tenancy === undefined ? undefined : { value: tenancy, from: `the tenancy of ${fromProfile}` }),
  );

  const baseURL = checked.baseURL?.trim() ?? "";
  const { endpoint, controlEndpoint, ...places } = endpointsOf(
    {
      endpoint: setting("endpoint", endpointOption(checked), env),
      baseURL: baseURL === "" ? undefined : { value: baseURL, from: "the `baseURL` option" },
      controlEndpoint: setting("controlEndpoint", checked.controlEndpoint, env),
      region:
        setting("region", checked.region, env) ??
        (profile?.region === undefined ? principal?.region : { value: profile.region, from: fromProfile }),
      ocids: [profile?.tenancy, compartmentId],
      regionLater: principal !== undefined && authType !== "resource_principal",
    },
    { allowedHosts, bearer },
  );
  noted("baseURL", places.baseFrom);

  const requested = requestedTransport({ ...(checked.transport && { transport: checked.transport }), env });
  if (requested !== undefined) sources.transport = requested.from;
  return Object.freeze({
    authType,
    profile,
    apiKeys: Object.freeze(apiKeys),
    principal,
    refreshSession: checked.refreshSession ?? isOn(fromEnvironment("refreshSession", env)),
    federationUrl: identity.federationUrl,
    region: noted("region", places.region),
    endpoint,
    baseURL: places.baseURL,
    ownBaseURL: baseURL !== "",
    vectorStoreBaseURL: vectorStoreBase(checked, { allowedHosts, bearer }),
    controlEndpoint,
    compartmentId,
    project: noted("project", ocid(setting("project", checked.project, env), "project")),
    conversationStoreId: conversationStore(checked),
    compartmentHeaders: checked.compartmentHeaders ?? "opc",
    transport: requested?.transport,
    timeoutMs: checked.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    maxRetries: checked.maxRetries ?? DEFAULT_MAX_RETRIES,
    allowedHosts: Object.freeze([...allowedHosts]),
    logRequests: checked.logRequests ?? loggingFrom(fromEnvironment("logRequests", env)),
    logger: checked.logger,
    sources: Object.freeze(sources),
  });
}
