// One request from its first byte to its end: read, recorded, dispatched, answered, and recorded again.
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { performance } from "node:perf_hooks";
import type { JournalEntry, OpenEntry, Plane } from "../journal.ts";
import type { EmulatorState } from "../state.ts";
import { dispatch, refusal } from "./dispatch.ts";
import { errorReplies } from "./envelopes.ts";
import { type RawRequest, readRequest } from "./request.ts";
import type { OpenRoute, Route } from "./route.ts";
import { sendReply } from "./send.ts";

/** What a listener serves by. */
export interface Serving {
  readonly plane: Plane;
  readonly routes: readonly (Route | OpenRoute)[];
  readonly state: EmulatorState;
  readonly maxBodyBytes: number;
  /** Told when a request has ended, however it ended. */
  readonly onRequest: ((entry: JournalEntry) => void) | undefined;
  readonly closing: AbortSignal;
}

export async function serve(
  serving: Serving,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { state } = serving;
  const startedAt = performance.now();
  let request: RawRequest & { readonly tooLarge: boolean };
  try {
    request = await readRequest(incoming, serving.maxBodyBytes);
  } catch {
    // The client left in the middle of its own request: there is nothing to record and nobody to answer.
    return;
  }
  const id = request.headers.first("opc-request-id") ?? randomUUID().replaceAll("-", "").toUpperCase();
  const entry = state.journal.open(request, id, serving.plane, state.clock.now());
  const left = new AbortController();
  const onClosing = (): void => left.abort();
  serving.closing.addEventListener("abort", onClosing, { once: true });
  const elapsed = (): number => Math.round((performance.now() - startedAt) * 1000) / 1000;
  const ended = new Promise<void>((resolve) => {
    response.once("close", () => {
      entry.durationMs = elapsed();
      if (!response.writableFinished && !entry.cut && !serving.closing.aborted) {
        entry.aborted = true;
        entry.abortedAfterMs = entry.durationMs;
      }
      left.abort();
      resolve();
    });
  });
  try {
    response.sendDate = false;
    response.setHeader("date", state.clock.now().toUTCString());
    response.setHeader("opc-request-id", id);
    await answer(serving, request, { entry, response, signal: left.signal });
    await ended;
  } finally {
    serving.closing.removeEventListener("abort", onClosing);
  }
  serving.onRequest?.(entry);
}

async function answer(
  serving: Serving,
  request: RawRequest & { readonly tooLarge: boolean },
  to: { readonly entry: OpenEntry; readonly response: ServerResponse; readonly signal: AbortSignal },
): Promise<void> {
  const { state } = serving;
  const { entry, response, signal } = to;
  try {
    const reply = request.tooLarge
      ? refusal(errorReplies.RequestEntityTooLarge, "the body exceeds maxBodyBytes")
      : await dispatch(request, serving.routes, state, entry, signal);
    await sendReply(reply, {
      response,
      signal,
      onStatus: (status) => {
        entry.status = status;
        entry.refusal = reply.refusal;
        if (reply.charged) state.journal.charge(entry);
        reply.onSent?.();
      },
      onCut: () => {
        entry.cut = true;
      },
    });
  } catch (error) {
    if (signal.aborted) return;
    // A function in a script threw, or an answer source failed: the client gets an error, the journal the reason.
    entry.refusal = error instanceof Error ? error.message : String(error);
    if (response.headersSent) {
      entry.cut = true;
      response.destroy();
      return;
    }
    entry.status = 500;
    response.writeHead(500, { "content-type": "application/json", "x-should-retry": "false" });
    response.end(JSON.stringify({ code: "EmulatorFailure", message: entry.refusal }));
  }
}
