/** What goes wrong, in the words and codes of Node's own `fetch`: callers know failures by them. */

/** An error of the connection, told by its code as undici's are. */
function failure(name: string, code: string, message: string): Error {
  return Object.assign(new Error(message), { name, code });
}

/** Nothing has come of an answer. */
export const fetchFailed = (cause: unknown): TypeError => new TypeError("fetch failed", { cause });

/** An answer has begun and breaks off. */
export const terminated = (cause: unknown): TypeError => new TypeError("terminated", { cause });

export const connectTimeout = (host: string, ms: number): Error =>
  failure(
    "ConnectTimeoutError",
    "UND_ERR_CONNECT_TIMEOUT",
    `Connect Timeout Error (attempted address: ${host}, timeout: ${ms}ms)`,
  );

export const headersTimeout = (): Error =>
  failure("HeadersTimeoutError", "UND_ERR_HEADERS_TIMEOUT", "Headers Timeout Error");

export const bodyTimeout = (): Error =>
  failure("BodyTimeoutError", "UND_ERR_BODY_TIMEOUT", "Body Timeout Error");

/** node:http's own words for a connection that the other side ended; what the system said of one is left as it is. */
const ENDED = new Set(["socket hang up", "aborted"]);

/** The cause of a failure, where node:http and undici tell the same thing differently. */
export function causeOf(error: Error): Error {
  return ENDED.has(error.message) ? failure("SocketError", "UND_ERR_SOCKET", "other side closed") : error;
}
