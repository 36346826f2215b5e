/** Heads and parts as documents of two indices. */
import { CheckpointError } from "@locus-sdk/core";
import { z } from "zod";
import { partName } from "../documents/names.ts";
import { insist } from "../documents/patience.ts";
import type {
  Documents,
  HeadDocument,
  KeyRange,
  Labels,
  ListedPart,
  PartRef,
  SwapOutcome,
} from "../documents/types.ts";
import type { Cluster, Found, Place } from "./cluster.ts";

const HEADS_PAGE = 200;
const PARTS_PAGE = 1_000;

const KEYWORD = { type: "keyword" } as const;
/** What is not named here is stored and not indexed: payloads above all. */
const MAPPINGS = {
  heads: { key: KEYWORD, labels: KEYWORD, sealed: { type: "boolean" } },
  parts: {
    generation: KEYWORD,
    kind: KEYWORD,
    last: { type: "long" },
    nonce: KEYWORD,
    writtenAt: { type: "long" },
  },
} as const;

const headSchema = z.object({ text: z.string() });
const PART_FIELDS = ["key", "generation", "kind", "last", "first", "nonce", "previous", "writtenAt"];
const partSchema: z.ZodType<ListedPart> = z.object({
  key: z.string(),
  generation: z.string(),
  kind: z.enum(["events", "snapshot"]),
  last: z.int(),
  first: z.int(),
  nonce: z.string(),
  previous: z.string(),
  writtenAt: z.number(),
});

export class IndexDocuments implements Documents {
  readonly #cluster: Cluster;
  readonly #heads: string;
  readonly #parts: string;
  #ready: Promise<void> | undefined;

  constructor(cluster: Cluster, indexPrefix: string) {
    this.#cluster = cluster;
    this.#heads = `${indexPrefix}-threads`;
    this.#parts = `${indexPrefix}-parts`;
  }

  /** OpenSearch tells no time: writers go by their machines' clocks. */
  now(): number {
    return Date.now();
  }

  async readHead(key: string): Promise<HeadDocument | undefined> {
    await this.#prepare();
    const found = await this.#cluster.get(this.#headPlace(key));
    return found === undefined ? undefined : headOf(found);
  }

  async writeHead(key: string, text: string, tag: string | undefined, labels: Labels): Promise<SwapOutcome> {
    await this.#prepare();
    const source = { key, text, labels: labels ?? [], sealed: labels === undefined };
    return await this.#cluster.put(this.#headPlace(key), source, tag ?? "absent");
  }

  async removeHead(key: string, tag: string): Promise<SwapOutcome> {
    await this.#prepare();
    return await this.#cluster.delete(this.#headPlace(key), tag);
  }

  async *heads({ from, before, order, labels }: KeyRange): AsyncGenerator<HeadDocument, void, undefined> {
    await this.#prepare();
    await this.#cluster.refresh(this.#heads);
    const wanted = { bool: { filter: labels.map((label) => ({ term: { labels: label } })) } };
    // What is encrypted may have them, for all that the index knows.
    const labelled = { bool: { should: [{ term: { sealed: true } }, wanted], minimum_should_match: 1 } };
    const filter = [
      { range: { key: { gte: from, lt: before } } },
      ...(labels.length === 0 ? [] : [labelled]),
    ];
    const found = this.#cluster.search({
      index: this.#heads,
      query: { bool: { filter } },
      sort: ["key"],
      order,
      fields: ["text"],
      pageSize: HEADS_PAGE,
    });
    for await (const one of found) yield headOf(one);
  }

  async writePart(part: PartRef, text: string): Promise<void> {
    await this.#prepare();
    const place = this.#partPlace(part);
    await insist(async () => {
      const source = { ...part, writtenAt: Date.now(), text };
      return (await this.#cluster.put(place, source)).tag !== undefined;
    });
  }

  async readPart(part: PartRef): Promise<string | undefined> {
    await this.#prepare();
    const found = await this.#cluster.get(this.#partPlace(part));
    return found === undefined ? undefined : read(headSchema, found).text;
  }

  async removePart(part: PartRef): Promise<void> {
    await this.#prepare();
    await this.#cluster.delete(this.#partPlace(part));
  }

  async *parts(of: Parameters<Documents["parts"]>[0]): AsyncGenerator<ListedPart, void, undefined> {
    const { generation, kind, from } = of;
    const filter = [{ term: { generation } }, { term: { kind } }, { range: { last: { gte: from } } }];
    yield* this.#searchParts({ bool: { filter } }, ["last", "nonce"], generation);
  }

  async *allParts(): AsyncGenerator<ListedPart, void, undefined> {
    yield* this.#searchParts({ match_all: {} }, ["generation", "kind", "last", "nonce"]);
  }

  async *#searchParts(
    query: object,
    sort: readonly string[],
    routing?: string,
  ): AsyncGenerator<ListedPart, void, undefined> {
    await this.#prepare();
    await this.#cluster.refresh(this.#parts);
    const found = this.#cluster.search({
      index: this.#parts,
      query,
      sort,
      order: "asc",
      fields: PART_FIELDS,
      pageSize: PARTS_PAGE,
      ...(routing === undefined ? {} : { routing }),
    });
    for await (const one of found) yield read(partSchema, one);
  }

  #headPlace(key: string): Place {
    return { index: this.#heads, id: key, routing: key };
  }

  /** One thread's parts are on one shard. */
  #partPlace(part: PartRef): Place {
    return { index: this.#parts, id: partName(part).replaceAll("/", ":"), routing: part.generation };
  }

  /** Makes the indices, once; tried again where it failed. */
  async #prepare(): Promise<void> {
    this.#ready ??= this.#createIndices();
    try {
      await this.#ready;
    } catch (error) {
      this.#ready = undefined;
      throw error;
    }
  }

  async #createIndices(): Promise<void> {
    const bodyOf = (properties: object): object => ({ mappings: { dynamic: false, properties } });
    await this.#cluster.ensureIndex(this.#heads, bodyOf(MAPPINGS.heads));
    await this.#cluster.ensureIndex(this.#parts, bodyOf(MAPPINGS.parts));
  }
}

const headOf = (found: Found): HeadDocument => ({
  key: found.id,
  text: read(headSchema, found).text,
  tag: found.tag,
});

function read<T>(schema: z.ZodType<T>, { id, source }: Found): T {
  const parsed = schema.safeParse(source);
  if (parsed.success) return parsed.data;
  throw new CheckpointError(`the document ${id} in OpenSearch is none of a thread`, {
    hint: "Let the indices of `indexPrefix` hold threads alone.",
  });
}
