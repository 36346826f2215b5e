/** The connections that are kept between requests, one pool for all of them. Loaded with the first request. */
import http, { type Agent, type ClientRequest, type RequestOptions } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";

/** How a request is begun to addresses of a scheme. */
export type Begin = (options: RequestOptions) => ClientRequest;

/** How long a connection is kept for a server that does not say how long it keeps it: as undici does. */
const IDLE_MS = 4_000;
/** Closed this much before the server would: a request must not meet its farewell on the way. */
const MARGIN_MS = 2_000;
const LONGEST_IDLE_MS = 600_000;
const HINT = /timeout=(\d+)/;

/** As many connections as there are requests, as with `fetch`; and no more idle ones than a process can well afford. */
const LIMITS = { keepAlive: true, maxFreeSockets: 1_024 };

const idleTimes = new WeakMap<object, number>();

/** Takes down what an answer's `keep-alive` header says about the connection it came on. */
export function learnIdleTime(socket: object, hint: string): void {
  const seconds = HINT.exec(hint)?.[1];
  if (seconds !== undefined)
    idleTimes.set(socket, Math.min(Number(seconds) * 1_000 - MARGIN_MS, LONGEST_IDLE_MS));
}

/** The agent's own asks the system again what it has been asked, and takes a server's word only to shorten a limit. */
function keepSocketAlive(socket: Duplex): boolean {
  const idleMs = idleTimes.get(socket) ?? IDLE_MS;
  if (!(socket instanceof Socket) || idleMs <= 0) return false;
  // An idle connection does not keep the process alive.
  socket.unref();
  socket.setTimeout(idleMs);
  return true;
}

const keeping = <T extends Agent>(agent: T): T => Object.assign(agent, { keepSocketAlive });

const plain = keeping(new http.Agent(LIMITS));
let secure: Promise<Begin> | undefined;

/** The way to addresses of `protocol`; at once where it is known, since a promise less is a turn less. */
export function beginning(protocol: string): Begin | Promise<Begin> {
  if (protocol === "http:") return (options) => http.request({ ...options, agent: plain });
  // TLS is loaded by the first address that needs it.
  secure ??= import("node:https").then(({ default: https }) => {
    const agent = keeping(new https.Agent(LIMITS));
    return (options) => https.request({ ...options, agent });
  });
  return secure;
}
