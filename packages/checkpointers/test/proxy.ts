/** A server that goes and comes, for the tests of stores that reach theirs over a socket. */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface Proxy {
  readonly url: string;
  /** Whether new connections are closed at once. */
  refuse: boolean;
  /** Ends every connection. */
  readonly cut: () => void;
  /** From now on nothing comes through, and nothing ends. */
  readonly freeze: () => void;
  /** Lets new connections through again. */
  readonly thaw: () => void;
  /** That are open. */
  readonly connections: number;
  readonly close: () => Promise<void>;
}

/** Between a store and its server: connections that can be cut and refused. */
export async function startProxy(target: string): Promise<Proxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let isFrozen = false;
  const proxy: Proxy & { url: string } = {
    url: "",
    refuse: false,
    cut: () => sockets.forEach((socket) => void socket.destroy()),
    freeze: () => {
      isFrozen = true;
      for (const socket of sockets) socket.unpipe().pause();
    },
    thaw: () => {
      isFrozen = false;
    },
    get connections() {
      return sockets.size / 2;
    },
    close,
  };
  const server = createServer((near) => {
    if (proxy.refuse) return near.destroy();
    const far = connect(Number(port), hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    if (!isFrozen) near.pipe(far).pipe(near);
    return undefined;
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const url = new URL(target);
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  proxy.url = url.href;
  async function close(): Promise<void> {
    proxy.cut();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  }
  return proxy;
}

/** Every text in an error, its causes included. */
export function everythingOf(error: unknown): string {
  const seen: string[] = [];
  for (let each = error; each instanceof Error; each = each.cause) {
    seen.push(each.message, each.stack ?? "", JSON.stringify(Object.entries(each)));
  }
  return seen.join("\n");
}
