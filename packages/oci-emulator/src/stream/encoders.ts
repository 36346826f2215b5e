// Content encodings for replies, flushed after each write so that a stream stays a stream.
import zlib from "node:zlib";
import { EmulatorError } from "../errors.ts";
import type { WireStyle } from "./wire.ts";

export type Encoding = NonNullable<WireStyle["encoding"]>;

/** Turns each write into the bytes to send; `end` gives the last ones. Disposing frees what zlib holds outside the heap. */
export interface Encoder extends Disposable {
  write(chunk: string | Uint8Array): Promise<Uint8Array | string>;
  end(): Promise<Uint8Array | string>;
}

const identity: Encoder = {
  write: (chunk) => Promise.resolve(chunk),
  end: () => Promise.resolve(""),
  [Symbol.dispose]: () => {},
};

export function createEncoder(encoding: Encoding): Encoder {
  switch (encoding) {
    case "identity":
      return identity;
    case "gzip":
      return flushing(zlib.createGzip());
    case "deflate":
      return flushing(zlib.createDeflate());
    case "br":
      return flushing(zlib.createBrotliCompress());
    case "zstd":
      return zstd();
  }
}

function flushing(stream: zlib.Gzip | zlib.Deflate | zlib.BrotliCompress): Encoder {
  let out: Uint8Array[] = [];
  stream.on("data", (chunk: Uint8Array) => out.push(chunk));
  const take = (): Uint8Array => {
    const bytes = Buffer.concat(out);
    out = [];
    return bytes;
  };
  return {
    write: (chunk) =>
      new Promise((resolve) => {
        stream.write(chunk);
        stream.flush(() => resolve(take()));
      }),
    end: () => new Promise((resolve) => stream.once("end", () => resolve(take())).end()),
    [Symbol.dispose]: () => stream.destroy(),
  };
}

function zstd(): Encoder {
  if (typeof zlib.zstdCompressSync !== "function") {
    throw new EmulatorError(
      "encoding_unsupported",
      `This Node (${process.version}) has no zstd.`,
      "Use Node 22.15 or later, or another encoding.",
    );
  }
  return {
    write: (chunk) => Promise.resolve(zlib.zstdCompressSync(chunk)),
    end: () => Promise.resolve(""),
    [Symbol.dispose]: () => {},
  };
}
