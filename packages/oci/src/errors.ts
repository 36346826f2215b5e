/** What OCI answers when something is wrong, as core's errors, with the cause and the cure in the hint. */
import {
  AuthenticationError,
  ConnectionError,
  InvalidRequestError,
  isRecord,
  type LocusError,
  type LocusErrorOptions,
  ModelError,
  PermissionOrNotFoundError,
  ProjectRequiredError,
  RateLimitError,
} from "@locus-sdk/core";
import { type ErrorContext, type ErrorMapper, readWireError, toLocusError } from "@locus-sdk/openai";
import type { OciConfig } from "./config/resolve.ts";

/** What is known of the configuration when something fails; nothing, where it is the configuration that failed. */
export type KnownConfig = Pick<
  OciConfig,
  "authType" | "compartmentId" | "region" | "baseURL" | "profile" | "sources"
>;

/** What a rule looks at. */
interface Facts {
  readonly status: number;
  readonly code: string;
  readonly said: string;
  readonly modelId: string;
  readonly config: KnownConfig | undefined;
}

type ErrorClass = new (message: string, options?: LocusErrorOptions) => LocusError;

interface ErrorRow {
  readonly when: (facts: Facts) => boolean;
  readonly error: ErrorClass;
  readonly code?: string;
  readonly retryable?: boolean;
  readonly hint: (facts: Facts) => string;
}

const isClientError = ({ status }: Facts): boolean => status >= 400 && status < 500;

/** Read from the top; what no row takes keeps the error that fits its status. */
const ROWS: readonly ErrorRow[] = [
  {
    when: (facts) =>
      isClientError(facts) &&
      /openai-project|project(?: id| ocid)? (?:is )?(?:required|missing)/i.test(facts.said),
    error: ProjectRequiredError,
    hint: () =>
      "Create an OCI Generative AI project, and give its OCID as the `project` option or OCI_PROJECT.",
  },
  {
    when: (facts) =>
      isClientError(facts) &&
      /responses api|multi[ -]agent requests are not allowed|not a chat model/i.test(facts.said),
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
    when: ({ status, config }) => status === 401 && config?.authType === "genai_api_key",
    error: AuthenticationError,
    hint: ({ config }) =>
      `The API key is wrong, expired, disabled or of another region than ${place(config)}. A key made before a policy allowed it (request.principal.type='generativeaiapikey') never works: write the policy, then make a new key.`,
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
    when: ({ status }) => status === 401,
    error: AuthenticationError,
    hint: ({ config }) =>
      `The signature was refused, also the second one after reading the key again and correcting the clock. Check that the public key of profile "${config?.profile?.name ?? "DEFAULT"}" is uploaded for its user, that user, tenancy and fingerprint belong together, and that the tenancy is subscribed to ${place(config)}.`,
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
      `OCI does not say which: (1) no policy lets these credentials use generative-ai-family in ${compartment(config)}; (2) that is not the right compartment; (3) "${modelId}" is not offered in ${place(config)}.`,
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
    hint: () =>
      "OCI throttles by tenancy and model, and does not say for how long. Send less at once, raise `maxRetries`, or use another model for a while.",
  },
  {
    when: ({ status, code }) => status === 409 && (code === "Conflict" || code === "InvalidatedRetryToken"),
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

function place(config: KnownConfig | undefined): string {
  if (config === undefined) return "the region in use";
  return config.region ?? new URL(config.baseURL).host;
}

function compartment(config: KnownConfig | undefined): string {
  if (config?.compartmentId === undefined) return "the compartment (none is configured: OCI_COMPARTMENT)";
  return `compartment ${config.compartmentId} (${config.sources.compartmentId ?? "configured"})`;
}

function factsOf(error: unknown, modelId: string, config: KnownConfig | undefined): Facts | undefined {
  const status = error instanceof Error && "status" in error ? error.status : undefined;
  if (!(error instanceof Error) || typeof status !== "number") return undefined;
  const body = "error" in error ? error.error : undefined;
  const wire = readWireError(isRecord(body) || typeof body === "string" ? body : error.message);
  return { status, code: wire.code ?? "", said: wire.message ?? error.message, modelId, config };
}

/**
 * Translates what a call to OCI threw: the same classes as for any provider, with OCI's own causes and cures. The
 * status, OCI's code and the `opc-request-id` are kept.
 *
 * @example
 * ```ts
 * import { mapOciError } from "@locus-sdk/oci";
 *
 * const mapError = mapOciError(() => undefined);
 * const error = mapError(new Error("boom"), { provider: "oci", modelId: "openai.gpt-oss-120b" });
 * ```
 */
export function mapOciError(config: () => KnownConfig | undefined): ErrorMapper {
  return (error: unknown, context: ErrorContext): LocusError => {
    const mapped = toLocusError(error, context);
    if (context.signal?.aborted === true) return mapped;
    if (mapped instanceof ConnectionError && /ENOTFOUND|EAI_AGAIN/.test(mapped.message)) {
      const hint = `The host of ${place(config())} was not found: check the region's spelling, and the network.`;
      return new ConnectionError(mapped.message, { hint, cause: mapped.cause, code: mapped.code });
    }
    const facts = mapped.status === undefined ? undefined : factsOf(error, context.modelId, config());
    const row = facts && ROWS.find(({ when }) => when(facts));
    if (facts === undefined || row === undefined || isMoreSpecific(mapped)) return mapped;
    return new row.error(mapped.message, {
      status: facts.status,
      cause: mapped.cause,
      hint: row.hint(facts),
      ...(row.code !== undefined && { code: row.code }),
      ...(row.retryable !== undefined && { retryable: row.retryable }),
      ...(mapped.requestId !== undefined && { requestId: mapped.requestId }),
    });
  };
}

/** Too long a conversation or a filtered one is that, whatever status it came with. */
function isMoreSpecific({ code }: LocusError): boolean {
  return code === "context_length" || code === "content_filter";
}
