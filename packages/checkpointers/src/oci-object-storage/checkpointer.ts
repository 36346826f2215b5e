/** Threads in a bucket of OCI Object Storage. */
import { type Checkpointer, ConfigurationError, checkKeys } from "@locus-sdk/core";
import { DocumentCheckpointer } from "../documents/store.ts";
import { readStoreOptions, STORE_OPTION_NAMES, type StoreOptions } from "../shared/options.ts";
import { type FetchFunction, Requester } from "../shared/requester.ts";
import { Bucket } from "./bucket.ts";
import { ObjectDocuments } from "./documents.ts";

export interface OciObjectStorageCheckpointerOptions extends StoreOptions {
  /** Signs the requests: `createOciFetch()` of `@locus-sdk/oci`, which also refuses hosts outside OCI. */
  readonly fetch: FetchFunction;
  /** The tenancy's Object Storage namespace. */
  readonly namespace: string;
  /** It must exist; give it to these threads alone, or let them have a `prefix` of their own. */
  readonly bucket: string;
  /** Region identifier, `us-chicago-1` say. Either this or `endpoint`. */
  readonly region?: string;
  /** Where the service answers, for other realms and private endpoints. */
  readonly endpoint?: string;
  /** What all object names begin with. 200 letters, digits, `-`, `_`, `.` and `/` at most. Default `"locus/"`. */
  readonly prefix?: string;
  /** Milliseconds for an answer to begin, and between two pieces of it. Default 30,000. */
  readonly timeoutMs?: number;
  /** Requests that fail on the way, or for which the service is too busy, are tried again so often. Default 4. */
  readonly maxRetries?: number;
}

const OWNER = "OciObjectStorageCheckpointer";
const KNOWN = [
  "fetch",
  "namespace",
  "bucket",
  "region",
  "endpoint",
  "prefix",
  "timeoutMs",
  "maxRetries",
  ...STORE_OPTION_NAMES,
];

/**
 * Keeps threads as objects. An append takes two requests: one for the events, and one that swaps the thread's head by its
 * etag. Listing reads each thread's head.
 *
 * @example
 * ```ts
 * import { OciObjectStorageCheckpointer } from "@locus-sdk/checkpointers/oci-object-storage";
 * import { createOciFetch } from "@locus-sdk/oci";
 *
 * const checkpointer = new OciObjectStorageCheckpointer({
 *   fetch: createOciFetch({ profile: "DEFAULT" }),
 *   namespace: "mytenancy",
 *   bucket: "agent-threads",
 *   region: "us-chicago-1",
 * });
 * ```
 */
export class OciObjectStorageCheckpointer extends DocumentCheckpointer implements Checkpointer {
  /** @throws ConfigurationError for options that are missing, unknown, or out of their range. */
  constructor(options: OciObjectStorageCheckpointerOptions) {
    checkKeys(OWNER, options, KNOWN);
    const { namespace, bucket, prefix = "locus/", timeoutMs = 30_000, maxRetries = 4 } = options;
    if (typeof options.fetch !== "function") {
      throw new ConfigurationError(`${OWNER} needs a fetch that signs its requests`, {
        hint: "Pass createOciFetch() of @locus-sdk/oci.",
      });
    }
    requireName("namespace", namespace);
    requireName("bucket", bucket);
    if (!/^[\w./-]{0,200}$/.test(prefix) || /^\/|\/\/|(^|\/)\.{1,2}(\/|$)/.test(prefix)) {
      throw new ConfigurationError(
        `${OWNER}: prefix ${JSON.stringify(prefix)} must be 200 letters, digits, "-", "_", "." and "/" at most`,
        { hint: 'Something like "locus/" or "team-a/threads/".' },
      );
    }
    const { fetch } = options;
    const requester = new Requester({ service: "OCI Object Storage", fetch, timeoutMs, maxRetries });
    const place = { endpoint: endpointOf(options), namespace, bucket };
    super(new ObjectDocuments(new Bucket(requester, place), prefix), readStoreOptions(OWNER, options));
  }
}

function requireName(name: string, value: string): void {
  if (typeof value === "string" && /^[\w.-]{1,256}$/.test(value) && !/^\.+$/.test(value)) return;
  throw new ConfigurationError(`${OWNER} needs the ${name}: letters, digits, "-", "_" and "."`);
}

function endpointOf({ region, endpoint }: OciObjectStorageCheckpointerOptions): string {
  if (endpoint === undefined && region !== undefined && /^[a-z0-9-]+$/.test(region)) {
    return `https://objectstorage.${region}.oraclecloud.com`;
  }
  const url = endpoint !== undefined && URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  const isHttp = url?.protocol === "https:" || url?.protocol === "http:";
  if (region === undefined && isHttp && url.username === "" && url.search === "") {
    return url.href.replace(/\/+$/, "");
  }
  throw new ConfigurationError(`${OWNER} needs either a region or an endpoint`, {
    hint: 'A region such as "us-chicago-1"; or an endpoint such as "https://objectstorage.us-chicago-1.oraclecloud.com".',
  });
}
