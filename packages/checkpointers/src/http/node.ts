/** A handler of `Request`s as a listener for `node:http`. */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream as NodeReadableStream } from "node:stream/web";
import { RequestRefusal, toWire } from "./errors.ts";

/** Of a body that nobody wants, so much is read before the connection is closed. */
const MAX_DISCARDED_BYTES = 256 * 1024 * 1024;

/**
 * Lets `node:http` serve `handler`. The answer is sent no faster than it is read; a caller who goes away ends it.
 *
 * @example
 * ```ts
 * import { createServer } from "node:http";
 * import { FileCheckpointer } from "@locus-sdk/core";
 * import { checkpointerHandler, nodeListener } from "@locus-sdk/checkpointers/http";
 *
 * const store = new FileCheckpointer({ directory: ".locus/threads" });
 * const server = createServer(nodeListener(checkpointerHandler(store, { authorize: "none" })));
 * server.listen(8080, "127.0.0.1");
 * ```
 */
export function nodeListener(handler: (request: Request) => Promise<Response>): RequestListener {
  return (incoming, outgoing) => {
    void answer(handler, incoming, outgoing).catch(() => outgoing.destroy());
  };
}

async function answer(
  handler: (request: Request) => Promise<Response>,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  outgoing.once("close", () => gone.abort());
  const chunks = incoming.iterator({ destroyOnReturn: false });
  const request = requestOf(incoming, chunks, gone.signal);
  const response = request instanceof Request ? await handler(request) : request;
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  if (response.body === null) outgoing.end();
  // The two declarations of a web stream differ in their types alone.
  else await pipeline(Readable.fromWeb(response.body as NodeReadableStream<Uint8Array>), outgoing);
  if (!incoming.complete) await discard(incoming, chunks);
}

function requestOf(
  incoming: IncomingMessage,
  chunks: AsyncIterator<Uint8Array>,
  signal: AbortSignal,
): Request | Response {
  const { method = "GET", url: target = "/" } = incoming;
  // Not resolved against an address: what begins with two slashes would name another host.
  const address = target.startsWith("/") ? `http://localhost${target}` : target;
  if (!URL.canParse(address)) return refusal(400, "the request's target is no address");
  // These have no `Request`.
  if (["CONNECT", "TRACE", "TRACK"].includes(method)) return refusal(405, `there is nothing to ${method}`);
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    for (const one of Array.isArray(value) ? value : [value ?? ""]) headers.append(name, one);
  }
  const hasBody = method !== "GET" && method !== "HEAD";
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
    },
    { highWaterMark: 0 },
  );
  return new Request(address, { method, headers, signal, ...(hasBody ? { body, duplex: "half" } : {}) });
}

function refusal(status: number, message: string): Response {
  const { error } = toWire(new RequestRefusal(status, "bad_request", message));
  return Response.json({ error }, { status });
}

/** Reads on where a request was answered before all of it had come: its sender reads the answer only then. */
async function discard(incoming: IncomingMessage, chunks: AsyncIterator<Uint8Array>): Promise<void> {
  let bytes = 0;
  for (;;) {
    const { done, value } = await chunks.next();
    if (done === true) return;
    bytes += value.byteLength;
    if (bytes > MAX_DISCARDED_BYTES) {
      incoming.destroy();
      return;
    }
  }
}
