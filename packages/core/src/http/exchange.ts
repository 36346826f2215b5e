/** One request and its answer over node:http, told as `fetch` tells them. Loaded with the first request. */
import type { ClientRequest, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import { AHEAD_BYTES, BodyPipe } from "./body-pipe.ts";
import { type Begin, beginning, learnIdleTime } from "./connections.ts";
import { decoded } from "./decode.ts";
import { bodyTimeout, causeOf, connectTimeout, fetchFailed, headersTimeout, terminated } from "./failures.ts";
import type { PlainRequest } from "./plain-request.ts";
import { NodeResponse, type WholeSource } from "./response.ts";

/** Sends a request. `timeoutMs` limits the wait for headers and between pieces of the body. */
export type Send = (request: PlainRequest, timeoutMs: number) => Promise<Response>;

export const send: Send = (request, timeoutMs) => {
  const start = (begin: Begin): Promise<Response> =>
    new Promise((resolve, reject) => {
      request.signal?.throwIfAborted();
      new Exchange(request, timeoutMs, { resolve, reject }).start(begin);
    });
  const way = beginning(request.target.protocol);
  return typeof way === "function" ? start(way) : way.then(start);
};

interface Waiting {
  readonly resolve: (response: Response) => void;
  readonly reject: (error: unknown) => void;
}

/** As undici waits for a connection. */
const CONNECT_TIMEOUT_MS = 10_000;
const BODILESS_STATUS = new Set([204, 205, 304]);

/** Bodies whose reader was collected as garbage, which nobody can read to their end any more. */
const abandoned = new FinalizationRegistry<BodyPipe>((pipe) => pipe.cancel());

class Exchange {
  readonly #plain: PlainRequest;
  readonly #timeoutMs: number;
  #waiting: Waiting | undefined;
  readonly #onAbort = (): void => this.#abort();
  #request: ClientRequest | undefined;
  #answer: IncomingMessage | undefined;
  #body: BodyPipe | undefined;
  #isOver = false;

  constructor(plain: PlainRequest, timeoutMs: number, waiting: Waiting) {
    this.#plain = plain;
    this.#timeoutMs = timeoutMs;
    this.#waiting = waiting;
  }

  start(begin: Begin): void {
    const { target, method, headers, body, signal } = this.#plain;
    const { protocol, hostname, port, path } = target;
    const request = begin({
      protocol,
      hostname,
      port,
      path,
      method,
      headers,
      timeout: this.#timeoutMs,
    });
    this.#request = request;
    request.on("response", (answer) => this.#answered(answer));
    request.on("timeout", () => this.#stalled());
    request.on("error", (error) => {
      // An answer that has come whole stands, whatever becomes of its connection.
      if (this.#answer?.complete !== true) this.#fail(causeOf(error));
    });
    request.on("close", () => {
      if (this.#answer === undefined) this.#fail(causeOf(new Error("socket hang up")));
    });
    if (!request.reusedSocket) request.on("socket", (socket) => this.#connecting(socket));
    signal?.addEventListener("abort", this.#onAbort);
    request.end(body);
  }

  #connecting(socket: Socket): void {
    if (!socket.connecting) return;
    const { host, protocol } = this.#plain.target;
    const timer = setTimeout(
      () => this.#request?.destroy(connectTimeout(host, CONNECT_TIMEOUT_MS)),
      CONNECT_TIMEOUT_MS,
    );
    timer.unref();
    const done = (): void => clearTimeout(timer);
    socket.once(protocol === "https:" ? "secureConnect" : "connect", done);
    socket.once("close", done);
  }

  #answered(answer: IncomingMessage): void {
    this.#answer = answer;
    const { statusCode: status = 0, statusMessage: statusText = "", rawHeaders } = answer;
    const { target, method, signal } = this.#plain;
    const head = { url: target.href, status, statusText, rawHeaders };
    const { hint, encoding, length } = telling(rawHeaders);
    if (hint !== undefined && answer.socket !== null) learnIdleTime(answer.socket, hint);
    answer.on("error", (error) => this.#fail(causeOf(error)));
    if (method === "HEAD" || BODILESS_STATUS.has(status)) {
      answer.resume();
      this.#over();
      this.#resolve(new NodeResponse(head, {}));
      return;
    }
    let stream: Readable = answer;
    try {
      if (encoding !== undefined) stream = decoded(answer, encoding);
    } catch (error) {
      this.#request?.destroy();
      this.#fail(error);
      return;
    }
    const pipe = new BodyPipe(stream, signal, () => this.#letGo());
    this.#body = pipe;
    stream.once("end", () => this.#over());
    if (stream !== answer) stream.on("error", (error) => this.#fail(causeOf(error)));
    const source = reading(pipe);
    // Small ones end by themselves.
    if (length === undefined || !(length < AHEAD_BYTES) || stream !== answer)
      abandoned.register(source, pipe);
    this.#resolve(new NodeResponse(head, { source }));
  }

  /** The promise is forgotten with it: it would keep the response, and so the reader, from being collected. */
  #resolve(response: NodeResponse): void {
    this.#waiting?.resolve(response);
    this.#waiting = undefined;
  }

  #abort(): void {
    const { signal } = this.#plain;
    const reason: unknown = signal?.reason;
    this.#body?.fail(reason, { drop: true });
    this.#waiting?.reject(reason);
    this.#letGo();
  }

  #stalled(): void {
    if (this.#isOver) return;
    if (this.#body?.isHeld === true) {
      // Nothing comes because nobody reads: that is no fault of the server's. The socket tells of it only once.
      this.#request?.socket?.setTimeout(this.#timeoutMs, () => this.#stalled());
      return;
    }
    this.#fail(this.#body === undefined ? headersTimeout() : bodyTimeout());
    this.#request?.destroy();
  }

  #fail(cause: unknown): void {
    if (this.#isOver) return;
    this.#over();
    // As many more of these as may follow say less.
    if (this.#body === undefined) this.#waiting?.reject(fetchFailed(cause));
    else this.#body.fail(terminated(cause), { drop: false });
  }

  /** What has not come is not wanted; a connection on which everything has come can be used again. */
  #letGo(): void {
    this.#over();
    if (this.#answer?.complete === true) this.#body?.drain();
    else this.#request?.destroy();
  }

  /** Nothing of it stays behind on a signal that lives longer. */
  #over(): void {
    this.#isOver = true;
    this.#plain.signal?.removeEventListener("abort", this.#onAbort);
  }
}

/** What a reader holds, and the socket does not: when it is gone, so is everybody who could read on. */
function reading(pipe: BodyPipe): WholeSource {
  return { read: () => pipe.read(), rest: () => pipe.rest(), cancel: () => pipe.cancel() };
}

interface Telling {
  readonly hint?: string | undefined;
  readonly encoding?: string | undefined;
  readonly length?: number | undefined;
}

const TELLING_LENGTHS = new Set(
  ["keep-alive", "content-encoding", "content-length"].map(({ length }) => length),
);

/** The headers that concern the way of an answer, without making an object of all of them. */
function telling(rawHeaders: readonly string[]): Telling {
  let hint: string | undefined;
  let encoding: string | undefined;
  let length: number | undefined;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    // Most of them are none of these by their length alone.
    if (!TELLING_LENGTHS.has(name.length)) continue;
    const value = rawHeaders[index + 1] ?? "";
    switch (name.toLowerCase()) {
      case "keep-alive":
        hint = value;
        break;
      case "content-encoding":
        encoding = encoding === undefined ? value : `${encoding}, ${value}`;
        break;
      case "content-length":
        length = Number(value);
        break;
    }
  }
  return { hint, encoding, length };
}
