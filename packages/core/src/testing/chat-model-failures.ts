/** The cases of `describeChatModel` about what goes wrong: typed errors, cancelling, and answers that break off. */

import {
  AuthenticationError,
  CancelledError,
  IncompleteStreamError,
  LocusError,
  PermissionOrNotFoundError,
  RateLimitError,
  ServerError,
} from "../errors/errors.ts";
import type { ModelRequest } from "../model/types.ts";
import { type ChatModelBackend, type ChatModelCase, collectParts } from "./chat-model-backend.ts";
import { expect, vi } from "./vitest.ts";

const request: ModelRequest = { messages: [{ role: "user", content: "Tell me a long story." }] };
const STORY = "Once upon a time there was a fjord. ".repeat(40);

/** What a promise rejects with. */
async function rejection(promise: Promise<unknown>): Promise<unknown> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ("value" in outcome) throw new Error(`expected a rejection, got ${JSON.stringify(outcome.value)}`);
  return outcome.error;
}

const STATUSES = [
  { status: 401, type: AuthenticationError, retryable: false },
  { status: 404, type: PermissionOrNotFoundError, retryable: false },
  { status: 429, type: RateLimitError, retryable: true },
  { status: 500, type: ServerError, retryable: true },
] as const;

const errorCases: readonly ChatModelCase[] = STATUSES.map(({ status, type, retryable }) => ({
  feature: `error_${status}`,
  title: `rejects with ${type.name} when the server answers ${status}, whole and streamed`,
  run: async (backend) => {
    await backend.script([{ error: { status, message: "the server says no" } }]);
    const whole = await rejection(backend.model.complete(request));
    const streamed = await rejection(collectParts(backend.model.stream(request)));
    for (const error of [whole, streamed]) {
      expect(error).toBeInstanceOf(type);
      expect(error).toMatchObject({ status, retryable });
      expect(error instanceof LocusError ? error.message : "").toContain("the server says no");
    }
  },
}));

/** Every request has come to its end at the server. */
async function allClosed(backend: ChatModelBackend): Promise<void> {
  const { openRequests } = backend;
  if (openRequests === undefined) return;
  await vi.waitFor(async () => expect(await openRequests()).toBe(0), { timeout: 3_000, interval: 5 });
}

export const FAILURE_CASES: readonly ChatModelCase[] = [
  ...errorCases,
  {
    feature: "abort_before",
    title: "sends nothing when the signal has aborted before the call",
    run: async (backend) => {
      await backend.script([{ text: STORY }]);
      const aborted: ModelRequest = { ...request, signal: AbortSignal.abort() };
      expect(await rejection(backend.model.complete(aborted))).toBeInstanceOf(CancelledError);
      expect(await rejection(collectParts(backend.model.stream(aborted)))).toBeInstanceOf(CancelledError);
      expect((await backend.requests?.()) ?? []).toEqual([]);
    },
  },
  {
    feature: "abort_whole",
    title: "rejects a call that is aborted while it waits, and closes its connection",
    run: async (backend) => {
      await backend.script([{ text: STORY, slow: true }]);
      const controller = new AbortController();
      const failed = rejection(backend.model.complete({ ...request, signal: controller.signal }));
      const { openRequests } = backend;
      if (openRequests !== undefined) await vi.waitFor(async () => expect(await openRequests()).toBe(1));
      controller.abort();
      expect(await failed).toBeInstanceOf(CancelledError);
      await allClosed(backend);
    },
  },
  {
    feature: "abort_stream",
    title: "rejects a stream that is aborted in its middle, and closes its connection",
    run: async (backend) => {
      await backend.script([{ text: STORY, slow: true }]);
      const controller = new AbortController();
      const parts = backend.model.stream({ ...request, signal: controller.signal })[Symbol.asyncIterator]();
      const first = await parts.next();
      expect(first.done).toBe(false);
      controller.abort();
      expect(await rejection(untilDone(parts))).toBeInstanceOf(CancelledError);
      expect(await parts.next()).toMatchObject({ done: true });
      await allClosed(backend);
    },
  },
  {
    feature: "leave_stream",
    title: "closes the connection of a stream whose consumer walks away",
    run: async (backend) => {
      await backend.script([{ text: STORY, slow: true }]);
      let seen = 0;
      for await (const part of backend.model.stream(request)) {
        seen += 1;
        expect(part.type).not.toBe("finish");
        break;
      }
      expect(seen).toBe(1);
      await allClosed(backend);
    },
  },
  {
    feature: "truncated",
    title: "takes a stream that breaks off for an error, never for an answer, and asks once only",
    run: async (backend) => {
      await backend.script([{ text: STORY, truncated: true }, { text: "A second answer." }]);
      const types: string[] = [];
      const consume = async (): Promise<void> => {
        for await (const part of backend.model.stream(request)) types.push(part.type);
      };
      expect(await rejection(consume())).toBeInstanceOf(IncompleteStreamError);
      expect(types).not.toContain("finish");
      expect((await backend.requests?.())?.length ?? 1).toBe(1);
    },
  },
];

async function untilDone(iterator: AsyncIterator<unknown>): Promise<void> {
  while ((await iterator.next()).done !== true);
}
