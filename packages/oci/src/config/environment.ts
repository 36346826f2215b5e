/** Environment variables of OCI, in the order they are asked. An empty one counts as not set. */

export type Environment = Readonly<Record<string, string | undefined>>;

/** A value, and where it was read. */
export interface Setting {
  readonly value: string;
  readonly from: string;
}

const both = (...names: readonly string[]): readonly string[] => [
  ...names.map((name) => `LOCUS_OCI_${name}`),
  ...names.map((name) => `OCI_${name}`),
];

export type VariableName =
  | "profile"
  | "configFile"
  | "authType"
  | "apiKey"
  | "secondApiKey"
  | "compartmentId"
  | "project"
  | "region"
  | "endpoint"
  | "controlEndpoint"
  | "metadataUrl"
  | "federationUrl"
  | "delegationTokenFile"
  | "refreshSession"
  | "transport"
  | "logRequests";

/** The variables behind each option, the first one set wins. */
const VARIABLES: Readonly<Record<VariableName, readonly string[]>> = {
  profile: both("PROFILE"),
  configFile: both("CONFIG_FILE"),
  authType: both("AUTH_TYPE"),
  apiKey: ["OCI_GENAI_API_KEY"],
  secondApiKey: ["OCI_GENAI_API_KEY_2"],
  compartmentId: both("COMPARTMENT", "COMPARTMENT_ID"),
  project: both("PROJECT"),
  region: both("REGION"),
  endpoint: both("ENDPOINT"),
  controlEndpoint: both("CONTROL_ENDPOINT"),
  metadataUrl: ["LOCUS_OCI_METADATA_URL", "OCI_METADATA_BASE_URL"],
  federationUrl: ["LOCUS_OCI_FEDERATION_URL"],
  delegationTokenFile: both("DELEGATION_TOKEN_FILE"),
  refreshSession: ["LOCUS_OCI_REFRESH_SESSION"],
  transport: ["LOCUS_OCI_TRANSPORT"],
  logRequests: ["OCI_LOG_REQUESTS"],
};

/** The option's value, else that of the first of its variables that is set. */
export function setting(
  name: VariableName,
  option: string | undefined,
  env: Environment,
): Setting | undefined {
  const given = option?.trim();
  if (given !== undefined && given !== "") return { value: given, from: `the \`${name}\` option` };
  return fromEnvironment(name, env);
}

/** The value of the first of an option's variables that is set. */
export function fromEnvironment(name: VariableName, env: Environment): Setting | undefined {
  for (const variable of VARIABLES[name]) {
    const value = env[variable]?.trim();
    if (value !== undefined && value !== "") return { value, from: `environment variable ${variable}` };
  }
  return undefined;
}

/** Whether a switch is on. */
export function isOn(found: Setting | undefined): boolean {
  return ["1", "true", "yes", "on"].includes(found?.value.toLowerCase() ?? "");
}
