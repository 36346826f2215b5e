// Over real sockets: connections that break, servers that die, clients that go away or do not read.
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect as connectSocket, type Socket } from "node:net";
import { Readable } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import { chunk, ended, retried, runOf, started } from "../../../test/observed.ts";
import { Agent } from "../../agent/agent.ts";
import { MemoryCheckpointer } from "../../checkpoint/memory.ts";
import type { AgentEvent } from "../../events/types.ts";
import { ScriptedModel } from "../../testing/scripted-model.ts";
import { tool } from "../../tool/tool.ts";
import { EventBus } from "../bus.ts";
import {
  connectSse,
  lastEventId,
  type SseResponseOptions,
  sseResponse,
  sseStream,
  toSseFrame,
} from "./index.ts";

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(handler: Handler): Promise<string> {
  const server = createServer(handler).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return `http://127.0.0.1:${address.port}/`;
}

/** As a user would with `node:http`. */
function send(
  response: ServerResponse,
  events: AsyncIterable<AgentEvent>,
  options: SseResponseOptions = {},
): Readable {
  const { status, headers, body } = sseResponse(events, options);
  response.writeHead(status, Object.fromEntries(headers));
  const stream = Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]);
  stream.on("error", () => response.destroy());
  response.on("close", () => stream.destroy());
  return stream.pipe(response) && stream;
}

async function all(events: AsyncIterable<AgentEvent>): Promise<readonly AgentEvent[]> {
  const list: AgentEvent[] = [];
  for await (const event of events) list.push(event);
  return list;
}

const numbers = (events: readonly AgentEvent[]): readonly number[] => events.map(({ sequence }) => sequence);
const upTo = (last: number): readonly number[] => Array.from({ length: last }, (_, index) => index + 1);

async function* each<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}

