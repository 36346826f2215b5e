/** Errors as they cross the wire: what the handler answers, and what the client makes of it again. */
import {
  CheckpointConflictError,
  CheckpointError,
  LeaseLostError,
  type LocusErrorOptions,
  SchemaVersionError,
} from "@locus-sdk/core";
import { z } from "zod";

/** A request that the handler refuses itself; the store is not asked. */
export class RequestRefusal extends CheckpointError {
  constructor(status: number, code: string, message: string, hint?: string) {
    super(message, { status, code, ...(hint === undefined ? {} : { hint }) });
  }
}

type ErrorClass = new (message: string, options: LocusErrorOptions) => CheckpointError;

/** Errors of a store that have a class of their own: the kind they go by on the wire, and the status. */
const KINDS: Readonly<Record<string, { readonly type: ErrorClass; readonly status: number }>> = {
  conflict: { type: CheckpointConflictError, status: 409 },
  lease_lost: { type: LeaseLostError, status: 409 },
  schema_version: { type: SchemaVersionError, status: 422 },
};
/** Of a store's other errors, where nothing says better. */
const STORE_STATUS = 422;
const BUSY_STATUS = 503;

export interface WireError {
  readonly kind: string;
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly retryable: boolean;
}
export const wireErrorSchema: z.ZodType<WireError> = z.object({
  kind: z.string(),
  code: z.string(),
  message: z.string(),
  hint: z.string().optional(),
  retryable: z.boolean(),
});

/** What is told of an error, and with which status. Of what is no checkpointer's error, nothing is told. */
export function toWire(error: unknown): { readonly status: number; readonly error: WireError } {
  if (!(error instanceof CheckpointError)) {
    const message = "the checkpoint service failed";
    return { status: 500, error: { kind: "internal", code: "internal", message, retryable: false } };
  }
  const { code, message, hint, retryable } = error;
  const own = Object.entries(KINDS).find(([, { type }]) => error instanceof type);
  const asked = error instanceof RequestRefusal ? error.status : undefined;
  return {
    status: own?.[1].status ?? asked ?? (retryable ? BUSY_STATUS : STORE_STATUS),
    error: {
      kind: own?.[0] ?? (asked === undefined ? "checkpoint" : "refused"),
      code,
      message,
      ...(hint === undefined ? {} : { hint }),
      retryable,
    },
  };
}

/** The error that was told of. */
export function fromWire({ kind, message, ...told }: WireError, status?: number): CheckpointError {
  const { hint, ...rest } = told;
  const options = {
    ...rest,
    ...(hint === undefined ? {} : { hint }),
    ...(status === undefined ? {} : { status }),
  };
  const own = Object.hasOwn(KINDS, kind) ? KINDS[kind]?.type : undefined;
  return own === undefined ? new CheckpointError(message, options) : new own(message, options);
}

/** The error of an answer that tells none of ours: from something in between, or from another service altogether. */
export function foreignAnswer(status: number, origin: string): CheckpointError {
  const hint =
    status === 401 || status === 403
      ? "Check the `headers` that the checkpointer is given."
      : "Check that `url` is where checkpointerHandler() answers, its basePath included.";
  return new CheckpointError(`${origin} answered with status ${status}, which tells nothing of threads`, {
    code: "checkpoint_http",
    status,
    retryable: status === 429 || status >= 500,
    hint,
  });
}
