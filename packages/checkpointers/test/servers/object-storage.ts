/** OCI Object Storage on loopback: the calls on objects, as strict about conditions, names and lists as the service is. */
import { createHash, randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Loopback, listenOnLoopback } from "./loopback.ts";

export interface StoredObject {
  body: Uint8Array;
  etag: string;
  timeCreated: string;
}

export interface ObjectStorage extends Loopback {
  readonly namespace: string;
  readonly bucket: string;
  /** By name. */
  readonly objects: Map<string, StoredObject>;
  /** So many objects a page at most, to have several. */
  pageSize: number;
  /** Seconds that its clock is ahead. */
  aheadSeconds: number;
}

interface Call {
  readonly storage: ObjectStorage;
  readonly incoming: IncomingMessage;
  readonly name: string;
  readonly query: URLSearchParams;
  readonly body: Uint8Array;
}
interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export async function startObjectStorage(): Promise<ObjectStorage> {
  const namespace = "mytenancy";
  const bucket = "agent-threads";
  const objects = new Map<string, StoredObject>();
  const loopback = await listenOnLoopback((incoming, outgoing) => {
    void receive(incoming).then((body) => respond(storage, outgoing, answer(storage, incoming, body)));
  });
  const storage: ObjectStorage = Object.assign(loopback, {
    namespace,
    bucket,
    objects,
    pageSize: 1_000,
    aheadSeconds: 0,
  });
  return storage;
}

async function receive(incoming: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

function respond(storage: ObjectStorage, outgoing: ServerResponse, { status, headers, body }: Reply): void {
  const date = new Date(Date.now() + storage.aheadSeconds * 1_000).toUTCString();
  outgoing.writeHead(status, { "opc-request-id": randomUUID(), date, ...headers });
  outgoing.end(body);
}

function answer(storage: ObjectStorage, incoming: IncomingMessage, body: Uint8Array): Reply {
  const url = new URL(incoming.url ?? "/", "http://localhost");
  const match = /^\/n\/([^/]+)\/b\/([^/]+)\/o(?:\/(.*))?$/.exec(url.pathname);
  if (match === null) return failure(404, "NotFound", "there is no such path");
  if (match[1] !== storage.namespace) return failure(404, "NamespaceNotFound", "there is no such namespace");
  if (match[2] !== storage.bucket) {
    return failure(
      404,
      "BucketNotFound",
      "the bucket does not exist, or you are not authorized to access it",
    );
  }
  const name = decodeURIComponent(match[3] ?? "");
  const call: Call = { storage, incoming, name, query: url.searchParams, body };
  if (name === "") return incoming.method === "GET" ? list(call) : failure(405, "MethodNotAllowed", "GET");
  if (Buffer.byteLength(name) > 1_024 || /[\0\r\n]/.test(name)) {
    return failure(400, "InvalidObjectName", `'${name}' is not a valid object name`);
  }
  const operation = OPERATIONS[incoming.method ?? ""];
  return operation === undefined ? failure(405, "MethodNotAllowed", "GET, PUT, DELETE") : operation(call);
}

const OPERATIONS: Readonly<Record<string, (call: Call) => Reply>> = { GET: get, PUT: put, DELETE: remove };

function get({ storage, name }: Call): Reply {
  const object = storage.objects.get(name);
  if (object === undefined) return missing(name);
  return { status: 200, headers: { etag: object.etag }, body: object.body };
}

function put(call: Call): Reply {
  const { storage, name, body } = call;
  const refused = unmet(call);
  if (refused !== undefined) return refused;
  if (call.incoming.headers["content-length"] === undefined) {
    return failure(411, "MissingContentLength", "the content-length header is required");
  }
  const timeCreated = new Date(Date.now() + storage.aheadSeconds * 1_000).toISOString();
  const object = { body, etag: randomUUID(), timeCreated };
  storage.objects.set(name, object);
  const md5 = createHash("md5").update(body).digest("base64");
  return { status: 200, headers: { etag: object.etag, "opc-content-md5": md5 } };
}

function remove(call: Call): Reply {
  const refused = unmet(call);
  if (refused !== undefined) return refused;
  return call.storage.objects.delete(call.name) ? { status: 204 } : missing(call.name);
}

function unmet({ storage, incoming, name }: Call): Reply | undefined {
  const { "if-match": ifMatch, "if-none-match": ifNoneMatch } = incoming.headers;
  const etag = storage.objects.get(name)?.etag;
  if (ifNoneMatch !== undefined && ifNoneMatch !== "*") {
    return failure(400, "InvalidParameter", "the only value of if-none-match is '*'");
  }
  if (ifNoneMatch === "*" && etag !== undefined) {
    return failure(412, "IfNoneMatchFailed", "the object exists already");
  }
  // Without an object there is nothing to match, whatever the header says.
  if (ifMatch !== undefined && etag === undefined && incoming.method === "DELETE") return missing(name);
  if (ifMatch !== undefined && ifMatch !== etag && ifMatch !== "*") {
    return failure(412, "IfMatchFailed", "the etag does not match that of the object");
  }
  return undefined;
}

const LISTED = ["name", "size", "etag", "timeCreated", "md5", "timeModified", "storageTier", "archivalState"];

function list({ storage, query }: Call): Reply {
  for (const key of query.keys()) {
    if (!["prefix", "start", "startAfter", "end", "limit", "delimiter", "fields"].includes(key)) {
      return failure(400, "InvalidParameter", `'${key}' is no parameter`);
    }
  }
  const fields = (query.get("fields") ?? "name").split(",");
  const limit = Number(query.get("limit") ?? 1_000);
  if (
    !Number.isInteger(limit) ||
    limit < 1 ||
    limit > 1_000 ||
    fields.some((field) => !LISTED.includes(field))
  ) {
    return failure(400, "InvalidParameter", "limit or fields");
  }
  const [start, startAfter, end] = ["start", "startAfter", "end"].map((key) => query.get(key));
  const names = [...storage.objects.keys()]
    .filter((name) => name.startsWith(query.get("prefix") ?? ""))
    .filter((name) => start === null || start === undefined || compare(name, start) >= 0)
    .filter((name) => startAfter === null || startAfter === undefined || compare(name, startAfter) > 0)
    .filter((name) => end === null || end === undefined || compare(name, end) < 0)
    .toSorted(compare);
  const page = names.slice(0, Math.min(limit, storage.pageSize));
  const next = names[page.length];
  const objects = page.map((name) => {
    const object = storage.objects.get(name);
    return { name, ...(fields.includes("timeCreated") ? { timeCreated: object?.timeCreated } : {}) };
  });
  const body = JSON.stringify({ objects, ...(next === undefined ? {} : { nextStartWith: next }) });
  return { status: 200, headers: { "content-type": "application/json" }, body };
}

const compare = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

const missing = (name: string): Reply => failure(404, "ObjectNotFound", `the object '${name}' was not found`);

function failure(status: number, code: string, message: string): Reply {
  const body = JSON.stringify({ code, message });
  return { status, headers: { "content-type": "application/json" }, body };
}
