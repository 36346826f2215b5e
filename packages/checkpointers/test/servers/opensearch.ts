/**
 * OpenSearch on loopback, as far as documents by id, conditions and simple searches go. As there, documents are read in real
 * time, and searches see what was refreshed; a document is found on the shard of its routing alone.
 */
import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { type Loopback, listenOnLoopback } from "./loopback.ts";

type Source = Readonly<Record<string, unknown>>;
interface Doc {
  readonly id: string;
  readonly shard: number;
  readonly source: Source;
  readonly seqNo: number;
}
interface Index {
  readonly properties: Readonly<Record<string, { readonly type: string }>>;
  /** By shard and id. */
  readonly docs: Map<string, Doc>;
  /** What searches see. */
  visible: readonly Doc[];
  nextSeqNo: number;
}

export interface OpenSearch extends Loopback {
  readonly indices: Map<string, Index>;
  /** Makes every search answer for a part of its shards. */
  failShards: boolean;
}

interface Call {
  readonly cluster: OpenSearch;
  readonly index: Index;
  readonly id: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}
type Reply = readonly [status: number, body: object];
class Refusal extends Error {
  readonly status: number;
  readonly type: string;

  constructor(status: number, type: string, reason: string) {
    super(reason);
    this.status = status;
    this.type = type;
  }
}

const SHARDS = 3;
const PRIMARY_TERM = 1;
const MAX_ID_BYTES = 512;
const MAX_TERM_BYTES = 32_766;
const MAX_WINDOW = 10_000;

export async function startOpenSearch(): Promise<OpenSearch> {
  const indices = new Map<string, Index>();
  const loopback = await listenOnLoopback((incoming, outgoing) => {
    void read(incoming)
      .then((text) => answer(cluster, incoming, text))
      .catch((error: unknown): Reply => {
        if (!(error instanceof Refusal)) throw error;
        return [error.status, { error: { type: error.type, reason: error.message }, status: error.status }];
      })
      .then(([status, body]) => {
        outgoing.writeHead(status, { "content-type": "application/json; charset=UTF-8" });
        outgoing.end(JSON.stringify(body));
      });
  });
  const cluster: OpenSearch = Object.assign(loopback, { indices, failShards: false });
  return cluster;
}

