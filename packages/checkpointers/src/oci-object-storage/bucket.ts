/** One bucket of OCI Object Storage, over its own REST API: objects that are put on a condition, read, listed and deleted. */
import { CheckpointError, parseJson } from "@locus-sdk/core";
import { z } from "zod";
import type { Answer, OutgoingRequest, Requester } from "../shared/requester.ts";

export interface StoredObject {
  readonly text: string;
  readonly etag: string;
}
export interface ListedObject {
  readonly name: string;
  /** ISO 8601. */
  readonly timeCreated: string;
}

/** What a put or a deletion may depend on: an etag, or that there is no such object. */
export type Condition = { readonly ifMatch: string } | { readonly ifNoneMatch: "*" };
export type PutOutcome =
  | { readonly etag: string }
  | { readonly etag: undefined; readonly isUncertain: boolean };

/** By these codes the condition was not met. Of a put at the same time as another, one is told of it by the last. */
const UNMET: ReadonlySet<string> = new Set(["IfMatchFailed", "IfNoneMatchFailed", "ConcurrentObjectUpdate"]);
const PAGE = 1_000;

const errorSchema = z.object({ code: z.string(), message: z.string() });
const listSchema = z.object({
  objects: z.array(z.object({ name: z.string(), timeCreated: z.string() })),
  nextStartWith: z.string().nullish(),
});

export interface BucketPlace {
  readonly endpoint: string;
  readonly namespace: string;
  readonly bucket: string;
}

export class Bucket {
  readonly #requester: Requester;
  readonly #bucket: string;
  readonly #objects: string;
  /** How far the service's clock is ahead of ours, in ms. */
  #aheadMs = 0;

  constructor(requester: Requester, { endpoint, namespace, bucket }: BucketPlace) {
    this.#requester = requester;
    this.#bucket = bucket;
    this.#objects = `${endpoint}/n/${encodeURIComponent(namespace)}/b/${encodeURIComponent(bucket)}/o`;
  }

  /** By the service's clock, as far as its answers have told. */
  now(): number {
    return Date.now() + this.#aheadMs;
  }

  async get(name: string): Promise<StoredObject | undefined> {
    const answer = await this.#send({ method: "GET", url: this.#urlOf(name) });
    if (codeOf(answer) === "ObjectNotFound") return undefined;
    this.#require(answer, 200);
    return { text: answer.text, etag: this.#etagOf(answer) };
  }

  async put(name: string, text: string, condition?: Condition): Promise<PutOutcome> {
    const headers = { "content-type": "application/json", ...conditionHeaders(condition) };
    const answer = await this.#send({ method: "PUT", url: this.#urlOf(name), headers, body: text });
    if (UNMET.has(codeOf(answer) ?? "")) return { etag: undefined, isUncertain: isUncertain(answer) };
    this.#require(answer, 200);
    return { etag: this.#etagOf(answer) };
  }

  /** Whether it was there, and as the condition has it. */
  async delete(
    name: string,
    condition?: Condition,
  ): Promise<{ readonly isDone: boolean; readonly isUncertain: boolean }> {
    const headers = conditionHeaders(condition);
    const answer = await this.#send({ method: "DELETE", url: this.#urlOf(name), headers });
    const code = codeOf(answer) ?? "";
    if (code === "ObjectNotFound" || UNMET.has(code))
      return { isDone: false, isUncertain: isUncertain(answer) };
    this.#require(answer, 204);
    return { isDone: true, isUncertain: false };
  }

  /** In order of the names' UTF-8 bytes, from `start` (inclusive) to `end` (exclusive), page by page. */
  async *list(range: {
    readonly prefix: string;
    readonly start?: string;
    readonly end?: string;
  }): AsyncGenerator<ListedObject, void, undefined> {
    let { start } = range;
    do {
      const query = new URLSearchParams({
        prefix: range.prefix,
        fields: "name,timeCreated",
        limit: String(PAGE),
      });
      if (start !== undefined) query.set("start", start);
      if (range.end !== undefined) query.set("end", range.end);
      const answer = await this.#send({ method: "GET", url: `${this.#objects}?${query.toString()}` });
      this.#require(answer, 200);
      const page = listSchema.safeParse(parseJson(answer.text));
      if (!page.success) throw this.#failure(answer, "answered with a list that is none");
      yield* page.data.objects;
      start = page.data.nextStartWith ?? undefined;
    } while (start !== undefined);
  }

  #urlOf(name: string): string {
    return `${this.#objects}/${name.split("/").map(encodeURIComponent).join("/")}`;
  }

  async #send(request: OutgoingRequest): Promise<Answer> {
    const answer = await this.#requester.text(request);
    const date = Date.parse(answer.headers.get("date") ?? "");
    const aheadMs = date - Date.now();
    // It tells seconds: a difference within them is none.
    if (!Number.isNaN(date)) this.#aheadMs = Math.abs(aheadMs) < 2_000 ? 0 : aheadMs;
    return answer;
  }

  #etagOf(answer: Answer): string {
    const etag = answer.headers.get("etag");
    if (etag === null) throw this.#failure(answer, "answered without an etag");
    return etag;
  }

  #require(answer: Answer, status: number): void {
    if (answer.status === status) return;
    const told = errorSchema.safeParse(parseJson(answer.text));
    const what = told.success ? `${told.data.code}: ${told.data.message}` : "with no reason";
    throw this.#failure(answer, `answered with status ${answer.status}, ${what}`);
  }

  #failure({ status, headers }: Answer, what: string): CheckpointError {
    const requestId = headers.get("opc-request-id");
    return new CheckpointError(`OCI Object Storage ${what} (bucket "${this.#bucket}")`, {
      status,
      retryable: status === 429 || status >= 500,
      ...(requestId === null ? {} : { requestId }),
      ...(HINTS[status] === undefined ? {} : { hint: HINTS[status] }),
    });
  }
}

const HINTS: Readonly<Record<number, string>> = {
  401: "Check the credentials that the given fetch signs with.",
  403: "Check that the policies let these credentials manage objects in the bucket.",
  404: "Check namespace, bucket and region, and that the policies let these credentials manage its objects.",
};

const codeOf = ({ status, text }: Answer): string | undefined => {
  if (status < 400) return undefined;
  const told = errorSchema.safeParse(parseJson(text));
  return told.success ? told.data.code : undefined;
};

/** A put that is told of another at the same time may win all the same. */
const isUncertain = (answer: Answer): boolean => answer.isUncertain || answer.status === 409;

function conditionHeaders(condition: Condition | undefined): Record<string, string> {
  if (condition === undefined) return {};
  return "ifMatch" in condition
    ? { "if-match": condition.ifMatch }
    : { "if-none-match": condition.ifNoneMatch };
}