describe("a client that comes back", () => {
  it("has every durable event once and in order, though its server is killed again and again", async () => {
    const bus = new EventBus({ history: 3 });
    const store = new MemoryCheckpointer();
    const events = runOf(1, 50);
    await store.append("t1", 0, events);
    const asked: (number | undefined)[] = [];
    const url = await serve((request, response) => {
      const after = lastEventId(request);
      asked.push(after);
      const watched = bus.subscribe({ runId: "r1", threadId: "t1", after: after ?? 0, store });
      const sending = send(response, watched, { retryMs: 0 });
      let frames = 0;
      // Some go out, and then the connection breaks in the middle of whatever is being sent.
      if (asked.length < 6) sending.on("data", () => ++frames > 9 && response.destroy());
    });
    const client = connectSse(url);
    const seen = await all(client);
    expect(numbers(seen)).toEqual(upTo(50));
    expect(asked[0]).toBeUndefined();
    expect(asked.length).toBeGreaterThan(2);
    expect(asked.slice(1)).toEqual(asked.slice(1).toSorted((a, b) => Number(a) - Number(b)));
    expect(client.lastEventId).toBe(50);
    expect(bus.stats().subscribers).toBe(0);
  });

  it("yields what a server repeats once, and goes on after what it was told to", async () => {
    let requests = 0;
    const url = await serve((_request, response) => {
      const events = runOf(1, 6);
      requests++;
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(
        `retry: 0\n\n${events
          .slice(0, 2 + 2 * requests)
          .map(toSseFrame)
          .join("")}`,
      );
    });
    expect(numbers(await all(connectSse(url, { lastEventId: 1 })))).toEqual([2, 3, 4, 5, 6]);
    expect(requests).toBe(2);
  });

  it("ends with the run, and where the server has nothing more", async () => {
    const url = await serve((request, response) => {
      if (lastEventId(request) === 2) response.writeHead(204).end();
      else send(response, each([started(1), retried(2)]), { retryMs: 0 });
    });
    expect(numbers(await all(connectSse(url)))).toEqual([1, 2]);
    const whole = await serve((_request, response) => void send(response, each([ended(3), retried(4)])));
    expect(numbers(await all(connectSse(whole)))).toEqual([3]);
  });

  it("gives up after so many tries in a row that bring nothing", async () => {
    let requests = 0;
    const url = await serve((_request, response) => {
      requests++;
      response.writeHead(503, { "retry-after": "0" }).end("busy");
    });
    const failing = all(connectSse(url, { maxRetries: 2 }));
    await expect(failing).rejects.toThrow(expect.objectContaining({ code: "connection" }));
    expect(requests).toBe(3);
  });

  it.each([
    [404, "text/plain", "the server answered 404"],
    [200, "text/html", "answered with text/html instead of an event stream"],
  ])("does not try again for %i with %s", async (status, type, words) => {
    let requests = 0;
    const url = await serve((_request, response) => {
      requests++;
      response.writeHead(status, { "content-type": type }).end("<p>secret</p>");
    });
    await expect(all(connectSse(url))).rejects.toThrow(words);
    expect(requests).toBe(1);
  });

  it("sends the headers it was given, and is stopped by its signal while it waits", async () => {
    const controller = new AbortController();
    const seen: unknown[] = [];
    const url = await serve(({ headers }, response) => {
      seen.push(headers.authorization, headers.accept);
      response.writeHead(500).end();
      controller.abort();
    });
    const options = { headers: { authorization: "Bearer x" }, signal: controller.signal };
    await expect(all(connectSse(url, options))).rejects.toThrow(
      expect.objectContaining({ code: "cancelled" }),
    );
    expect(seen).toEqual(["Bearer x", "text/event-stream"]);
  });

  it("hangs up when its loop is left", async () => {
    const left = Promise.withResolvers<void>();
    const bus = new EventBus();
    const url = await serve((_request, response) => {
      response.on("close", () => left.resolve());
      send(response, bus.subscribe({ runId: "r1", after: 0 }));
    });
    bus.publish(started(1));
    for await (const _event of connectSse(url)) break;
    await left.promise;
    expect(bus.stats().subscribers).toBe(0);
  });

  it("refuses what is no URL, and options that it does not know", () => {
    expect(() => connectSse("/events")).toThrow("url must be a URL");
    expect(() => connectSse("http://a.example", { retries: 1 } as never)).toThrow('unknown option "retries"');
  });
});

describe("a server that is started again", () => {
  it("goes on for its clients where the last one was, with an empty bus and the same store", async () => {
    const store = new MemoryCheckpointer();
    const events = runOf(1, 12);
    const start = (bus: EventBus, port: number): Promise<Server> => {
      const server = createServer((request, response) => {
        const after = lastEventId(request) ?? 0;
        send(response, bus.subscribe({ runId: "r1", threadId: "t1", after, store }), { retryMs: 1 });
      });
      servers.push(server);
      return new Promise((resolve) => server.listen(port, "127.0.0.1", () => resolve(server)));
    };
    const publish = async (bus: EventBus, from: number, to: number): Promise<void> => {
      for (const event of events.slice(from, to)) {
        await store.append("t1", event.sequence - 1, [event]);
        bus.publish(event);
      }
    };
    let bus = new EventBus();
    let server = await start(bus, 0);
    const address = server.address();
    const port = typeof address === "object" ? (address?.port ?? 0) : 0;
    await publish(bus, 0, 4);
    const seen: number[] = [];
    for await (const { sequence } of connectSse(`http://127.0.0.1:${port}`, { maxRetries: 50 })) {
      seen.push(sequence);
      if (sequence !== 4 && sequence !== 8) continue;
      server.closeAllConnections();
      server.close();
      await once(server, "close");
      // The run goes on while nobody can watch it.
      await publish(bus, sequence, sequence + 2);
      bus = new EventBus();
      server = await start(bus, port);
      await publish(bus, sequence + 2, sequence + 4);
    }
    expect(seen).toEqual(upTo(12));
  });
});

