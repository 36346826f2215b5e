/** The service's side: a store behind a function from `Request` to `Response`. */
import { type Checkpointer, ConfigurationError } from "@locus-sdk/core";
import { RequestRefusal, toWire } from "./errors.ts";
import { LeaseBook } from "./lease-book.ts";
import { type Call, json, OPERATIONS } from "./operations.ts";
import { isPathOf, METHOD_HEADER, RETRY_HEADER, SNAPSHOT_HEADER, type Target, targetOf } from "./paths.ts";
import { checked, envelopeSchema } from "./wire.ts";

/** Says of a request whether it may be carried out. Its body has not been read yet. */
export type Authorize = (request: Request) => boolean | Promise<boolean>;

export interface CheckpointerHandlerOptions {
  /** Asked of every request, before anything of its body is read. `"none"` where something else has decided already. */
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
 *   authorize: (request) => request.headers.get("authorization") === `Bearer ${process.env.SERVICE_TOKEN}`,
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
    const isAllowed = authorize === "none" || (await authorize(request)) === true;
    if (!isAllowed)
      throw new RequestRefusal(
        403,
        "unauthorized",
        "the checkpoint service refuses the request",
        CREDENTIALS,
      );
    const path = pathOf(request, base);
    const target = path === undefined ? undefined : targetOf(path);
    if (path === undefined || target === undefined)
      throw new RequestRefusal(404, "not_found", "there is no such resource");
    if (target.kind === "vacuum" && (await authorizeVacuum?.(request)) !== true) {
      throw new RequestRefusal(
        403,
        "vacuum_unauthorized",
        "the checkpoint service does not let this request vacuum",
        "The service decides by its `authorizeVacuum`.",
      );
    }
    const method = request.headers.get(METHOD_HEADER) ?? request.method;
    const operation = OPERATIONS[`${method} ${resourceOf(target)}`];
    if (operation === undefined)
      throw new RequestRefusal(405, "method_not_allowed", "the resource takes no such method");
    return await operation({ store, leases, ...(await readRequest(request, path, target, maxBodyBytes)) });
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

const resourceOf = (target: Target): string => {
  if (target.kind !== "thread") return target.kind;
  return target.resource === "" ? "thread" : target.resource;
};

function pathOf(request: Request, basePath: string): string | undefined {
  const { pathname } = new URL(request.url);
  return pathname.startsWith(`${basePath}/`) ? pathname.slice(basePath.length) : undefined;
}

type Read = Pick<Call, "threadId" | "query" | "body" | "isRepeat">;

async function readRequest(request: Request, path: string, target: Target, maxBytes: number): Promise<Read> {
  const isRepeat = request.headers.get(RETRY_HEADER) !== null;
  const query = Object.fromEntries(new URL(request.url).searchParams);
  const hasBody = request.method === "POST";
  const body = hasBody ? parsed(request, await textOf(request, maxBytes)) : undefined;
  const named = target.kind === "thread" ? target.threadId : "";
  if (request.headers.get(METHOD_HEADER) === null) {
    if (named !== undefined) return { threadId: named, query, body, isRepeat };
    throw new RequestRefusal(400, "bad_request", `a thread by its hash needs the header ${METHOD_HEADER}`);
  }
  const envelope = checked(envelopeSchema, body);
  const threadId = named ?? envelope.threadId ?? "";
  if (target.kind === "thread" && !isPathOf(path, threadId, target.resource)) {
    throw new RequestRefusal(
      400,
      "bad_request",
      "the request does not fit: threadId: it is not that of the path",
    );
  }
  return { threadId, query: { ...query, ...envelope.query }, body: envelope.body, isRepeat };
}

/** Bodies are of a type that no web page may send elsewhere unasked. */
function parsed(request: Request, text: string): unknown {
  const type = request.headers.get("content-type")?.split(";")[0]?.trim();
  if (type !== "application/json") {
    throw new RequestRefusal(415, "bad_request", "the request's content-type is not application/json");
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new RequestRefusal(400, "bad_request", "the request's body is not JSON");
  }
}

async function textOf(request: Request, maxBytes: number): Promise<string> {
  const tooLong = new RequestRefusal(
    413,
    "too_large",
    `the request's body has more than ${maxBytes} bytes`,
    "Append fewer events at once, or let the service take more: `maxBodyBytes` of its handler.",
  );
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) throw tooLong;
  const reader = request.body?.getReader();
  if (reader === undefined) return "";
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Not cancelled where it is too long: the connection has to last for the answer.
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks).toString("utf8");
    bytes += value.byteLength;
    if (bytes > maxBytes) throw tooLong;
    chunks.push(value);
  }
}
