/** What OCI answers when something is wrong, as core's errors, with the cause and the cure in the hint. */
import { ConfigurationError, ConnectionError, isRecord, type LocusError } from "@locus-sdk/core";
import {
  type ErrorContext,
  type ErrorMapper,
  ReportedError,
  readWireError,
  toLocusError,
} from "@locus-sdk/openai";
import type { OciTransport } from "./config/options.ts";
import type { OciConfig } from "./config/resolve.ts";
import {
  ERROR_ROWS,
  type ErrorRow,
  type Facts,
  type KnownConfig,
  place,
  STATUS_OF_CODE,
} from "./error-rows.ts";

export type { KnownConfig };

function factsOf(
  error: unknown,
  { modelId, goesOn }: ErrorContext,
  known: Pick<Facts, "config" | "transport" | "retryAfterMs">,
): Facts | undefined {
  if (!(error instanceof Error)) return undefined;
  const body = "error" in error ? error.error : undefined;
  const wire = readWireError(isRecord(body) || typeof body === "string" ? body : error.message);
  const code = wire.code ?? wire.type ?? "";
  const status = "status" in error ? error.status : statusToldBy(error, code);
  if (typeof status !== "number") return undefined;
  const date = "headers" in error && error.headers instanceof Headers ? error.headers.get("date") : null;
  const skewMs = Date.parse(date ?? "") - Date.now();
  return {
    status,
    code,
    param: wire.param ?? "",
    said: wire.message ?? error.message,
    wire,
    modelId,
    goesOn: goesOn === true,
    skewMs: Number.isNaN(skewMs) ? 0 : skewMs,
    ...known,
  };
}

/** An error inside an answer has no failing status; its code tells which one it would have had. */
function statusToldBy(error: Error, code: string): number | undefined {
  if (!(error instanceof ReportedError)) return undefined;
  const status = Number(code);
  if (status >= 400 && status < 600) return status;
  return Object.hasOwn(STATUS_OF_CODE, code) ? STATUS_OF_CODE[code] : undefined;
}

/**
 * Translates what a call to OCI threw: the same classes as for any provider, with OCI's own causes and cures. The
 * status, OCI's code and the `opc-request-id` are kept. `transport` is the API that is asked: nobody is sent to the one
 * he comes from.
 *
 * @example
 * ```ts
 * import { mapOciError } from "@locus-sdk/oci";
 *
 * const mapError = mapOciError(() => undefined);
 * const error = mapError(new Error("boom"), { provider: "oci", modelId: "openai.gpt-oss-120b" });
 * ```
 */
export function mapOciError(config: () => KnownConfig | undefined, transport?: OciTransport): ErrorMapper {
  return mapErrorBy(ERROR_ROWS, config, transport);
}

/** As `mapOciError`, by other rows: what fails elsewhere has other causes. */
export function mapErrorBy(
  rows: readonly ErrorRow[],
  config: () => KnownConfig | undefined,
  transport?: OciTransport,
): ErrorMapper {
  return (error: unknown, context: ErrorContext): LocusError => {
    const mapped = toLocusError(error, context);
    if (context.signal?.aborted === true) return mapped;
    if (mapped instanceof ConnectionError) return withConnectionHint(mapped, config());
    const { retryAfterMs } = mapped;
    const facts = factsOf(error, context, { config: config(), transport, retryAfterMs });
    const row = facts && rows.find(({ when }) => when(facts));
    if (facts === undefined || row === undefined || isMoreSpecific(mapped)) return mapped;
    return new row.error(mapped.message, {
      cause: mapped.cause,
      hint: row.hint(facts),
      retryable: row.retryable ?? mapped.retryable,
      ...(mapped.status !== undefined && { status: mapped.status }),
      ...(row.code !== undefined && { code: row.code }),
      ...(mapped.requestId !== undefined && { requestId: mapped.requestId }),
      ...(mapped.retryAfterMs !== undefined && { retryAfterMs: mapped.retryAfterMs }),
    });
  };
}

/** Too long a conversation or a filtered one is that, whatever status it came with. */
function isMoreSpecific({ code }: LocusError): boolean {
  return code === "context_length" || code === "content_filter";
}

function withConnectionHint(error: ConnectionError, config: KnownConfig | undefined): ConnectionError {
  const hint = connectionHint(error.message, config);
  const { message, cause, code, retryable } = error;
  return hint === undefined ? error : new ConnectionError(message, { hint, cause, code, retryable });
}

function connectionHint(message: string, config: KnownConfig | undefined): string | undefined {
  if (/ENOTFOUND|EAI_AGAIN/.test(message)) {
    return `The host of ${place(config)} was not found: check the region's spelling, and the network.`;
  }
  if (/self[- ]signed|SELF_SIGNED|unable to (?:verify|get) |UNABLE_TO_|certificate/i.test(message)) {
    return "The certificate is none that Node knows: a proxy on the way probably makes its own. Name its authority with NODE_EXTRA_CA_CERTS.";
  }
  return undefined;
}

/**
 * Refuses to ask OCI's own hosts for a model without a compartment: the answer would be a 404 that could mean anything.
 *
 * @throws ConfigurationError that says where to set it.
 */
export function assertCompartment(config: OciConfig): void {
  if (config.compartmentId !== undefined || config.authType === "genai_api_key") return;
  if (!/(?:^|\.)generativeai\./.test(new URL(config.baseURL).hostname)) return;
  throw new ConfigurationError(
    `OCI Generative AI needs a compartment, and none is configured (auth type ${config.authType})`,
    { code: "compartment_required", hint: "Give the `compartmentId` option or OCI_COMPARTMENT." },
  );
}
