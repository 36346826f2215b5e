/** What can be set about the way to OCI, by option or by environment, and the check that it was spelled right. */
import { ConfigurationError, didYouMean } from "@locus-sdk/core";
import { z } from "zod";
import type { OciLogger } from "../http/request-log.ts";

/** How to prove who is calling. Each has further names, in any case and with any dashes: see `auth-type.ts`. */
export type OciAuthType =
  | "api_key"
  | "session_token"
  | "genai_api_key"
  | "instance_principal"
  | "resource_principal"
  | "oke_workload_identity"
  | "delegation_token";

export type OciTransport = "v1" | "sdk" | "responses";

/** Options of everything in this package. Each beats its environment variable, which beats the profile. */
export interface OciOptions {
  /** Profile of the configuration file. `LOCUS_OCI_PROFILE`, `OCI_PROFILE`; default `DEFAULT`. */
  readonly profile?: string | undefined;
  /** `LOCUS_OCI_CONFIG_FILE`, `OCI_CONFIG_FILE`; default `~/.oci/config`. */
  readonly configFile?: string | undefined;
  /** `LOCUS_OCI_AUTH_TYPE`, `OCI_AUTH_TYPE`; default: what the API key given, or the profile, calls for. */
  readonly authType?: OciAuthType | "security_token" | undefined;
  /**
   * An OCI Generative AI API key (`sk-…`), sent as a bearer token, or the two of one key resource: when one is refused
   * the other is used from then on. `OCI_GENAI_API_KEY`, `OCI_GENAI_API_KEY_2`.
   */
  readonly apiKey?: string | readonly [string, string] | undefined;
  /** `LOCUS_OCI_COMPARTMENT(_ID)`, `OCI_COMPARTMENT(_ID)`; default: the profile's tenancy. */
  readonly compartmentId?: string | undefined;
  /** OCID of an OCI Generative AI project. `LOCUS_OCI_PROJECT`, `OCI_PROJECT`. */
  readonly project?: string | undefined;
  /** OCID of a conversation store, for services from before projects: sent as `opc-conversation-store-id`. */
  readonly conversationStoreId?: string | undefined;
  /** `"both"` sends the compartment as `CompartmentId` as well, as services from before `opc-compartment-id` want it; default `"opc"`. */
  readonly compartmentHeaders?: "opc" | "both" | undefined;
  /** A region or its short code. `LOCUS_OCI_REGION`, `OCI_REGION`; default: the profile's. */
  readonly region?: string | undefined;
  /** Origin of the service, instead of the region's. `LOCUS_OCI_ENDPOINT`, `OCI_ENDPOINT`. */
  readonly endpoint?: string | undefined;
  /** The same by the name that Oracle's own clients have for it. */
  readonly serviceEndpoint?: string | undefined;
  /**
   * Where the OpenAI-compatible paths begin; default: the endpoint and `/openai/v1`. Beats `endpoint`, which beats
   * `region`. That of a Data Science model deployment ends in `/predict/v1`.
   */
  readonly baseURL?: string | undefined;
  /**
   * Where vector stores are created, listed, changed and deleted; their files and searches stay at `baseURL`. Default:
   * the control plane for signed requests, the versioned path of the inference host for API keys.
   */
  readonly vectorStoreBaseURL?: string | undefined;
  /** Origin of the control plane, which lists models. `LOCUS_OCI_CONTROL_ENDPOINT`, `OCI_CONTROL_ENDPOINT`. */
  readonly controlEndpoint?: string | undefined;
  /** Asks the identity service for a new session token when the one in the file is about to expire; the file stays as it is. `LOCUS_OCI_REFRESH_SESSION=1`; default off. */
  readonly refreshSession?: boolean | undefined;
  /** The token of auth type `delegation_token`. `LOCUS_OCI_DELEGATION_TOKEN_FILE`, `OCI_DELEGATION_TOKEN_FILE`; default: the profile's, then Cloud Shell's. */
  readonly delegationTokenFile?: string | undefined;
  /** Stands in for the instance metadata service, on this machine only. `LOCUS_OCI_METADATA_URL`, `OCI_METADATA_BASE_URL`. */
  readonly metadataUrl?: string | undefined;
  /** Stands in for the identity service, on this machine only. `LOCUS_OCI_FEDERATION_URL`. */
  readonly federationUrl?: string | undefined;
  /** Overrides the routing table. `LOCUS_OCI_TRANSPORT`. */
  readonly transport?: OciTransport | undefined;
  /** Longest wait for an answer's headers, and between two pieces of its body; default 600,000 ms. */
  readonly timeoutMs?: number | undefined;
  /** How often a request is tried again after 408, 409, 429, 5xx or a lost connection; default 2. */
  readonly maxRetries?: number | undefined;
  /** Hosts outside OCI that may be sent credentials: `"gateway.example.com"`, `"*.example.com"`. */
  readonly allowedHosts?: readonly string[] | undefined;
  /**
   * Logs one line a request; `"debug"` one more when it is sent, and the headers of both, without credentials.
   * `OCI_LOG_REQUESTS=1`, `OCI_LOG_REQUESTS=debug`. Bodies are never logged.
   */
  readonly logRequests?: boolean | "debug" | undefined;
  /** Where these lines go, by default to standard error as JSON. Anything like pino; `debug` falls back on `info`. */
  readonly logger?: OciLogger | undefined;
  /** Stands in for `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

/** Options of a model: which one, and the way to it. */
export interface OciModelOptions extends OciOptions {
  /** The model's id, `"openai.gpt-oss-120b"`, or the OCID of an endpoint or a model of your own. */
  readonly model: string;
}

const text = z.string().optional();
const isFunction = (value: unknown): boolean => typeof value === "function";
const shape = {
  model: text,
  profile: text,
  configFile: text,
  authType: text,
  apiKey: z
    .union([z.string(), z.tuple([z.string(), z.string()]).readonly()], {
      error: "expected a key as text, or a list of two",
    })
    .optional(),
  compartmentId: text,
  project: text,
  conversationStoreId: text,
  compartmentHeaders: z.enum(["opc", "both"]).optional(),
  region: text,
  endpoint: text,
  serviceEndpoint: text,
  baseURL: text,
  vectorStoreBaseURL: text,
  controlEndpoint: text,
  refreshSession: z.boolean().optional(),
  delegationTokenFile: text,
  metadataUrl: text,
  federationUrl: text,
  transport: z.enum(["v1", "sdk", "responses"]).optional(),
  timeoutMs: z.int().min(1).max(2_147_483_647).optional(),
  maxRetries: z.int().min(0).max(100).optional(),
  allowedHosts: z
    .array(z.string().regex(/^(?:\*\.)?[^/@\s*]+$/, "expected a host name"))
    .readonly()
    .optional(),
  logRequests: z
    .union([z.boolean(), z.literal("debug")], { error: 'expected true, false or "debug"' })
    .optional(),
  logger: z
    .custom<OciLogger>(
      (value) => typeof value === "object" && value !== null && isFunction(Reflect.get(value, "info")),
      "expected a logger: an object with the method info",
    )
    .optional(),
  env: z.record(z.string(), z.string().optional()).optional(),
};
const schema = z.object(shape);

/** Options whose shapes were checked. What was given as `undefined` is as good as absent. */
export type CheckedOptions = {
  readonly [Name in Exclude<keyof OciModelOptions, "authType">]?: OciModelOptions[Name] | undefined;
} & { readonly authType?: string | undefined };

/** The names of the options that have a value: one given as `undefined` is as good as absent. */
export const namesGiven = (options: object): readonly string[] =>
  Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [name]));

/**
 * Checks the names and shapes of options.
 *
 * @param more names that are somebody else's business, and fine
 * @throws ConfigurationError naming the option, what was expected, and the nearest known name.
 */
export function checkOptions(options: unknown, more: readonly string[] = []): CheckedOptions {
  if (typeof options !== "object" || options === null) {
    throw new ConfigurationError("OCI options must be an object");
  }
  const known = [...Object.keys(shape), ...more];
  const unknown = namesGiven(options).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    throw new ConfigurationError(`unknown OCI option "${unknown}"${didYouMean(unknown, known)}`, {
      hint: `Known options: ${known.join(", ")}.`,
    });
  }
  const checked = schema.safeParse(options);
  if (checked.success) return checked.data;
  const issue = checked.error.issues[0];
  // Zod's text says what was expected and never repeats the value, which may be a key.
  throw new ConfigurationError(`OCI option "${issue?.path.join(".")}" cannot be used: ${issue?.message}`);
}
