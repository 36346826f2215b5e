/** What OCI's errors mean: rows, read from the top, each with the cause and the cure. */
import {
  AuthenticationError,
  InvalidRequestError,
  type LocusError,
  type LocusErrorOptions,
  ModelError,
  PermissionOrNotFoundError,
  ProjectRequiredError,
  RateLimitError,
  ServerStateLostError,
} from "@locus-sdk/core";
import { isStateLost, type WireError } from "@locus-sdk/openai";
import type { OciTransport } from "./config/options.ts";
import type { OciConfig } from "./config/resolve.ts";

/** What is known of the configuration when something fails; nothing, where it is the configuration that failed. */
export type KnownConfig = Pick<
  OciConfig,
  "authType" | "compartmentId" | "region" | "baseURL" | "profile" | "sources"
>;

/** What a rule looks at. */
export interface Facts {
  readonly status: number;
  readonly code: string;
  readonly param: string;
  readonly said: string;
  /** The error as the service told it. */
  readonly wire: WireError;
  readonly modelId: string;
  /** The API that was asked, where it is known. */
  readonly transport: OciTransport | undefined;
  /** Whether the request went on with a response or a conversation that the service keeps. */
  readonly goesOn: boolean;
  /** By how much the service's clock is ahead of ours; 0 where it did not say. */
  readonly skewMs: number;
  /** How long the service asks to be left alone; `undefined` where it does not say. */
  readonly retryAfterMs: number | undefined;
  readonly config: KnownConfig | undefined;
}

type ErrorClass = new (message: string, options?: LocusErrorOptions) => LocusError;

export interface ErrorRow {
  readonly when: (facts: Facts) => boolean;
  readonly error: ErrorClass;
  readonly code?: string;
  readonly retryable?: boolean;
  readonly hint: (facts: Facts) => string;
}

/** The statuses of codes, for errors that are told inside an answer and have none of their own. */
export const STATUS_OF_CODE: Readonly<Record<string, number>> = {
  CannotParseRequest: 400,
  InvalidParameter: 400,
  MissingParameter: 400,
  LimitExceeded: 400,
  QuotaExceeded: 400,
  RelatedResourceNotAuthorizedOrNotFound: 400,
  NotAuthenticated: 401,
  NotAuthorized: 403,
  NotAllowed: 403,
  SignUpRequired: 403,
  NotAuthorizedOrNotFound: 404,
  NotFound: 404,
  NamespaceNotFound: 404,
  IncorrectState: 409,
  RequestEntityTooLarge: 413,
  TooManyRequests: 429,
  rate_limit_exceeded: 429,
  InternalServerError: 500,
  server_error: 500,
  ServiceUnavailable: 503,
};

