/** What the client is told: where the service is, and how to ask it. */
import { ConfigurationError } from "@locus-sdk/core";
import type { FetchFunction, RequestHeaders } from "../shared/requester.ts";

export interface HttpCheckpointerOptions {
  /** Where the service's `checkpointerHandler` is mounted, its `basePath` included. */
  readonly url: string;
  /** Default: the global one. */
  readonly fetch?: FetchFunction;
  /** Sent along with every request: what the service authorizes by. A function is asked for each attempt. */
  readonly headers?: RequestHeaders;
  /** Milliseconds for an answer to begin, and between two pieces of it. Default 30,000. */
  readonly timeoutMs?: number;
  /** Requests that fail on the way, or for which the service is too busy, are tried again so often. Default 2. */
  readonly maxRetries?: number;
  /** `false` where the service's store gives no leases. Default `true`. */
  readonly leases?: boolean;
}

export const KNOWN_OPTIONS: readonly string[] = [
  "url",
  "fetch",
  "headers",
  "timeoutMs",
  "maxRetries",
  "leases",
];

/** @throws ConfigurationError for what is no address of a service, or holds credentials. */
export function checkedUrl(given: string): string {
  const hint = 'Expected something like "https://threads.example.com/checkpoints".';
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (
    url === undefined ||
    !["http:", "https:"].includes(url.protocol) ||
    url.search !== "" ||
    url.hash !== ""
  ) {
    throw new ConfigurationError("HttpCheckpointer needs the url of a checkpoint service", { hint });
  }
  if (url.username !== "" || url.password !== "") {
    throw new ConfigurationError("the url of HttpCheckpointer holds credentials", {
      hint: "Send them in `headers`.",
    });
  }
  return url.href.replace(/\/+$/, "");
}
