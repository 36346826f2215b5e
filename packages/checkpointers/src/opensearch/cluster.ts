/** OpenSearch over its REST API: documents that are written on a condition, and searches that see what was refreshed. */
import { CheckpointError, parseJson } from "@locus-sdk/core";
import { z } from "zod";
import type { Answer, OutgoingRequest, Requester } from "../shared/requester.ts";

export interface Found {
  readonly id: string;
  readonly source: Readonly<Record<string, unknown>>;
  /** Sequence number and primary term of its last change. */
  readonly tag: string;
}
export interface Place {
  readonly index: string;
  readonly id: string;
  /** Which shard it is on; the same for every request about it. */
  readonly routing: string;
}
/** A change of a document: whether it was made; and where not, whether this very request may have made it before. */
export type Change = { readonly tag: string } | { readonly tag: undefined; readonly isUncertain: boolean };

export interface Search {
  readonly index: string;
  readonly routing?: string;
  readonly query: object;
  /** Fields, of which each document has a value; together they are different for each. */
  readonly sort: readonly string[];
  readonly order: "asc" | "desc";
  /** Members of the documents to come along. */
  readonly fields: readonly string[];
  readonly pageSize: number;
}

const errorSchema = z.object({ error: z.object({ type: z.string(), reason: z.string().nullish() }) });
const changedSchema = z.object({ _seq_no: z.int(), _primary_term: z.int() });
const foundSchema = z.object({
  _id: z.string(),
  _seq_no: z.int(),
  _primary_term: z.int(),
  _source: z.record(z.string(), z.unknown()),
});
const pageSchema = z.object({
  timed_out: z.boolean(),
  _shards: z.object({ failed: z.int() }),
  hits: z.object({ hits: z.array(foundSchema.extend({ sort: z.array(z.unknown()) })) }),
});

const absentSchema = z.union([
  z.object({ found: z.literal(false) }),
  z.object({ result: z.literal("not_found") }),
]);

const CONFLICT = "version_conflict_engine_exception";
const NO_INDEX = "index_not_found_exception";
const EXISTS = "resource_already_exists_exception";

export class Cluster {
  readonly #requester: Requester;
  readonly #url: string;

  constructor(requester: Requester, url: string) {
    this.#requester = requester;
    this.#url = url;
  }

  /** Makes the index, unless it is there. */
  async ensureIndex(index: string, body: object): Promise<void> {
    const answer = await this.#send("PUT", `/${index}`, body);
    if (answer.status !== 200 && errorOf(answer)?.type !== EXISTS) throw this.#failure(answer);
  }

  /** In real time: whatever was written before is seen. */
  async get(place: Place): Promise<Found | undefined> {
    const answer = await this.#send("GET", `${pathOf(place)}?${queryOf(place)}`);
    if (tellsAbsence(answer)) return undefined;
    if (answer.status !== 200) throw this.#failure(answer);
    const found = this.#read(foundSchema, answer);
    return { id: found._id, source: found._source, tag: tagOf(found) };
  }

  /** Where its tag is still `tag`; `"absent"`: where there is none. Without a condition: whatever there is. */
  async put(place: Place, source: object, tag?: string): Promise<Change> {
    const isNew = tag === "absent";
    const condition = tag === undefined || isNew ? {} : conditionOf(tag);
    const path = `${pathOf(place, isNew ? "_create" : "_doc")}?${queryOf(place, condition)}`;
    return this.#changed(await this.#send("PUT", path, source));
  }

  async delete(place: Place, tag?: string): Promise<Change> {
    const condition = tag === undefined ? {} : conditionOf(tag);
    const answer = await this.#send("DELETE", `${pathOf(place)}?${queryOf(place, condition)}`);
    return tellsAbsence(answer) ? { tag: undefined, isUncertain: answer.isUncertain } : this.#changed(answer);
  }

  /** Lets searches see all that was written before. */
  async refresh(index: string): Promise<void> {
    const answer = await this.#send("POST", `/${index}/_refresh`);
    if (answer.status !== 200) throw this.#failure(answer);
  }

