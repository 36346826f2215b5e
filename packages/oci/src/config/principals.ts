/** What the environment of a principal says: where to ask who one is, or the answer itself. Read once, checked, secrets wrapped. */
import { join } from "node:path";
import { ConfigurationError } from "@locus-sdk/core";
import { localUrl } from "../http/hosts.ts";
import { Secret } from "../secret.ts";
import { type Environment, type Setting, setting } from "./environment.ts";
import type { CheckedOptions, OciAuthType } from "./options.ts";
import type { Profile } from "./profile-file.ts";

/** Resource principal, version 2.2. Token, key and pass phrase are absolute paths, or what would stand in the files. */
export interface ResourcePrincipalSettings {
  readonly token: Secret;
  readonly privateKey: Secret;
  readonly passPhrase: Secret | undefined;
}

/** The token endpoint of an OKE cluster, and what proves the pod to it and it to the pod. */
export interface WorkloadSettings {
  readonly host: string;
  readonly port: string;
  readonly caFile: string;
  readonly tokenFile: string;
}

/** Where a principal's identity comes from. */
export interface PrincipalSettings {
  /** The instance metadata service, up to and without `/opc/v2`. */
  readonly metadataUrl: string;
  /** Stands in for the region's identity service. */
  readonly federationUrl: string | undefined;
  readonly delegationTokenFile: string;
  readonly resource: ResourcePrincipalSettings | undefined;
  readonly workload: WorkloadSettings | undefined;
  /** The region, where the environment tells it: otherwise the metadata service is asked. */
  readonly region: Setting | undefined;
}

const METADATA_URL = "http://169.254.169.254";
const CLOUD_SHELL_TOKEN = "/etc/oci/delegation_token";
const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";
const PROXYMUX_PORT = "12250";
const PREFIX = "OCI_RESOURCE_PRINCIPAL_";

function variable(env: Environment, name: string): string | undefined {
  const value = env[name]?.trim();
  return value === "" ? undefined : value;
}

function required(env: Environment, name: string, authType: OciAuthType, hint: string): string {
  const value = variable(env, name);
  if (value !== undefined) return value;
  throw new ConfigurationError(`auth type ${authType} needs the environment variable ${name}`, { hint });
}

const RESOURCE_HINT =
  "OCI sets OCI_RESOURCE_PRINCIPAL_VERSION, _RPST, _PRIVATE_PEM and _REGION where resource principals work: in Functions, Data Science, Container Instances and more.";

function resourceSettings(env: Environment): ResourcePrincipalSettings {
  const version = required(env, `${PREFIX}VERSION`, "resource_principal", RESOURCE_HINT);
  if (version !== "2.2") {
    throw new ConfigurationError(
      `resource principals of version "${version}" (${PREFIX}VERSION) are not supported; version 2.2 is`,
      {
        code: "resource_principal_version",
        hint: "Versions 1.1, 2.1 and 3.0 obtain their token in other ways. Use instance_principal or oke_workload_identity where the program runs on an instance or in OKE.",
      },
    );
  }
  const secret = (name: string): Secret =>
    new Secret(required(env, `${PREFIX}${name}`, "resource_principal", RESOURCE_HINT));
  const passPhrase = env[`${PREFIX}PRIVATE_PEM_PASSPHRASE`];
  return {
    token: secret("RPST"),
    privateKey: secret("PRIVATE_PEM"),
    passPhrase: passPhrase === undefined || passPhrase === "" ? undefined : new Secret(passPhrase),
  };
}

function workloadSettings(env: Environment): WorkloadSettings {
  const directory = variable(env, "LOCUS_OCI_SERVICE_ACCOUNT_DIR") ?? SERVICE_ACCOUNT;
  return {
    host: required(
      env,
      "KUBERNETES_SERVICE_HOST",
      "oke_workload_identity",
      "It is set in every pod. Workload identity works in pods of enhanced OKE clusters only.",
    ),
    port: variable(env, "KUBERNETES_SERVICE_PORT_PROXYMUX") ?? PROXYMUX_PORT,
    caFile: variable(env, "OCI_KUBERNETES_SERVICE_ACCOUNT_CERT_PATH") ?? join(directory, "ca.crt"),
    tokenFile: join(directory, "token"),
  };
}

/**
 * The settings of `authType`, from options and environment.
 *
 * @throws ConfigurationError for what is missing, not supported, or not on this machine.
 */
export function principalSettings(
  authType: OciAuthType,
  options: CheckedOptions,
  env: Environment,
  profile: Profile | undefined,
): PrincipalSettings {
  const metadata = setting("metadataUrl", options.metadataUrl, env);
  const federation = setting("federationUrl", options.federationUrl, env);
  const tokenFile = setting("delegationTokenFile", options.delegationTokenFile, env)?.value;
  const region = variable(env, `${PREFIX}REGION`);
  const tellsRegion = authType === "resource_principal" || authType === "oke_workload_identity";
  return {
    metadataUrl:
      metadata === undefined
        ? METADATA_URL
        : localUrl(metadata.value, metadata.from).replace(/\/opc\/v2$/, ""),
    federationUrl: federation && localUrl(federation.value, federation.from),
    delegationTokenFile: tokenFile ?? profile?.delegationTokenFile ?? CLOUD_SHELL_TOKEN,
    resource: authType === "resource_principal" ? resourceSettings(env) : undefined,
    workload: authType === "oke_workload_identity" ? workloadSettings(env) : undefined,
    region:
      tellsRegion && region !== undefined
        ? { value: region, from: `environment variable ${PREFIX}REGION` }
        : undefined,
  };
}