const TOLERATED_SKEW_MS = 5 * 60_000;
const refused = ({ status }: Facts): boolean => status === 400 || status === 403 || status === 404;
/** Ways of saying that a model is not to be had by chat completions. */
const RESPONSES_ONLY: readonly RegExp[] = [
  /\bonly\b[^.;]{0,80}(?:\bresponses api|\bv1\/responses)\b/i,
  /\bresponses api\b[^.;]{0,20}\bonly\b/i,
  /\bnot (?:yet )?(?:supported|available|allowed)\b[^;]{0,80}\b(?:use|try|call) (?:the )?(?:\w+ )?responses api\b/i,
  /\bmulti[ -]agent requests are not allowed\b/i,
  /\bnot a chat model\b/i,
  /\bmissing field [`'"]input\b/i,
];
const isClientError = ({ status }: Facts): boolean => status >= 400 && status < 500;

/** Read from the top; what no row takes keeps the error that fits its status. */
export const ERROR_ROWS: readonly ErrorRow[] = [
  {
    when: (facts) => isClientError(facts) && /zero data retention/i.test(facts.said),
    error: InvalidRequestError,
    code: "zero_data_retention",
    hint: () =>
      'This tenancy lets the service keep nothing: use store: false, or history: "client". Conversations are then sent whole.',
  },
  {
    when: (facts) =>
      facts.goesOn && refused(facts) && (facts.param === "previous_response_id" || isStateLost(facts.wire)),
    error: ServerStateLostError,
    hint: () =>
      'The service no longer has the conversation, or never had it in this project and region. Leave onStateLost at "replay" to have it sent whole once.',
  },
  {
    when: (facts) =>
      refused(facts) &&
      (facts.param === "project" ||
        facts.code === "project_required" ||
        /openai-project|project(?: id| ocid)? (?:is )?(?:required|missing)|missing project/i.test(
          facts.said,
        )),
    error: ProjectRequiredError,
    hint: () =>
      "Create an OCI Generative AI project, and give its OCID as the `project` option or OCI_PROJECT.",
  },
  {
    when: (facts) =>
      facts.transport !== "responses" &&
      [400, 404, 422].includes(facts.status) &&
      !/^unsupported_(?:parameter|value)$/.test(facts.code) &&
      RESPONSES_ONLY.some((words) => words.test(facts.said)),
    error: InvalidRequestError,
    code: "responses_only",
    hint: ({ modelId }) =>
      `"${modelId}" is served by the Responses API only: use OCIResponsesModel, or the option transport: "responses".`,
  },
  {
    when: ({ status, modelId, said }) =>
      status === 400 && /^cohere\./i.test(modelId) && /unsupported|not supported/i.test(said),
    error: InvalidRequestError,
    code: "native_only",
    hint: () =>
      "Cohere models are served by the native API. Leave the transport to the table: no `transport` option, no LOCUS_OCI_TRANSPORT.",
  },
  {
    when: ({ status, modelId, said, code }) =>
      status === 400 && /^google\./i.test(modelId) && /invalid[_ ]argument/i.test(`${code} ${said}`),
    error: InvalidRequestError,
    hint: () =>
      "Gemini says no more than this. Mostly it is a tool's or an answer's schema (no $ref, no exclusive bounds, no bare arrays), or a history in which calls and results do not pair up.",
  },
  {
    when: ({ status, config }) => status === 401 && config?.authType === "genai_api_key",
    error: AuthenticationError,
    hint: ({ config }) =>
      `The API key is wrong, expired, disabled or of another region than ${place(config)}. A key made before a policy allowed it (request.principal.type='generativeaiapikey') never works: write the policy, then make a new key.`,
  },
  {
    when: ({ status, skewMs }) => status === 401 && Math.abs(skewMs) > TOLERATED_SKEW_MS,
    error: AuthenticationError,
    code: "clock_skew",
    hint: ({ skewMs }) =>
      `This machine's clock is ${Math.round(Math.abs(skewMs) / 60_000)} minutes ${skewMs > 0 ? "behind" : "ahead of"} OCI's. The signature was corrected and refused all the same: set the clock, then look at the key.`,
  },
  {
    when: ({ status, config }) => status === 401 && config?.authType === "session_token",
    error: AuthenticationError,
    hint: ({ config }) => {
      const name = config?.profile?.name ?? "DEFAULT";
      return `The session has probably ended: oci session refresh --profile ${name}, or oci session authenticate --profile-name ${name}. It may also belong to another tenancy or region than ${place(config)}.`;
    },
  },
  {
    when: ({ status, config }) => status === 401 && (config?.authType ?? "api_key") === "api_key",
    error: AuthenticationError,
    hint: ({ config }) =>
      `The signature was refused, also the second one after reading the key again and correcting the clock. Check that the public key of profile "${config?.profile?.name ?? "DEFAULT"}" is uploaded for its user, that user, tenancy and fingerprint belong together, and that the tenancy is subscribed to ${place(config)}.`,
  },
  {
    when: ({ status }) => status === 401,
    error: AuthenticationError,
    hint: ({ config }) =>
      `The token of this ${(config?.authType ?? "principal").replaceAll("_", " ")} was refused, also a new one. Check that its tenancy is subscribed to ${place(config)}, and the clock of this machine.`,
  },
  {
    when: (facts) =>
      isClientError(facts) && /opc-compartment-id|compartment ?id/i.test(facts.said) && facts.status !== 404,
    error: InvalidRequestError,
    code: "compartment_required",
    hint: () => "Give the compartment: the `compartmentId` option or OCI_COMPARTMENT.",
  },
  {
    when: ({ status, code, said }) =>
      status === 404 ||
      status === 403 ||
      code === "RelatedResourceNotAuthorizedOrNotFound" ||
      // The native API tells of an unknown model as of a failure of its own.
      (status === 500 && /model\b.*\bnot found/i.test(said)),
    error: PermissionOrNotFoundError,
    retryable: false,
    hint: ({ modelId, config }) =>
      `OCI does not say which: (1) no policy lets these credentials use generative-ai-family in ${compartment(config)}; (2) that is not the right compartment; (3) "${modelId}" is not offered in ${place(config)}: \`locus models\` lists what is, \`locus doctor\` looks at all three.`,
  },
  {
    when: ({ code }) => code === "LimitExceeded" || code === "QuotaExceeded",
    error: RateLimitError,
    code: "quota_exceeded",
    retryable: false,
    hint: () =>
      "A limit or quota of the tenancy is used up; waiting does not help. See Limits, Quotas and Usage.",
  },
  {
    when: ({ status }) => status === 429,
    error: RateLimitError,
    hint: ({ retryAfterMs }) =>
      retryAfterMs === undefined
        ? "OCI throttles by tenancy and model, and does not say for how long. Send less at once, raise `maxRetries`, or use another model for a while."
        : `OCI throttles by tenancy and model, and asks to be left alone for ${Math.ceil(retryAfterMs / 1000)} s. Try again after that, send less at once, or use another model until then.`,
  },
  {
    when: ({ status, code }) => status === 409 && code !== "IncorrectState",
    error: ModelError,
    code: "conflict",
    retryable: false,
    hint: () => "The request contradicts one that was made before; sending it again does not help.",
  },
  {
    when: ({ status }) => status === 413,
    error: InvalidRequestError,
    hint: () =>
      "The request is too large: send fewer or smaller images and files, or a shorter conversation.",
  },
];

/** Where requests go, in words. */
export function place(config: KnownConfig | undefined): string {
  if (config === undefined) return "the region in use";
  if (config.region !== undefined) return config.region;
  const { hostname, host } = new URL(config.baseURL);
  return hostname.endsWith(".invalid") ? "the region that this machine is in" : host;
}

/** The compartment in force, in words, and where it was configured. */
export function compartment(config: KnownConfig | undefined): string {
  if (config?.compartmentId === undefined) return "the compartment (none is configured: OCI_COMPARTMENT)";
  return `compartment ${config.compartmentId} (${config.sources.compartmentId ?? "configured"})`;
}