  /** Of what was refreshed, in order, page by page. */
  async *search(search: Search): AsyncGenerator<Found, void, undefined> {
    const { index, query, sort, order, fields, pageSize, routing } = search;
    let after: readonly unknown[] | undefined;
    for (;;) {
      const body = {
        query,
        sort: sort.map((field) => ({ [field]: order })),
        size: pageSize,
        _source: fields,
        seq_no_primary_term: true,
        ...(after === undefined ? {} : { search_after: after }),
      };
      const target = routing === undefined ? "" : `?${new URLSearchParams({ routing }).toString()}`;
      const answer = await this.#send("POST", `/${index}/_search${target}`, body);
      if (answer.status !== 200) throw this.#failure(answer);
      const page = this.#read(pageSchema, answer);
      // A part of the shards would be a part of the threads.
      if (page.timed_out || page._shards.failed > 0) {
        throw new CheckpointError("OpenSearch searched a part of its shards only", { retryable: true });
      }
      const { hits } = page.hits;
      for (const hit of hits) yield { id: hit._id, source: hit._source, tag: tagOf(hit) };
      after = hits.at(-1)?.sort;
      if (hits.length < pageSize) return;
    }
  }

  #changed(answer: Answer): Change {
    if (answer.status === 409 && errorOf(answer)?.type === CONFLICT)
      return { tag: undefined, isUncertain: answer.isUncertain };
    if (answer.status !== 200 && answer.status !== 201) throw this.#failure(answer);
    return { tag: tagOf(this.#read(changedSchema, answer)) };
  }

  async #send(method: string, path: string, body?: object): Promise<Answer> {
    const request: OutgoingRequest = { method, url: `${this.#url}${path}` };
    if (body === undefined) return await this.#requester.text(request);
    const headers = { "content-type": "application/json" };
    return await this.#requester.text({ ...request, headers, body: JSON.stringify(body) });
  }

  #read<T>(schema: z.ZodType<T>, answer: Answer): T {
    const parsed = schema.safeParse(parseJson(answer.text));
    if (parsed.success) return parsed.data;
    throw new CheckpointError(`OpenSearch answered with status ${answer.status} and what does not fit`, {
      status: answer.status,
      hint: "Check that `url` is that of OpenSearch 2 or later.",
    });
  }

  #failure(answer: Answer): CheckpointError {
    const { status } = answer;
    const error = errorOf(answer);
    const why = error === undefined ? "" : `, ${error.type}: ${error.reason ?? "no reason given"}`;
    const isForeign = status === 404 && error?.type !== NO_INDEX;
    const hint = isForeign ? FOREIGN : HINTS[status];
    return new CheckpointError(`OpenSearch answered with status ${status}${why}`, {
      status,
      retryable: status === 429 || status >= 500,
      ...(hint === undefined ? {} : { hint }),
    });
  }
}

const FOREIGN = "Something else than OpenSearch may have answered. Check `url`, and what is in between.";
const HINTS: Readonly<Record<number, string>> = {
  401: "Check the credentials in `headers`.",
  403: "Check that these credentials may create the indices, and read, write and search them.",
  404: "The index was deleted while it was in use. Open the checkpointer anew, which makes it again, empty.",
  413: "Append fewer events at once, or raise http.max_content_length.",
};

/** A document that is not there; a balancer says 404 of itself. */
const tellsAbsence = ({ status, text }: Answer): boolean =>
  status === 404 && absentSchema.safeParse(parseJson(text)).success;

const errorOf = (
  answer: Answer,
): { readonly type: string; readonly reason?: string | null | undefined } | undefined => {
  const parsed = errorSchema.safeParse(parseJson(answer.text));
  return parsed.success ? parsed.data.error : undefined;
};

const pathOf = ({ index, id }: Place, endpoint = "_doc"): string =>
  `/${index}/${endpoint}/${encodeURIComponent(id)}`;

const queryOf = ({ routing }: Place, condition: Readonly<Record<string, string>> = {}): string =>
  new URLSearchParams({ routing, ...condition }).toString();

const tagOf = (changed: { readonly _seq_no: number; readonly _primary_term: number }): string =>
  `${changed._seq_no}:${changed._primary_term}`;

function conditionOf(tag: string): Record<string, string> {
  const [seqNo = "", term = ""] = tag.split(":");
  return { if_seq_no: seqNo, if_primary_term: term };
}
