/** The names of keys. What one script touches lies in one slot of a cluster: threads are spread over hash-tagged buckets. */
import { createHash } from "node:crypto";
import { ConfigurationError } from "@locus-sdk/core";

/** In how many slots of a cluster threads may lie. A list asks each, so there are few. Part of the layout. */
const BUCKETS = 16;

/** The keys of a bucket. */
export interface BucketKeys {
  /** Sorted set of thread ids, in the order of their bytes. */
  readonly index: string;
  /** Hash: the latest fence by thread id. It outlives the lease, and the thread. */
  readonly fences: string;
  /** Sorted set of thread ids by when their lease ends, in epoch milliseconds. */
  readonly leases: string;
  /** Counts the fences of the bucket. */
  readonly counter: string;
  /** What the keys of its threads' summaries begin with; the id follows, whatever is in it. */
  readonly summaries: string;
}

/** The keys of a thread. */
export interface ThreadKeys {
  readonly bucket: BucketKeys;
  /** Hash: version `v`, schema version `s`, created `c`, updated `u` and in ms `m`, facts `f`, name of this incarnation `n`. */
  readonly summary: string;
  /** Hash: records by sequence. */
  readonly events: string;
  /** Hash: payloads by version. */
  readonly snapshots: string;
  /** Hash: version of the base, or nothing, by version. */
  readonly links: string;
}

export class Keys {
  readonly layout: string;
  readonly buckets: readonly BucketKeys[];
  readonly #prefix: string;

  /** @throws ConfigurationError for a prefix with braces, which mark what decides over the slot. */
  constructor(prefix: string) {
    if (typeof prefix !== "string" || /[{}]/.test(prefix)) {
      throw new ConfigurationError("RedisCheckpointer: prefix must be text without braces");
    }
    this.#prefix = prefix;
    this.layout = `${prefix}layout`;
    this.buckets = Array.from({ length: BUCKETS }, (_, number) => this.#bucket(number));
  }

  of(threadId: string): ThreadKeys {
    const number = bucketOf(threadId);
    const base = this.#base(number);
    return {
      bucket: this.buckets[number] ?? this.#bucket(number),
      summary: `${base}t:${threadId}`,
      events: `${base}e:${threadId}`,
      snapshots: `${base}s:${threadId}`,
      links: `${base}l:${threadId}`,
    };
  }

  /** Keys beside a thread's, for what is not whole yet. */
  staged(threadId: string, nonce: string): Pick<ThreadKeys, "events" | "snapshots" | "links"> {
    const base = `${this.#base(bucketOf(threadId))}staged:${nonce}:`;
    return { events: `${base}e`, snapshots: `${base}s`, links: `${base}l` };
  }

  #bucket(number: number): BucketKeys {
    const base = this.#base(number);
    return {
      index: `${base}index`,
      fences: `${base}fences`,
      leases: `${base}leases`,
      counter: `${base}fence-counter`,
      summaries: `${base}t:`,
    };
  }

  #base(number: number): string {
    return `${this.#prefix}{${number}}:`;
  }
}

function bucketOf(threadId: string): number {
  return (createHash("sha256").update(threadId, "utf8").digest()[0] ?? 0) % BUCKETS;
}