describe("a server", () => {
  it("takes nothing from its source for a client that does not read", async () => {
    let taken = 0;
    async function* flood(): AsyncGenerator<AgentEvent> {
      for (;;) yield chunk(1, "x".repeat(10_000) + taken++);
    }
    const still = Promise.withResolvers<void>();
    let previous = -1;
    const url = await serve((_request, response) => {
      send(response, flood());
      // Each turn of the loop could take more, until the socket is full.
      const look = (): void => {
        if (taken > 10 && taken === previous && response.writableNeedDrain) still.resolve();
        else setTimeout(look, 20);
        previous = taken;
      };
      look();
    });
    const { port, hostname } = new URL(url);
    const socket: Socket = connectSocket(Number(port), hostname);
    socket.pause();
    socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await still.promise;
    const full = taken;
    await new Promise((resolve) => setImmediate(resolve));
    expect(taken).toBe(full);
    // What the kernel holds for both sides, and no more: not the thousands that a second would have brought.
    expect(taken).toBeLessThan(5_000);
    socket.destroy();
  });

  it("keeps a silent line open with comments, and closes it by its signal", async () => {
    const bus = new EventBus();
    const controller = new AbortController();
    const watched = bus.subscribe();
    const reader = sseStream(watched, { keepAliveMs: 1, signal: controller.signal })
      .pipeThrough(new TextDecoderStream())
      .getReader();
    expect((await reader.read()).value).toBe(":\n\n");
    expect((await reader.read()).value).toBe(": keep-alive\n\n");
    expect((await reader.read()).value).toBe(": keep-alive\n\n");
    const next = reader.read();
    bus.publish(retried(1));
    let shown = (await next).value;
    while (shown?.startsWith(":")) shown = (await reader.read()).value;
    expect(shown).toBe(toSseFrame(retried(1)));
    controller.abort();
    let last = await reader.read();
    while (!last.done) last = await reader.read();
    expect(bus.stats().subscribers).toBe(0);
  });

  it("lets a run go on to its end when its client goes away, and cancels it where that is asked for", async () => {
    const outcomes: string[] = [];
    for (const cancelRun of [false, true]) {
      const [running, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const slow = tool({
        name: "slow",
        description: "Waits.",
        execute: async (_args, { signal }) => {
          running.resolve();
          signal.addEventListener("abort", () => goOn.resolve());
          await goOn.promise;
          return "done";
        },
      });
      const model = new ScriptedModel([{ toolCalls: [{ name: "slow" }] }, "an answer"]);
      const agent = new Agent({ model, tools: [slow] });
      const over = Promise.withResolvers<string>();
      agent.on("terminate", ({ reason }) => over.resolve(reason));
      const left = Promise.withResolvers<void>();
      const url = await serve((_request, response) => {
        response.on("close", () => left.resolve());
        send(response, agent.stream("go"), { cancelRun });
      });
      const client = new AbortController();
      const response = await fetch(url, { signal: client.signal });
      const reading = response.text().catch(() => undefined);
      await running.promise;
      client.abort();
      await Promise.all([left.promise, reading]);
      if (!cancelRun) goOn.resolve();
      outcomes.push(await over.promise);
    }
    expect(outcomes).toEqual(["complete", "cancelled"]);
  });

  it("tells how a run failed by its last event, and breaks the line where its source does", async () => {
    const agent = new Agent({ model: new ScriptedModel([{ error: new Error("boom") }]) });
    const url = await serve((_request, response) => void send(response, agent.stream("go")));
    expect((await all(connectSse(url))).at(-1)).toMatchObject({ type: "terminate", reason: "error" });
    const broken = sseStream(
      (async function* () {
        yield retried(1);
        throw new Error("the source is gone");
      })(),
    );
    await expect(new Response(broken).text()).rejects.toThrow("the source is gone");
  });
});
