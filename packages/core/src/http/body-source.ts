/** A body's pieces without the web stream around them, which costs more than all else of a small answer. */

/** The bytes of one body. Nothing is fetched ahead of a reader beyond 64 KiB. */
export interface BodySource {
  /** The next piece, `undefined` at the end; rejects when the body breaks off. The bytes are to be read, not transferred. */
  read(): Promise<Uint8Array | undefined>;
  /** Lets go: the socket closes, unless everything had come. */
  cancel(): void;
}

/** By its registered name, since two copies of this module may meet in one process. */
export const BODY_SOURCE: unique symbol = Symbol.for("@locus-sdk/core/http.body");

const isTaker = (value: unknown): value is () => BodySource | undefined => typeof value === "function";

/**
 * Takes the body of an answer of `nodeFetch`: the response counts as read from here on. `undefined` where it has none, where
 * it has been touched, and for every other response, whose `body` is to be read instead.
 *
 * @example
 * ```ts
 * import { bodySource, nodeFetch } from "@locus-sdk/core/http";
 *
 * const response = await nodeFetch("http://127.0.0.1:11434/api/version", { redirect: "manual" });
 * const source = bodySource(response);
 * for (let piece = await source?.read(); piece !== undefined; piece = await source?.read()) {
 *   process.stdout.write(piece);
 * }
 * ```
 */
export function bodySource(response: Response): BodySource | undefined {
  const take: unknown = Reflect.get(response, BODY_SOURCE);
  return isTaker(take) ? take.call(response) : undefined;
}
