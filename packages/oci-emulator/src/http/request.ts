// A request exactly as it came over the wire: signatures are checked against these bytes and nothing else.
import type { IncomingMessage } from "node:http";
import { type JsonValue, parseJson } from "../json.ts";

/** Header fields in wire order, with their wire values; looked up by lower-case name. */
export class RawHeaders {
  readonly entries: readonly (readonly [name: string, value: string])[];
  readonly #values = new Map<string, string[]>();

  constructor(flat: readonly string[]) {
    const entries: [string, string][] = [];
    for (let index = 0; index + 1 < flat.length; index += 2) {
      const name = (flat[index] ?? "").toLowerCase();
      const value = flat[index + 1] ?? "";
      entries.push([name, value]);
      const known = this.#values.get(name);
      if (known === undefined) this.#values.set(name, [value]);
      else known.push(value);
    }
    this.entries = entries;
  }

  /** All values of a header, in order. */
  values(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  first(name: string): string | undefined {
    return this.#values.get(name)?.[0];
  }
}

export interface RawRequest {
  readonly method: string;
  /** The request target byte for byte: path and query, never normalised. */
  readonly target: string;
  readonly path: string;
  readonly headers: RawHeaders;
  readonly body: Uint8Array;
  /** The body as JSON, parsed once; `undefined` if it is not JSON. */
  readonly json: () => JsonValue | undefined;
}

/** Reads a whole request. A body over the limit is dropped and reported as `tooLarge`. */
export async function readRequest(
  incoming: IncomingMessage,
  maxBodyBytes: number,
): Promise<RawRequest & { readonly tooLarge: boolean }> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    // The rest is read and dropped: a client that is still sending would otherwise see a reset, not the 413.
    if (size <= maxBodyBytes) chunks.push(chunk);
    else chunks.length = 0;
  }
  const body = Buffer.concat(chunks);
  const target = incoming.url ?? "/";
  const queryAt = target.indexOf("?");
  let parsed: { readonly value: JsonValue | undefined } | undefined;
  return {
    method: incoming.method ?? "GET",
    target,
    path: queryAt < 0 ? target : target.slice(0, queryAt),
    headers: new RawHeaders(incoming.rawHeaders),
    body,
    tooLarge: size > maxBodyBytes,
    json: () => {
      parsed ??= { value: body.length === 0 ? undefined : parseJson(body.toString("utf8")) };
      return parsed.value;
    },
  };
}
