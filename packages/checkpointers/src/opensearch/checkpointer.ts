/** Threads in OpenSearch. */
import { type Checkpointer, ConfigurationError, checkKeys } from "@locus-sdk/core";
import { DocumentCheckpointer } from "../documents/store.ts";
import { readStoreOptions, STORE_OPTION_NAMES, type StoreOptions } from "../shared/options.ts";
import { type FetchFunction, Requester, type RequestHeaders } from "../shared/requester.ts";
import { Cluster } from "./cluster.ts";
import { IndexDocuments } from "./documents.ts";

export interface OpenSearchCheckpointerOptions extends StoreOptions {
  /** Of a node or a balancer: `https://search.example.com:9200`. */
  readonly url: string;
  /** Default: the global one. One that signs, or trusts a certificate of your own, goes here. */
  readonly fetch?: FetchFunction;
  /** Sent along with every request: `authorization`, mostly. A function is asked for each attempt. */
  readonly headers?: RequestHeaders;
  /** Names the indices `{indexPrefix}-threads` and `{indexPrefix}-parts`. Default `"locus"`. */
  readonly indexPrefix?: string;
  /** Milliseconds for an answer to begin, and between two pieces of it. Default 30,000. */
  readonly timeoutMs?: number;
  /** Requests that fail on the way, or for which the cluster is too busy, are tried again so often. Default 4. */
  readonly maxRetries?: number;
}

const OWNER = "OpenSearchCheckpointer";
const KNOWN: readonly string[] = [
  "url",
  "fetch",
  "headers",
  "indexPrefix",
  "timeoutMs",
  "maxRetries",
  ...STORE_OPTION_NAMES,
];

/**
 * Keeps threads as documents of two indices, which it makes. Payloads are stored and not indexed; metadata can be listed by as
 * hashes, unless it is encrypted. Reading and listing refresh an index; appending does not.
 *
 * @example
 * ```ts
 * import { OpenSearchCheckpointer } from "@locus-sdk/checkpointers/opensearch";
 *
 * const checkpointer = new OpenSearchCheckpointer({
 *   url: "https://search.example.com:9200",
 *   headers: { authorization: `Basic ${process.env.OPENSEARCH_BASIC_AUTH}` },
 * });
 * ```
 */
export class OpenSearchCheckpointer extends DocumentCheckpointer implements Checkpointer {
  /** @throws ConfigurationError for options that are missing, unknown, or out of their range. */
  constructor(options: OpenSearchCheckpointerOptions) {
    checkKeys(OWNER, options, KNOWN);
    const { fetch, headers, indexPrefix = "locus", timeoutMs = 30_000, maxRetries = 4 } = options;
    if (!/^[a-z0-9][a-z0-9_.-]{0,99}$/.test(indexPrefix)) {
      throw new ConfigurationError(
        `${OWNER}: indexPrefix ${JSON.stringify(indexPrefix)} must be 1 to 100 small letters, digits, "-", "_" and ".", a letter or digit first`,
      );
    }
    const requester = new Requester({ service: "OpenSearch", fetch, headers, timeoutMs, maxRetries });
    const cluster = new Cluster(requester, checkedUrl(options.url));
    super(new IndexDocuments(cluster, indexPrefix), readStoreOptions(OWNER, options));
  }
}

function checkedUrl(given: string): string {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  const isHttp = url?.protocol === "https:" || url?.protocol === "http:";
  if (!isHttp || url.search !== "" || url.hash !== "") {
    throw new ConfigurationError(`${OWNER} needs the url of an OpenSearch cluster`, {
      hint: 'Expected something like "https://search.example.com:9200".',
    });
  }
  if (url.username !== "" || url.password !== "") {
    throw new ConfigurationError(`the url of ${OWNER} holds credentials`, {
      hint: "Send them in `headers`.",
    });
  }
  return url.href.replace(/\/+$/, "");
}
