// Puts a reply on the wire: headers, body or events, delays, and the faults that need the socket itself.
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import { createEncoder } from "../stream/encoders.ts";
import { bodyWrites, type Ending, streamText, writesOf } from "../stream/plan.ts";
import type { Fault, WireStyle } from "../stream/wire.ts";
import type { Reply } from "./reply.ts";

/** Where a reply goes, and who wants to know about it. */
export interface Destination {
  readonly response: ServerResponse;
  /** Aborted when the client leaves or the emulator closes. */
  readonly signal: AbortSignal;
  /** The status line is about to be sent. */
  onStatus(status: number): void;
  /** A fault is about to cut the response. */
  onCut(): void;
}

/** Sends a reply. Rejects if the client leaves meanwhile (the signal is aborted then) or the reply is broken. */
export async function sendReply(reply: Reply, to: Destination): Promise<void> {
  const { response, signal } = to;
  const faults = reply.faults ?? [];
  if (reply.delayMs) await sleep(reply.delayMs, undefined, { signal });
  if (await strike(faults, "request", to)) return;
  const style = reply.wire ?? {};
  const encoding = style.encoding ?? "identity";
  // Made before the status is sent: an encoding this Node lacks is then still an error and not half an answer.
  using encoder = createEncoder(encoding);
  to.onStatus(reply.status);
  const headers: Record<string, string> = { "content-type": contentType(reply, style) };
  if (encoding !== "identity") headers["content-encoding"] = encoding;
  Object.assign(headers, reply.headers);
  if (reply.status === 204 && faults.length === 0) {
    response.writeHead(reply.status, reply.headers);
    response.end();
    return;
  }
  if (reply.kind === "body" && encoding === "identity" && faults.length === 0 && style.writes === undefined) {
    const bytes = Buffer.from(bodyText(reply.body));
    response.writeHead(reply.status, { ...headers, "content-length": String(bytes.length) });
    response.end(bytes);
    return;
  }
  response.writeHead(reply.status, headers);
  if (faults.some((fault) => "after" in fault && fault.after === "headers")) {
    response.flushHeaders();
    if (await strike(faults, "headers", to)) return;
  }
  if (reply.kind === "bytes") {
    for await (const chunk of reply.bytes) await write(response, chunk, signal);
    response.end();
    return;
  }
  const writes =
    reply.kind === "events"
      ? writesOf(streamText(reply.events, style, faults), style)
      : bodyWrites(bodyText(reply.body), faults);
  let next = writes.next();
  while (!next.done) {
    await write(response, encoding === "identity" ? next.value : await encoder.write(next.value), signal);
    await pause(style, signal);
    next = writes.next();
  }
  if (await end(next.value, to)) return;
  if (encoding !== "identity") response.write(await encoder.end());
  response.end();
}

function contentType(reply: Reply, style: WireStyle): string {
  if (reply.kind === "bytes") return reply.contentType;
  if (reply.kind === "events") return style.contentType ?? "text/event-stream";
  return "application/json";
}

function bodyText(body: Extract<Reply, { kind: "body" }>["body"]): string {
  return typeof body === "string" ? body : JSON.stringify(body);
}

function write(
  response: ServerResponse,
  chunk: string | Uint8Array,
  signal: AbortSignal,
): Promise<unknown> | undefined {
  if (chunk.length === 0 || response.write(chunk)) return undefined;
  return once(response, "drain", { signal });
}

/** Awaited only where there is something to wait for: a burst would otherwise yield once a word. */
async function pause(style: WireStyle, signal: AbortSignal): Promise<void> {
  if (style.delayMs) await sleep(style.delayMs, undefined, { signal });
  // Writes of one tick leave in one segment; the next tick parts them.
  else if (style.writes === "event" || typeof style.writes === "number")
    await setImmediate(undefined, { signal });
}

async function strike(
  faults: readonly Fault[],
  point: "request" | "headers",
  to: Destination,
): Promise<boolean> {
  const fault = faults.find((candidate) => "after" in candidate && candidate.after === point);
  if (fault?.type === "reset") return end("reset", to);
  if (fault?.type === "stall") return end("stall", to);
  return false;
}

async function end(ending: Ending, to: Destination): Promise<boolean> {
  if (ending === "complete") return false;
  if (ending === "stall") {
    await untilAborted(to.signal);
    return true;
  }
  to.onCut();
  await flushed(to.response);
  to.response.socket?.resetAndDestroy();
  return true;
}

/** A reset throws away what the kernel has not sent yet: let everything written so far leave first. */
async function flushed(response: ServerResponse): Promise<void> {
  if (!response.headersSent) return;
  await new Promise<void>((resolve) => {
    response.write("", () => resolve());
    // An empty write of a finished socket calls nobody back.
    response.once("close", resolve);
  });
  await setImmediate();
}

function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
