/** The service's side: a store behind a function from `Request` to `Response`. */
import { type Checkpointer, ConfigurationError } from "@locus-sdk/core";
import { json } from "./answers.ts";
import { RequestRefusal, toWire } from "./errors.ts";
import { LeaseBook } from "./lease-book.ts";
import { SNAPSHOT_HEADER } from "./paths.ts";
import { type RequestedAction, readRequest } from "./request.ts";

/**
 * Says of a request whether it may be carried out. Decide by its headers and by the action, not by its method and path: those of
 * long ids, and of forks, do not tell all. The request's body is not to be read.
 */
export type Authorize = (request: Request, action: RequestedAction) => boolean | Promise<boolean>;

export interface CheckpointerHandlerOptions {
  /**
   * Asked before anything is done: what may be done, and to which threads. Bodies are read after that, but for those of forks and
   * of thread ids too long for a path, which tell the ids. `"none"` where something else has decided already.
   */
  readonly authorize: Authorize | "none";
  /** Asked besides of requests to vacuum, which concern all threads. Default: they are refused. */
  readonly authorizeVacuum?: Authorize;
  /** Longest body that is read, in bytes. Default 64 MiB. */
  readonly maxBodyBytes?: number;
  /** Where the handler is mounted, `/checkpoints` say. Default: at the root. */
  readonly basePath?: string;
}
export type CheckpointerHandler = (request: Request) => Promise<Response>;

const MAX_BODY_BYTES = 64 * 1024 * 1024;

/**
 * Serves `store` to `HttpCheckpointer`s. It can be mounted wherever a `Request` becomes a `Response`; `nodeListener` makes a
 * listener for `node:http` of it. Leases are renewed by the process that gave them.
 *
 * @throws ConfigurationError without `authorize`.
 * @example
 * ```ts
 * import { MemoryCheckpointer } from "@locus-sdk/core";
 * import { checkpointerHandler } from "@locus-sdk/checkpointers/http";
 *
 * const handler = checkpointerHandler(new MemoryCheckpointer(), {
 *   authorize: (request, { operation }) =>
 *     request.headers.get("authorization") === `Bearer ${process.env.SERVICE_TOKEN}` && operation !== "delete",
 * });
 * ```
 */
export function checkpointerHandler(
  store: Checkpointer,
  options: CheckpointerHandlerOptions,
): CheckpointerHandler {
  const { authorize, authorizeVacuum, maxBodyBytes = MAX_BODY_BYTES } = options;
  if (authorize !== "none" && typeof authorize !== "function") {
    throw new ConfigurationError(
      "checkpointerHandler needs `authorize`, which says who may read and write threads",
      {
        hint: 'Pass a function of the request; or "none", where everybody who gets through to the handler may.',
      },
    );
  }
  if (!Number.isSafeInteger(maxBodyBytes) || maxBodyBytes < 1) {
    throw new ConfigurationError(`maxBodyBytes ${maxBodyBytes} is not a whole number from 1`);
  }
  // As a request's address spells it.
  const basePath = new URL(`http://localhost/${options.basePath ?? ""}`).pathname.replace(/^\/+|\/+$/g, "");
  const base = basePath === "" ? "" : `/${basePath}`;
  const leases = new LeaseBook();

  const answer = async (request: Request): Promise<Response> => {
    const { action, shown, run, call } = await readRequest(request, base, maxBodyBytes);
    if (authorize !== "none" && (await authorize(shown, action)) !== true) {
      throw new RequestRefusal(
        403,
        "unauthorized",
        "the checkpoint service refuses the request",
        CREDENTIALS,
      );
    }
    if (action.operation === "vacuum" && (await authorizeVacuum?.(shown, action)) !== true) {
      throw new RequestRefusal(
        403,
        "vacuum_unauthorized",
        "the checkpoint service does not let this request vacuum",
        "The service decides by its `authorizeVacuum`.",
      );
    }
    return await run({ store, leases, ...(await call()) });
  };

  return async (request) => {
    const response = await answer(request).catch((thrown: unknown) => {
      const { status, error } = toWire(thrown);
      return json(status, { error });
    });
    if (store.snapshotEvery !== undefined) response.headers.set(SNAPSHOT_HEADER, String(store.snapshotEvery));
    response.headers.set("cache-control", "no-store");
    return response;
  };
}

const CREDENTIALS = "Check the `headers` that the checkpointer is given.";
