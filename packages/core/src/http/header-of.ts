/** One header of an answer, without an object of all of them, which costs more than all else that is done to its head. */

/** By its registered name, since two copies of this module may meet in one process. */
export const HEADER_OF: unique symbol = Symbol.for("@locus-sdk/core/http.header");

const isReader = (value: unknown): value is (name: string) => string | null => typeof value === "function";

/**
 * What `response.headers.get(name)` gives of an answer of `nodeFetch`; `undefined` of every other response, whose `headers`
 * are to be asked instead.
 *
 * @param name In lower case.
 * @example
 * ```ts
 * import { headerOf, nodeFetch } from "@locus-sdk/core/http";
 *
 * const response = await nodeFetch("http://127.0.0.1:11434/api/version", { redirect: "manual" });
 * headerOf(response, "x-request-id"); // null
 * ```
 */
export function headerOf(response: Response, name: string): string | null | undefined {
  const read: unknown = Reflect.get(response, HEADER_OF);
  return isReader(read) ? read.call(response, name) : undefined;
}
