/** What goes wrong with the control plane: its answers as typed errors, and states from which there is no way on. */
import {
  InvalidRequestError,
  LocusError,
  type LocusErrorOptions,
  ModelError,
  PermissionOrNotFoundError,
  parseJson,
} from "@locus-sdk/core";
import type { OciConfig } from "../config/resolve.ts";
import { compartment, ERROR_ROWS, type ErrorRow, place } from "../error-rows.ts";
import { mapErrorBy } from "../errors.ts";

/**
 * Something came into a state from which the awaited one does not follow: it failed, was deleted, or needs attention.
 */
export class LifecycleError extends LocusError {
  readonly lifecycleState: string;
  /** Why, as the service tells it. */
  readonly lifecycleDetails: string | undefined;

  constructor(
    message: string,
    {
      lifecycleState,
      lifecycleDetails,
      ...options
    }: LocusErrorOptions & {
      readonly lifecycleState: string;
      readonly lifecycleDetails?: string | undefined;
    },
  ) {
    super(message, { code: "lifecycle_state", ...options });
    this.lifecycleState = lifecycleState;
    this.lifecycleDetails = lifecycleDetails;
  }
}

/** A failing answer in the shape that error mapping reads; never shown to a user. */
export class FailedAnswer extends Error {
  readonly status: number;
  readonly headers: Headers;
  readonly error: unknown;

  constructor(status: number, headers: Headers, body: string) {
    super(`${status} ${body}`);
    this.name = "FailedAnswer";
    this.status = status;
    this.headers = headers;
    this.error = parseJson(body) ?? body;
  }
}

/** What means something else here than where models are asked. */
const CONTROL_ROWS: readonly ErrorRow[] = [
  {
    when: ({ status }) => status === 412,
    error: InvalidRequestError,
    code: "etag_mismatch",
    retryable: false,
    hint: () =>
      "It has changed since it was read (a try whose answer was lost may have been that change): get it again, look, and give its new `etag` as `ifMatch`.",
  },
  {
    when: ({ code }) => code === "InvalidatedRetryToken",
    error: ModelError,
    code: "conflict",
    retryable: false,
    hint: () =>
      "The `retryToken` was used before, for something else or too long ago: leave it out, or make a new one.",
  },
  {
    when: ({ status, code }) => status === 409 && code === "IncorrectState",
    error: ModelError,
    code: "incorrect_state",
    retryable: true,
    hint: () =>
      'It is in the middle of something else, or something still depends on it: `waitUntil` it is "ACTIVE", and do this then.',
  },
  {
    when: ({ status, code }) =>
      status === 403 || status === 404 || code === "RelatedResourceNotAuthorizedOrNotFound",
    error: PermissionOrNotFoundError,
    retryable: false,
    hint: ({ config, modelId: operation }) => {
      const policy = `no policy lets these credentials use generative-ai-family in ${compartment(config)}`;
      const elsewhere = `that is not the right compartment, or ${place(config)} not the right region`;
      // A list is of what is there: there is nothing that could be missing.
      const causes = operation.endsWith(".list")
        ? `(1) ${policy}; (2) ${elsewhere}`
        : `(1) what was asked for is not there, or no longer; (2) ${policy}; (3) ${elsewhere}`;
      return `OCI does not say which: ${causes}. \`locus doctor\` looks at credentials, compartment and region.`;
    },
  },
];

/** The typed error for what a call of the control plane threw. */
export function controlErrors(
  config: OciConfig,
): (error: unknown, operation: string, signal: AbortSignal | undefined) => LocusError {
  const mapError = mapErrorBy([...CONTROL_ROWS, ...ERROR_ROWS], () => config);
  return (error, operation, signal) =>
    mapError(error, {
      provider: "oci",
      modelId: operation,
      what: `OCI's control plane (${operation})`,
      ...(signal !== undefined && { signal }),
    });
}
