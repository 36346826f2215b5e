// Over real sockets: what a server answers to requests for events, whoever asks for whatever, and how a client knows the end.
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ended, retried, runOf, started } from "../../../test/observed.ts";
import { MemoryCheckpointer } from "../../checkpoint/memory.ts";
import type { AgentEvent, DurableEvent } from "../../events/types.ts";
import { EventBus } from "../bus.ts";
import type { SubscribeOptions } from "../options.ts";
import { connectSse, lastEventId, readSse, sseAnswer, toSseFrame } from "./index.ts";

const logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** GET /threads/<thread>/runs/<run>, as the documentation has it. */
async function serve(bus: EventBus, options: SubscribeOptions = {}): Promise<string> {
  const watch = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [, , threadId = "", , runId = ""] = (request.url ?? "").split("/");
    const answer = await sseAnswer(
      () => bus.subscribe({ threadId, runId, after: lastEventId(request) ?? 0, ...options }),
      { retryMs: 1, logger },
    );
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    const body =
      answer.body === null ? [] : Readable.fromWeb(answer.body as Parameters<typeof Readable.fromWeb>[0]);
    await pipeline(body, response).catch(() => undefined);
  };
  const server = createServer((request, response) => void watch(request, response)).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return `http://127.0.0.1:${address.port}`;
}

async function all(events: AsyncIterable<AgentEvent>): Promise<readonly AgentEvent[]> {
  const list: AgentEvent[] = [];
  for await (const event of events) list.push(event);
  return list;
}
const numbers = (events: readonly AgentEvent[]): readonly number[] => events.map(({ sequence }) => sequence);
const asking = (sequence: number): DurableEvent =>
  ({ ...ended(sequence), reason: "interrupted" }) as DurableEvent;
const publish = (bus: EventBus, events: readonly AgentEvent[]): void => {
  for (const event of events) bus.publish(event);
};

describe("a request for events", () => {
  const told = async (url: string, headers: Record<string, string> = {}) => {
    const response = await fetch(url, { headers });
    const text = await response.text();
    return [response.status, response.status < 300 ? undefined : JSON.parse(text).error.code];
  };

  it("that cannot be met is answered with a status, and the server lives on", async () => {
    const bus = new EventBus({ subscribers: 1 });
    publish(bus, [...runOf(1, 3), started(1, { threadId: "t2", runId: "r2" })]);
    const url = await serve(bus);
    expect(await told(`${url}/threads/t1/runs/r1`, { "last-event-id": "abc" })).toEqual([
      400,
      "invalid_request",
    ]);
    for (const path of ["/", "/threads/t1/runs/r9", "/threads/t1/runs/r2", "/threads//runs/r1"])
      expect(await told(url + path)).toEqual([404, "unknown_run"]);
    expect(bus.stats().subscribers).toBe(0);
    const open = bus.subscribe();
    expect(await told(`${url}/threads/t1/runs/r1`)).toEqual([503, "too_many_subscribers"]);
    open.close();
    expect(await told(`${url}/threads/t1/runs/r1`)).toEqual([200, undefined]);
    expect(await told(`${url}/threads/t1/runs/r1`, { "last-event-id": "3" })).toEqual([204, undefined]);
  });

  it("is asked of the store, which may know the run, or not, or fail", async () => {
    const store = new MemoryCheckpointer();
    await store.append("t1", 0, runOf(1, 3));
    const bus = new EventBus();
    const url = await serve(bus, { store });
    expect(numbers(await all(readSse(await fetch(`${url}/threads/t1/runs/r1`))))).toEqual([1, 2, 3]);
    expect(await told(`${url}/threads/t1/runs/r9`)).toEqual([404, "unknown_run"]);
    store.events = () => {
      throw new Error("secret of the disk");
    };
    const failed = await fetch(`${url}/threads/t1/runs/r1`);
    expect([failed.status, await failed.text()]).toEqual([503, expect.not.stringContaining("secret")]);
    expect(bus.stats().subscribers).toBe(0);
  });

  it("is answered at once though nothing happens, and its client may go", async () => {
    const bus = new EventBus();
    bus.publish(started(1));
    const url = await serve(bus);
    const client = new AbortController();
    const response = await fetch(`${url}/threads/t1/runs/r1`, {
      headers: { "last-event-id": "1" },
      signal: client.signal,
    });
    expect([response.status, bus.stats().subscribers]).toEqual([200, 1]);
    client.abort();
    while (bus.stats().subscribers > 0) await new Promise((resolve) => setImmediate(resolve));
  });

  it("waits for a run that is yet to begin, where the server says so", async () => {
    const bus = new EventBus();
    const url = await serve(bus, { wait: true });
    const response = await fetch(`${url}/threads/t1/runs/r1`);
    publish(bus, runOf(1, 3));
    expect(numbers(await all(readSse(response)))).toEqual([1, 2, 3]);
  });
});

