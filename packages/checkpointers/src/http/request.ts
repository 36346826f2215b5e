/** What a request asks for: told by its path, and by its body only where a path does not take it. */
import { RequestRefusal } from "./errors.ts";
import { type Call, OPERATIONS, type OperationName } from "./operations.ts";
import { isPathOf, METHOD_HEADER, RETRY_HEADER, type Target, targetOf } from "./paths.ts";
import { checked, envelopeSchema, forkSchema, listSchema } from "./wire.ts";

/** What a request asks for, however it is spelled: a method of `Checkpointer` or of `Lease`, and of which threads. */
export interface RequestedAction {
  readonly operation: OperationName;
  /** Absent for `"list"` and `"vacuum"`, which concern all threads. */
  readonly threadId?: string;
  /** Of `"fork"`: the id of the copy, which must not be there yet. */
  readonly newThreadId?: string;
  /** Of `"list"`: what the ids have to begin with, where that was asked for. */
  readonly prefix?: string;
}

export interface ReadRequest {
  readonly action: RequestedAction;
  /** The request; where its method stands in a header, one with that method and without a body. */
  readonly shown: Request;
  readonly run: (typeof OPERATIONS)[string]["run"];
  /** What the operation needs to know. The body is read here, unless it was before. */
  readonly call: () => Promise<Pick<Call, "threadId" | "query" | "body" | "isRepeat">>;
}

interface Asked {
  readonly threadId: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: () => Promise<unknown>;
}

/** Levels of a body; what an agent stores has 200 of its own at most. */
const MAX_DEPTH = 250;

/** @throws RequestRefusal for what is no request of ours, or is not spelled as ours are. */
export async function readRequest(
  request: Request,
  basePath: string,
  maxBodyBytes: number,
): Promise<ReadRequest> {
  const { pathname, searchParams } = new URL(request.url);
  const path = pathname.startsWith(`${basePath}/`) ? pathname.slice(basePath.length) : "";
  const target = targetOf(path);
  if (target === undefined) throw new RequestRefusal(404, "not_found", "there is no such resource");
  const header = request.headers.get(METHOD_HEADER);
  checkSpelling(request, path, target, header);

  const method = header ?? request.method;
  const key = `${method} ${resourceOf(target)}`;
  const operation = Object.hasOwn(OPERATIONS, key) ? OPERATIONS[key] : undefined;
  if (operation === undefined)
    throw new RequestRefusal(405, "method_not_allowed", "the resource takes no such method");

  let reading: Promise<unknown> | undefined;
  const body = async (): Promise<unknown> => {
    reading ??= request.method === "POST" ? bodyOf(request, maxBodyBytes) : Promise.resolve(undefined);
    return await reading;
  };
  const named = target.kind === "thread" ? (target.threadId ?? "") : "";
  const plain: Asked = { threadId: named, query: Object.fromEntries(searchParams), body };
  const asked = header === null ? plain : await opened(plain, path, target);
  return {
    action: await actionOf(operation.name, asked),
    shown: header === null ? request : new Request(request.url, { method, headers: request.headers }),
    run: operation.run,
    call: async () => ({
      threadId: asked.threadId,
      query: asked.query,
      body: await asked.body(),
      isRepeat: request.headers.get(RETRY_HEADER) !== null,
    }),
  };
}

/** One address and one method for each thing: what stands in between may decide by them. */
function checkSpelling(request: Request, path: string, target: Target, header: string | null): void {
  const isPlain = target.kind === "thread" && target.threadId !== undefined;
  if (isPlain && !isPathOf(path, target.threadId ?? "", target.resource)) {
    throw misfit("the thread's id is not spelled as encodeURIComponent() does, or is too long for a path");
  }
  const isHashed = target.kind === "thread" && !isPlain;
  if (header === null && isHashed) throw misfit(`a thread by its hash needs the header ${METHOD_HEADER}`);
  const isFitting = request.method === "POST" && (isHashed || (target.kind === "list" && header === "GET"));
  if (header !== null && !isFitting) {
    throw misfit(`the header ${METHOD_HEADER} is for ids and queries that do not fit into an address`);
  }
}

/** The envelope in a body whose id or query does not fit into an address. */
async function opened(plain: Asked, path: string, target: Target): Promise<Asked> {
  const { threadId = "", query, body } = checked(envelopeSchema, await plain.body());
  const isThread = target.kind === "thread";
  if (isThread && !(threadId.isWellFormed() && isPathOf(path, threadId, target.resource))) {
    throw misfit("threadId: it is not that of the path");
  }
  return {
    threadId: isThread ? threadId : "",
    query: { ...plain.query, ...query },
    body: async () => body,
  };
}

async function actionOf(
  operation: OperationName,
  { threadId, query, body }: Asked,
): Promise<RequestedAction> {
  if (operation === "vacuum") return { operation };
  if (operation === "list") {
    const { prefix } = checked(listSchema, query);
    return prefix === undefined ? { operation } : { operation, prefix };
  }
  if (operation !== "fork") return { operation, threadId };
  return { operation, threadId, newThreadId: checked(forkSchema, await body()).newThreadId };
}

const resourceOf = (target: Target): string => {
  if (target.kind !== "thread") return target.kind;
  return target.resource === "" ? "thread" : target.resource;
};

const misfit = (what: string): RequestRefusal =>
  new RequestRefusal(400, "bad_request", `the request does not fit: ${what}`);

/** Bodies are of a type that no web page may send elsewhere unasked. */
async function bodyOf(request: Request, maxBytes: number): Promise<unknown> {
  const text = await textOf(request, maxBytes);
  const type = request.headers.get("content-type")?.split(";")[0]?.trim();
  if (type !== "application/json") {
    throw new RequestRefusal(415, "bad_request", "the request's content-type is not application/json");
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new RequestRefusal(400, "bad_request", "the request's body is not JSON");
  }
  if (isDeeper(value, MAX_DEPTH)) throw misfit(`it is nested more than ${MAX_DEPTH} levels deep`);
  return value;
}

function isDeeper(value: unknown, levels: number): boolean {
  let level = [value];
  for (let left = levels; level.length > 0; left -= 1) {
    if (left < 0) return true;
    level = level.flatMap((each) => (typeof each === "object" && each !== null ? Object.values(each) : []));
  }
  return false;
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
