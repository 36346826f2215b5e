// A loopback listener: binds 127.0.0.1 and nothing else, and closes without waiting for anybody.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { EmulatorError } from "../errors.ts";

export interface Listener {
  /** Origin, such as `http://127.0.0.1:41234`. */
  readonly url: string;
  close(): Promise<void>;
}

/** The only address the emulator ever listens on. */
export const loopback: string = "127.0.0.1";

export async function listen(
  port: number,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  tls?: { readonly key: string; readonly cert: string },
): Promise<Listener> {
  const options = {
    // Clients keep connections for reuse: closing an idle one under a request about to be sent looks like a fault.
    keepAliveTimeout: 120_000,
    requestTimeout: 0,
    maxHeaderSize: 64 * 1024,
  };
  const server =
    tls === undefined ? createServer(options, handle) : createSecureServer({ ...options, ...tls }, handle);
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    const failed = (cause: Error): void => {
      reject(
        new EmulatorError(
          "port_unavailable",
          `Cannot listen on ${loopback}:${port} (${cause.message}).`,
          "Choose another port, or 0 for a free one.",
          { cause },
        ),
      );
    };
    server.once("error", failed);
    server.listen(port, loopback, () => {
      server.off("error", failed);
      resolve();
    });
  });
  // A listening TCP server's address is never a string or null.
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `${tls === undefined ? "http" : "https"}://${loopback}:${bound}`,
    close: async () => {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
