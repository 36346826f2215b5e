/** An answer that sends a request elsewhere, with its key and all that was said in it: that is not followed. */
import { ConnectionError } from "@locus-sdk/core";

/** The error for an answer that is a redirect; nothing where it is another one. */
export function redirectRefused(
  asked: string,
  status: number,
  headers: unknown,
): ConnectionError | undefined {
  if (status < 300 || status >= 400) return undefined;
  const location = headers instanceof Headers ? URL.parse(headers.get("location") ?? "") : null;
  // Its query may hold anything.
  const where = location === null ? "" : ` to ${location.origin}${location.pathname}`;
  return new ConnectionError(`${asked} answered with a redirect (${status})${where}, which is not followed`, {
    code: "redirect_refused",
    retryable: false,
    status,
    hint: "A key is never sent on to another address. Where it is the right one, give it as the base URL.",
  });
}
