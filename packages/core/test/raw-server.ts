/** A server on loopback that answers with bytes: right ones, wrong ones, or too few. */
import { createServer, type Socket } from "node:net";

export interface RawRequest {
  /** The request line and the headers, as they came. */
  readonly head: string;
  readonly body: Buffer;
}

export interface RawServer extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly RawRequest[];
  /** Connections that are open now. */
  readonly open: ReadonlySet<Socket>;
  /** How many there have been. */
  readonly connections: () => number;
}

/** Answers each request on a connection in turn. */
export async function rawServer(
  answer: (socket: Socket, request: RawRequest, index: number) => void,
): Promise<RawServer> {
  const requests: RawRequest[] = [];
  const open = new Set<Socket>();
  let connections = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    connections += 1;
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    socket.on("error", () => undefined);
    let pending = Buffer.alloc(0);
    socket.on("data", (piece: Buffer) => {
      pending = Buffer.concat([pending, piece]);
      for (;;) {
        const end = pending.indexOf("\r\n\r\n");
        if (end < 0) return;
        const head = pending.toString("latin1", 0, end);
        const length = Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? 0);
        if (pending.byteLength < end + 4 + length) return;
        const request = { head, body: pending.subarray(end + 4, end + 4 + length) };
        pending = pending.subarray(end + 4 + length);
        requests.push(request);
        answer(socket, request, requests.length - 1);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    open,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
