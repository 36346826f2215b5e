/** A listener on loopback, and what may go wrong between it and its callers. */
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/**
 * What happens to a request: `"lose"` has it carried out and its answer lost, `"drop"` neither, `"busy"` is refused with 503,
 * `"throttle"` with 429; a number of bytes cuts the answer off after them.
 */
export type Fault = "lose" | "drop" | "busy" | "throttle" | { readonly cutAfter: number };

export interface Loopback extends AsyncDisposable {
  readonly url: string;
  /** Every request that came: `"GET /path?query"`. */
  readonly requests: readonly string[];
  readonly headers: readonly IncomingMessage["headers"][];
  /** The next requests that `matches` have these faults, one each, in turn. */
  fail(faults: readonly Fault[], matches?: (request: IncomingMessage) => boolean): void;
  close(): Promise<void>;
}

export async function listenOnLoopback(listener: RequestListener): Promise<Loopback> {
  const requests: string[] = [];
  const headers: IncomingMessage["headers"][] = [];
  const scripts: { readonly matches: (request: IncomingMessage) => boolean; readonly faults: Fault[] }[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((incoming, outgoing) => {
    requests.push(`${incoming.method} ${incoming.url}`);
    headers.push(incoming.headers);
    const script = scripts.find(({ matches, faults }) => faults.length > 0 && matches(incoming));
    const fault = script?.faults.shift();
    if (fault === undefined) listener(incoming, outgoing);
    else suffer(fault, listener, incoming, outgoing);
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    headers,
    fail: (faults, matches = () => true) => scripts.push({ matches, faults: [...faults] }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function suffer(
  fault: Fault,
  listener: RequestListener,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): void {
  if (fault === "drop") {
    incoming.socket.destroy();
    return;
  }
  if (fault === "busy" || fault === "throttle") {
    incoming.resume();
    outgoing.writeHead(fault === "busy" ? 503 : 429, { "retry-after": "0" }).end("try later");
    return;
  }
  let left = fault === "lose" ? 0 : fault.cutAfter;
  const write = outgoing.write.bind(outgoing);
  // Whatever is written beyond what may pass is dropped, and the end of the answer is that of the connection.
  outgoing.write = (chunk: Uint8Array | string): boolean => {
    const bytes = Buffer.from(chunk);
    if (left > 0) write(bytes.subarray(0, left));
    left -= bytes.byteLength;
    return true;
  };
  outgoing.writeHead = fault === "lose" ? () => outgoing : outgoing.writeHead.bind(outgoing);
  outgoing.end = (chunk?: Uint8Array | string | (() => void)): ServerResponse => {
    if (chunk !== undefined && typeof chunk !== "function") outgoing.write(chunk);
    setImmediate(() => incoming.socket.destroy());
    return outgoing;
  };
  listener(incoming, outgoing);
}