async function read(incoming: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

const OPERATIONS: Readonly<Record<string, (call: Call) => Reply>> = {
  "GET _doc": get,
  "PUT _doc": (call) => write(call, false),
  "PUT _create": (call) => write(call, true),
  "DELETE _doc": remove,
  "POST _refresh": refresh,
  "POST _search": search,
};

function answer(cluster: OpenSearch, incoming: IncomingMessage, text: string): Reply {
  const url = new URL(incoming.url ?? "/", "http://localhost");
  const [, name = "", endpoint, rawId = ""] = url.pathname.split("/");
  if (text !== "" && incoming.headers["content-type"] !== "application/json") {
    throw new Refusal(406, "media_type_header_exception", "content-type");
  }
  const body: unknown = text === "" ? undefined : JSON.parse(text);
  if (endpoint === undefined) return createIndex(cluster, incoming.method, name, body);
  const index = cluster.indices.get(name);
  if (index === undefined) throw new Refusal(404, "index_not_found_exception", `no such index [${name}]`);
  const id = decodeURIComponent(rawId);
  const operation = OPERATIONS[`${incoming.method} ${endpoint}`];
  if (operation === undefined) throw new Refusal(405, "illegal_argument_exception", "no handler found");
  return operation({ cluster, index, id, query: url.searchParams, body });
}

function createIndex(cluster: OpenSearch, method: string | undefined, name: string, body: unknown): Reply {
  if (method !== "PUT") throw new Refusal(405, "illegal_argument_exception", "only PUT");
  if (cluster.indices.has(name)) {
    throw new Refusal(400, "resource_already_exists_exception", `index [${name}] already exists`);
  }
  const { mappings } = body as { mappings: { dynamic: boolean; properties: Index["properties"] } };
  if (mappings.dynamic)
    throw new Refusal(400, "mapper_parsing_exception", "this server maps nothing by itself");
  cluster.indices.set(name, { properties: mappings.properties, docs: new Map(), visible: [], nextSeqNo: 0 });
  return [200, { acknowledged: true, index: name }];
}

const shardOf = (routing: string): number => createHash("md5").update(routing).digest().readUInt8(0) % SHARDS;

/** Without a routing, a document's is its id. */
function placeOf({ id, query }: Call): { readonly shard: number; readonly key: string } {
  if (Buffer.byteLength(id) > MAX_ID_BYTES || id === "") {
    throw new Refusal(
      400,
      "action_request_validation_exception",
      `id is too long, must be no longer than 512 bytes`,
    );
  }
  const shard = shardOf(query.get("routing") ?? id);
  return { shard, key: `${shard}/${id}` };
}

function get(call: Call): Reply {
  const doc = call.index.docs.get(placeOf(call).key);
  if (doc === undefined) return [404, { _id: call.id, found: false }];
  return [200, { _id: doc.id, found: true, ...numbersOf(doc), _source: doc.source }];
}

function write(call: Call, isCreate: boolean): Reply {
  const { index, id, body } = call;
  const { shard, key } = placeOf(call);
  const before = index.docs.get(key);
  if (isCreate && before !== undefined) throw conflict(`document already exists`);
  checkCondition(call, before);
  for (const [field, { type }] of Object.entries(index.properties)) {
    for (const value of [(body as Source)[field]].flat()) {
      if (type === "keyword" && typeof value === "string" && Buffer.byteLength(value) > MAX_TERM_BYTES) {
        throw new Refusal(400, "illegal_argument_exception", `Document contains at least one immense term`);
      }
    }
  }
  const doc: Doc = { id, shard, source: body as Source, seqNo: index.nextSeqNo++ };
  index.docs.set(key, doc);
  return [before === undefined ? 201 : 200, { _id: id, result: "created", ...numbersOf(doc) }];
}

function remove(call: Call): Reply {
  const { index, id } = call;
  const { key } = placeOf(call);
  const before = index.docs.get(key);
  checkCondition(call, before);
  const seqNo = index.nextSeqNo++;
  const numbers = { _seq_no: seqNo, _primary_term: PRIMARY_TERM };
  if (!index.docs.delete(key)) return [404, { _id: id, result: "not_found", ...numbers }];
  return [200, { _id: id, result: "deleted", ...numbers }];
}

function checkCondition({ query }: Call, before: Doc | undefined): void {
  const [seqNo, term] = [query.get("if_seq_no"), query.get("if_primary_term")];
  if ((seqNo === null) !== (term === null)) {
    throw new Refusal(
      400,
      "action_request_validation_exception",
      "if_seq_no and if_primary_term go together",
    );
  }
  if (seqNo === null) return;
  if (before === undefined || before.seqNo !== Number(seqNo) || PRIMARY_TERM !== Number(term)) {
    throw conflict(`required seqNo [${seqNo}]`);
  }
}

function refresh({ index }: Call): Reply {
  index.visible = [...index.docs.values()];
  return [200, { _shards: { total: SHARDS, successful: SHARDS, failed: 0 } }];
}

interface SearchBody {
  readonly query: object;
  readonly sort: readonly Readonly<Record<string, "asc" | "desc">>[];
  readonly size: number;
  readonly _source: readonly string[];
  readonly search_after?: readonly unknown[];
}

function search({ cluster, index, query, body }: Call): Reply {
  const { query: clause, sort, size, _source: fields, search_after: after } = body as SearchBody;
  if (size > MAX_WINDOW) throw new Refusal(400, "illegal_argument_exception", "Result window is too large");
  const routing = query.get("routing");
  const keys = sort.map((one): readonly [string, string] => Object.entries(one)[0] ?? ["", "asc"]);
  for (const [field] of keys) {
    if (index.properties[field] === undefined) {
      throw new Refusal(400, "query_shard_exception", `No mapping found for [${field}] in order to sort on`);
    }
  }
  const valuesOf = (doc: Doc): unknown[] => keys.map(([field]) => doc.source[field]);
  const inOrder = (a: readonly unknown[], b: readonly unknown[]): number => {
    for (const [at, [, direction]] of keys.entries()) {
      const difference = compare(a[at], b[at]);
      if (difference !== 0) return direction === "desc" ? -difference : difference;
    }
    return 0;
  };
  const hits = index.visible
    .filter(({ shard }) => routing === null || shard === shardOf(routing))
    .filter(({ source }) => matches(index, clause, source))
    .map((doc) => ({ doc, sort: valuesOf(doc) }))
    .filter((hit) => after === undefined || inOrder(hit.sort, after) > 0)
    .toSorted((a, b) => inOrder(a.sort, b.sort))
    .slice(0, size)
    .map(({ doc, sort: values }) => ({
      _id: doc.id,
      ...numbersOf(doc),
      _source: Object.fromEntries(Object.entries(doc.source).filter(([field]) => fields.includes(field))),
      sort: values,
    }));
  const failed = cluster.failShards ? 1 : 0;
  return [
    200,
    { timed_out: false, _shards: { total: SHARDS, successful: SHARDS - failed, failed }, hits: { hits } },
  ];
}

/** A field without a mapping has no values that a query could find. */
function matches(index: Index, clause: object, source: Source): boolean {
  const [[kind, value] = ["", {}]] = Object.entries(clause) as [string, Source][];
  if (kind === "match_all") return true;
  if (kind === "bool") {
    const {
      filter = [],
      should = [],
      minimum_should_match: least = 0,
    } = value as {
      filter?: readonly object[];
      should?: readonly object[];
      minimum_should_match?: number;
    };
    const met = should.filter((one) => matches(index, one, source)).length;
    return filter.every((one) => matches(index, one, source)) && met >= least;
  }
  const [field, wanted] = Object.entries(value)[0] ?? ["", undefined];
  const values = index.properties[field] === undefined ? [] : [source[field]].flat();
  if (kind === "term") return values.includes(wanted);
  if (kind !== "range") throw new Refusal(400, "parsing_exception", `unknown query [${kind}]`);
  const { gte, lt } = wanted as { gte?: unknown; lt?: unknown };
  return values.some(
    (one) => (gte === undefined || compare(one, gte) >= 0) && (lt === undefined || compare(one, lt) < 0),
  );
}

function compare(a: unknown, b: unknown): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
}

const numbersOf = ({ seqNo }: Doc): object => ({ _seq_no: seqNo, _primary_term: PRIMARY_TERM });
const conflict = (reason: string): Refusal => new Refusal(409, "version_conflict_engine_exception", reason);