describe("a run that asks a person", () => {
  it("is told past the question, to clients that come later and to one that waits", async () => {
    const bus = new EventBus();
    publish(bus, [started(1), asking(2)]);
    const url = `${await serve(bus)}/threads/t1/runs/r1`;
    const patient = `${await serve(bus, { wait: true })}/threads/t1/runs/r1`;
    expect(numbers(await all(connectSse(url)))).toEqual([1, 2]);
    const seen: number[] = [];
    for await (const { sequence } of connectSse(patient)) {
      seen.push(sequence);
      if (sequence === 2) publish(bus, [retried(3), ended(4)]);
    }
    expect(seen).toEqual([1, 2, 3, 4]);
    expect(numbers(await all(connectSse(url)))).toEqual([1, 2, 3, 4]);
    expect(numbers(await all(connectSse(url, { until: "terminate" })))).toEqual([1, 2]);
  });

  it("is told past the question to a subscriber that has not read so far when it goes on", async () => {
    const bus = new EventBus();
    const slow = bus.subscribe({ runId: "r1", wait: true });
    bus.publish(started(1));
    const late = bus.subscribe({ runId: "r1", after: 0 });
    publish(bus, [asking(2), retried(3), ended(4)]);
    expect(numbers(await all(late))).toEqual([1, 2, 3, 4]);
    expect(numbers(await all(slow))).toEqual([1, 2, 3, 4]);
    expect([late.isComplete, bus.stats().subscribers]).toEqual([true, 0]);
  });
});

describe("a client", () => {
  const fetching = (bodies: readonly string[]) => {
    const left = [...bodies];
    return (async () =>
      new Response(left.shift() ?? "", {
        headers: { "content-type": "text/event-stream" },
      })) as typeof globalThis.fetch;
  };
  const url = "http://a.example/";

  it("that has seen the end is told so, and ends without a word", async () => {
    const bus = new EventBus();
    publish(bus, runOf(1, 3));
    const path = `${await serve(bus)}/threads/t1/runs/r1`;
    expect(await all(connectSse(path, { lastEventId: 3 }))).toEqual([]);
  });

  it("knows the end of what was chosen by type from a line that broke", async () => {
    const bus = new EventBus();
    publish(bus, runOf(1, 3));
    const path = `${await serve(bus, { types: ["retry"] })}/threads/t1/runs/r1`;
    expect(numbers(await all(connectSse(path)))).toEqual([2]);
    const cut = new EventBus();
    const { status, body } = await sseAnswer(() => {
      const watched = cut.subscribe({ runId: "r1", wait: true });
      cut.publish(started(1));
      cut.close();
      return watched;
    });
    expect([status, await new Response(body).text()]).toEqual([
      200,
      expect.not.stringContaining("event: end"),
    ]);
  });

  it("is not shown twice what one connection repeats, the end of a run included", async () => {
    const frames = [started(1), retried(2), started(1), retried(2), ended(3), ended(3), started(4)];
    const fetch = fetching([`${frames.map(toSseFrame).join("")}event: end\ndata: {}\n\n`]);
    expect(numbers(await all(connectSse(url, { fetch, until: "never" })))).toEqual([1, 2, 3, 4]);
  });

  it("does not come back without a breath, whatever the server says", async () => {
    const frames = [`retry: 0\n\n${toSseFrame(started(1))}`, toSseFrame(ended(2))];
    const timers = vi.spyOn(globalThis, "setTimeout");
    await all(connectSse(url, { fetch: fetching(frames) }));
    const waits = timers.mock.calls.map(([, ms]) => ms);
    timers.mockRestore();
    expect(waits).toContain(20);
    expect(waits).not.toContain(0);
  });
});
