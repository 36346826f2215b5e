/** A bare HTTP server for tests, which sees what is asked and answers byte by byte what the test says. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface ReceivedRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface TestServer {
  readonly url: string;
  readonly requests: readonly ReceivedRequest[];
  /** How many requests are being answered. */
  readonly open: () => number;
  readonly close: () => Promise<void>;
}

export type Answer = (
  response: ServerResponse,
  request: ReceivedRequest,
  index: number,
) => void | Promise<void>;

/** Starts a server on loopback that gives every request to `answer`, with its place in the order. */
export async function startServer(answer: Answer): Promise<TestServer> {
  const requests: ReceivedRequest[] = [];
  let open = 0;
  const server = createServer((request, response) => {
    open += 1;
    response.on("close", () => {
      open -= 1;
    });
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const text = Buffer.concat(pieces).toString();
      const body = text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
      const received = { path: request.url ?? "", headers: request.headers, body };
      requests.push(received);
      void answer(response, received, requests.length - 1);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    open: () => open,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Answers with JSON. */
export const json =
  (body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Answer =>
  (response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  };

/** Answers with an event stream, in these pieces, and ends it. */
export const events =
  (pieces: readonly (string | Uint8Array)[], headers: Readonly<Record<string, string>> = {}): Answer =>
  (response) => {
    response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", ...headers });
    for (const piece of pieces) response.write(piece);
    response.end();
  };

/** One event. */
export const frame = (event: { readonly type: string; readonly [member: string]: unknown }): string =>
  `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;

/** A whole message that says `text`. */
export const message = (text: string, more: object = {}): object => ({
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-test",
  content: [{ type: "text", text }],
  stop_reason: "end_turn",
  stop_sequence: null,
  usage: { input_tokens: 1, output_tokens: 2 },
  ...more,
});
