/** An answer with all of `Response`, of which each part is made when it is asked for. */
import { Readable } from "node:stream";
import { BODY_SOURCE, type BodySource } from "./body-source.ts";
import { HEADER_OF } from "./header-of.ts";

/** What is known of an answer when its body begins. */
export interface ResponseHead {
  readonly url: string;
  readonly status: number;
  readonly statusText: string;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
}

/** A body that can also be had in one piece. */
export interface WholeSource extends BodySource {
  rest(): Promise<readonly Uint8Array[]>;
}

const decoder = new TextDecoder();
/** Takes web streams too, of which its type does not know. */
const isDisturbed = (stream: unknown): boolean => Readable.isDisturbed(stream as Readable);

/** A body is absent where the answer can have none: after HEAD, with 204 and 304. */
export class NodeResponse implements Response {
  readonly #head: ResponseHead;
  readonly #source: WholeSource | undefined;
  #headers: Headers | undefined;
  #stream: ReadableStream<Uint8Array> | undefined;
  #taken = false;

  constructor(
    head: ResponseHead,
    body: { readonly source?: WholeSource; readonly stream?: ReadableStream<Uint8Array> },
  ) {
    this.#head = head;
    this.#source = body.source;
    this.#stream = body.stream;
  }

  get status(): number {
    return this.#head.status;
  }

  get statusText(): string {
    return this.#head.statusText;
  }

  get ok(): boolean {
    return this.#head.status >= 200 && this.#head.status < 300;
  }

  get url(): string {
    return this.#head.url;
  }

  get redirected(): boolean {
    return false;
  }

  get type(): Response["type"] {
    return "basic";
  }

  get headers(): Headers {
    if (this.#headers === undefined) {
      const { rawHeaders } = this.#head;
      this.#headers = new Headers();
      for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
        this.#headers.append(rawHeaders[index] ?? "", rawHeaders[index + 1] ?? "");
      }
    }
    return this.#headers;
  }

  get body(): ReadableStream<Uint8Array> | null {
    if (this.#stream === undefined && this.#source !== undefined) {
      this.#stream = toStream(this.#source);
      // Read already, by other means: there is a stream, but not for reading.
      if (this.#taken) this.#stream.getReader();
    }
    return this.#stream ?? null;
  }

  get bodyUsed(): boolean {
    return this.#taken || (this.#stream !== undefined && isDisturbed(this.#stream));
  }

  async text(): Promise<string> {
    return decoder.decode(await this.#whole());
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await this.#whole());
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.bytes()).buffer;
  }

  async blob(): Promise<Blob> {
    return new Blob([await this.bytes()], { type: this.headers.get("content-type") ?? "" });
  }

  async formData(): Promise<FormData> {
    return await new Response(await this.bytes(), { headers: this.headers }).formData();
  }

  clone(): Response {
    if (this.bodyUsed || this.#stream?.locked === true)
      throw new TypeError("Response.clone: Body has already been consumed.");
    const { body } = this;
    if (body === null) return new NodeResponse(this.#head, {});
    const [mine, its] = body.tee();
    this.#stream = mine;
    return new NodeResponse(this.#head, { stream: its });
  }

  /** The body without a stream, for `bodySource`; `undefined` once it has been touched. */
  takeSource(): BodySource | undefined {
    if (this.#taken || this.#stream !== undefined) return undefined;
    this.#taken = true;
    return this.#source;
  }

  /** One header, for `headerOf`; of several of a name all, as `Headers` has them. */
  header(name: string): string | null {
    if (this.#headers !== undefined) return this.#headers.get(name);
    const { rawHeaders } = this.#head;
    let all: string | null = null;
    for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
      const one = rawHeaders[index] ?? "";
      if (one.length !== name.length || one.toLowerCase() !== name) continue;
      const value = rawHeaders[index + 1] ?? "";
      all = all === null ? value : `${all}, ${value}`;
    }
    return all;
  }

  async #whole(): Promise<Uint8Array> {
    if (this.bodyUsed || this.#stream?.locked === true)
      throw new TypeError("Body is unusable: Body has already been read");
    if (this.#stream !== undefined) {
      const pieces: Uint8Array[] = [];
      for await (const piece of this.#stream) pieces.push(piece);
      return joined(pieces);
    }
    if (this.#source === undefined) return new Uint8Array();
    this.#taken = true;
    return joined(await this.#source.rest());
  }
}

// `instanceof Response` holds, without the costs of Response's own constructor; every member it has is replaced above.
Object.setPrototypeOf(NodeResponse.prototype, Response.prototype);
Object.defineProperties(NodeResponse.prototype, {
  [BODY_SOURCE]: {
    value(this: NodeResponse) {
      return this.takeSource();
    },
  },
  [HEADER_OF]: {
    value(this: NodeResponse, name: string) {
      return this.header(name);
    },
  },
});

const joined = (pieces: readonly Uint8Array[]): Uint8Array =>
  (pieces.length === 1 ? pieces[0] : undefined) ?? Buffer.concat(pieces);

function toStream(source: BodySource): ReadableStream<Uint8Array> {
  return new ReadableStream(
    {
      type: "bytes",
      async pull(controller: ReadableByteStreamController) {
        const piece = await source.read();
        if (piece !== undefined) {
          // A stream gives its bytes away; these stand in memory that other pieces share.
          controller.enqueue(new Uint8Array(piece));
          return;
        }
        controller.close();
        // Whoever reads into a buffer of his own waits to have it back.
        controller.byobRequest?.respond(0);
      },
      cancel: () => source.cancel(),
    },
    { highWaterMark: 0 },
  );
}
