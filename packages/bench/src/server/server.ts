/** The loopback server, in a process of its own: bytes that were made before, so that its work is not what is measured. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate, setTimeout } from "node:timers/promises";
import {
  type Api,
  answer,
  answerFrames,
  longFrames,
  numbered,
  opening,
  SHORTLY,
  textDelta,
  toolCall,
  toolFrames,
  wordOf,
} from "./bytes.ts";

const BLOCK = 16 * 1024;
/** Between two deltas of the stream that never ends. */
const ENDLESS_MS = 2;
const STREAMED = Buffer.from('"stream":true');
const RESULTS: Record<Api, Buffer> = {
  chat: Buffer.from('"role":"tool"'),
  responses: Buffer.from('"type":"function_call_output"'),
};

type Write = (response: ServerResponse, api: Api) => Promise<void>;

const blocks = both((api) => inBlocks(Buffer.concat(longFrames(api))));
const deltas = both((api) => longFrames(api));
const endless = both((api) => ({ begin: Buffer.concat(opening(api)), delta: textDelta(api, wordOf(0)) }));
const plain = both((api) => ({ body: answer(api), stream: Buffer.concat(answerFrames(api)) }));
const turns = both((api) =>
  Array.from({ length: 10 }, (_, turn) => ({
    body: toolCall(api, turn),
    stream: Buffer.concat(toolFrames(api, turn)),
  })),
);

/** What a path's first part asks for. `tools-N` calls the tool N times, then answers. */
const STREAMS: Readonly<Record<string, Write>> = {
  "stream-blocks": async (response, api) => {
    for (const block of blocks[api]) await write(response, block);
  },
  "stream-deltas": async (response, api) => {
    for (const frame of deltas[api]) {
      await write(response, frame);
      // Without a turn of the loop in between, Node would gather what was written into one packet.
      await setImmediate();
    }
  },
  endless: async (response, api) => {
    response.write(endless[api].begin);
    while (!response.destroyed) {
      await write(response, endless[api].delta);
      await setTimeout(ENDLESS_MS);
    }
  },
};

let open = 0;
let answered = 0;

const server = createServer((request, response) => {
  serve(request, response).catch((error: unknown) => {
    if (response.destroyed) return;
    response.writeHead(500, { "content-type": "application/json" });
    response.end(JSON.stringify({ error: { message: String(error) } }));
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  process.send?.({ port });
});
process.on("message", (message) => {
  if (message === "open") process.send?.({ open });
});
process.on("disconnect", () => process.exit());

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await bytesOf(request);
  const [, script = "", ...rest] = (request.url ?? "").split("/");
  const api: Api = rest.at(-1) === "responses" ? "responses" : "chat";
  response.socket?.setNoDelay(true);
  const isStreamed = body.includes(STREAMED);
  const stream = STREAMS[script];
  if (stream !== undefined && isStreamed && !body.includes(SHORTLY)) {
    open += 1;
    response.once("close", () => {
      open -= 1;
    });
    response.writeHead(200, { "content-type": "text/event-stream", "x-request-id": "req_bench" });
    await stream(response, api);
    response.end();
    return;
  }
  const said = saidBy(script, api, body);
  answered += 1;
  const bytes = numbered(isStreamed ? said.stream : said.body, answered);
  response.writeHead(200, {
    "content-type": isStreamed ? "text/event-stream" : "application/json",
    "content-length": bytes.length,
    "x-request-id": "req_bench",
  });
  response.end(bytes);
}

/** The server keeps nothing: which turn it is, the request's own tool results say. */
function saidBy(script: string, api: Api, body: Buffer): { readonly body: Buffer; readonly stream: Buffer } {
  const wanted = /^tools-(\d+)$/.exec(script)?.[1];
  if (wanted === undefined) return plain[api];
  const done = count(body, RESULTS[api]);
  return done >= Number(wanted) ? plain[api] : (turns[api][done] ?? plain[api]);
}

function both<T>(make: (api: Api) => T): Readonly<Record<Api, T>> {
  return { chat: make("chat"), responses: make("responses") };
}

function inBlocks(bytes: Buffer): readonly Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / BLOCK) }, (_, index) =>
    bytes.subarray(index * BLOCK, (index + 1) * BLOCK),
  );
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

async function write(response: ServerResponse, bytes: Buffer): Promise<void> {
  if (response.destroyed || response.write(bytes)) return;
  await new Promise<void>((resolve) => {
    const go = (): void => {
      response.off("drain", go);
      response.off("close", go);
      resolve();
    };
    response.once("drain", go);
    response.once("close", go);
  });
}

function count(body: Buffer, what: Buffer): number {
  let found = 0;
  for (let at = body.indexOf(what); at >= 0; at = body.indexOf(what, at + what.length)) found += 1;
  return found;
}
