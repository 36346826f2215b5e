/** Takes content encodings off a body, as `fetch` does: some servers pack what they were asked to leave as it is. */
import { pipeline, type Readable, Transform, type TransformCallback } from "node:stream";

type Zlib = typeof import("node:zlib");

/** What comes is given out at once, and a body that lacks its last bytes is taken for whole: `fetch` is as lenient. */
const DECODERS: Readonly<Record<string, ((zlib: Zlib) => Transform) | undefined>> = {
  gzip: gunzip,
  "x-gzip": gunzip,
  deflate: (zlib) => new Inflate(zlib),
  br: ({ createBrotliDecompress, constants: { BROTLI_OPERATION_FLUSH } }) =>
    createBrotliDecompress({ flush: BROTLI_OPERATION_FLUSH, finishFlush: BROTLI_OPERATION_FLUSH }),
  zstd: ({ createZstdDecompress, constants: { ZSTD_e_continue, ZSTD_e_end } }) =>
    createZstdDecompress({ flush: ZSTD_e_continue, finishFlush: ZSTD_e_end }),
};

/** As many as `fetch` unpacks; more would be an attack. */
const MOST_CODINGS = 5;

/**
 * The body without its encodings. One that is not known leaves all of them on. What fails is told by the stream's error.
 *
 * @throws Error where there are more encodings than any server uses.
 */
export function decoded(body: Readable, encoding: string): Readable {
  const codings = encoding.split(",").map((coding) => coding.trim().toLowerCase());
  if (codings.length > MOST_CODINGS) {
    throw new Error(
      `too many content-encodings in response: ${codings.length}, maximum allowed is ${MOST_CODINGS}`,
    );
  }
  const zlib = process.getBuiltinModule("node:zlib");
  const makers = codings.toReversed().flatMap((coding) => DECODERS[coding] ?? []);
  // Node knows zstd since 22.15.
  const isKnown = !codings.includes("zstd") || "createZstdDecompress" in zlib;
  if (makers.length < codings.length || !isKnown) return body;
  const stages = makers.map((make) => make(zlib));
  const last = stages.at(-1) ?? body;
  // Every stage tells the last one of its failure.
  pipeline([body, ...stages], (error) => {
    if (error !== undefined && error !== null) last.destroy(error);
  });
  return last;
}

function leniently({ constants: { Z_SYNC_FLUSH } }: Zlib): { flush: number; finishFlush: number } {
  return { flush: Z_SYNC_FLUSH, finishFlush: Z_SYNC_FLUSH };
}

function gunzip(zlib: Zlib): Transform {
  return zlib.createGunzip(leniently(zlib));
}

/** Some servers send `deflate` without its header: the first byte tells. */
class Inflate extends Transform {
  readonly #zlib: Zlib;
  #inner: Transform | undefined;

  constructor(zlib: Zlib) {
    super();
    this.#zlib = zlib;
  }

  override _transform(piece: Buffer, encoding: BufferEncoding, done: TransformCallback): void {
    this.#inner ??= this.#begin(piece[0] ?? 0);
    this.#inner.write(piece, encoding, done);
  }

  override _flush(done: TransformCallback): void {
    if (this.#inner === undefined) done();
    else this.#inner.once("end", () => done()).end();
  }

  #begin(first: number): Transform {
    const { createInflate, createInflateRaw } = this.#zlib;
    const inner =
      (first & 0x0f) === 8 ? createInflate(leniently(this.#zlib)) : createInflateRaw(leniently(this.#zlib));
    inner.on("data", (piece: Buffer) => this.push(piece));
    inner.on("error", (error) => this.destroy(error));
    return inner;
  }
}
