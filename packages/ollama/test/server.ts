/** An Ollama server for tests, as strict as its public API documentation: what it would refuse is refused here too. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";

const message = z.strictObject({
  role: z.enum(["system", "user", "assistant", "tool"]),
  content: z.string(),
  thinking: z.string().optional(),
  images: z.array(z.base64()).optional(),
  tool_calls: z
    .array(
      z.strictObject({
        id: z.string().optional(),
        function: z.strictObject({ name: z.string(), arguments: z.record(z.string(), z.unknown()) }),
      }),
    )
    .optional(),
  tool_name: z.string().optional(),
  tool_call_id: z.string().optional(),
});

const whole = z.number().int();

const chat = z.strictObject({
  model: z.string(),
  messages: z.array(message),
  stream: z.boolean().default(true),
  format: z.union([z.literal("json"), z.record(z.string(), z.unknown())]).optional(),
  keep_alive: z.union([z.number(), z.string()]).optional(),
  think: z.union([z.boolean(), z.enum(["low", "medium", "high"])]).optional(),
  tools: z
    .array(
      z.strictObject({
        type: z.literal("function"),
        function: z.strictObject({
          name: z.string(),
          description: z.string(),
          parameters: z.record(z.string(), z.unknown()),
        }),
      }),
    )
    .optional(),
  options: z
    .strictObject({
      num_ctx: whole.optional(),
      num_predict: whole.optional(),
      num_keep: whole.optional(),
      temperature: z.number().optional(),
      top_p: z.number().optional(),
      min_p: z.number().optional(),
      top_k: whole.optional(),
      seed: whole.optional(),
      stop: z.array(z.string()).optional(),
      frequency_penalty: z.number().optional(),
      presence_penalty: z.number().optional(),
    })
    .optional(),
});

type ChatBody = z.infer<typeof chat>;

export interface ReceivedRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Answers one chat, in lines that end with the last one of an answer. */
export type ChatAnswer = (
  response: ServerResponse,
  request: { readonly body: ChatBody; readonly index: number },
) => void;

export interface OllamaServerOptions {
  /** What it has. Default: `m:latest`. */
  readonly models?: readonly string[];
  /** What its registry has besides, and gives. */
  readonly registry?: readonly string[];
  /** The answer to `POST /api/show`. */
  readonly show?: object;
  /** Ends a pull before it has said that it was one. */
  readonly brokenPull?: boolean;
}

export interface OllamaServer {
  readonly url: string;
  readonly requests: readonly ReceivedRequest[];
  /** Bodies of the chats alone. */
  readonly chats: () => readonly ReceivedRequest["body"][];
  /** How many requests are being answered. */
  readonly open: () => number;
  readonly close: () => Promise<void>;
}

const fullName = (name: string): string => (name.includes(":") ? name : `${name}:latest`);
const GIB = 1024 ** 3;

export async function startOllama(
  answer: ChatAnswer,
  options: OllamaServerOptions = {},
): Promise<OllamaServer> {
  const models = new Set((options.models ?? ["m"]).map(fullName));
  const requests: ReceivedRequest[] = [];
  let open = 0;
  let chats = 0;

  function route(response: ServerResponse, { path, body }: ReceivedRequest): void {
    const name = String(body.model ?? body.name);
    if (path === "/api/pull") {
      pull(response, name);
    } else if (path !== "/api/chat" && path !== "/api/show") {
      response.writeHead(404, { "content-type": "text/plain" });
      response.end("404 page not found");
    } else if (!models.has(fullName(name))) {
      refuse(response, 404, `model '${name}' not found`);
    } else if (path === "/api/show") {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify(options.show ?? {}));
    } else {
      talk(response, body);
    }
  }

  function talk(response: ServerResponse, body: unknown): void {
    const parsed = chat.safeParse(body);
    if (!parsed.success) {
      refuse(response, 400, z.prettifyError(parsed.error));
      return;
    }
    chats += 1;
    answer(response, { body: parsed.data, index: chats - 1 });
  }

  function pull(response: ServerResponse, name: string): void {
    response.writeHead(200, { "content-type": "application/x-ndjson" });
    const say = (report: object): unknown => response.write(line(report));
    say({ status: "pulling manifest" });
    if (options.registry?.map(fullName).includes(fullName(name)) !== true) {
      say({ error: "pull model manifest: file does not exist" });
      response.end();
      return;
    }
    const layer = { status: "pulling dde5aa3fc5ff", digest: "sha256:dde5aa3fc5ff", total: 2 * GIB };
    say(layer);
    say({ ...layer, completed: GIB });
    if (options.brokenPull !== true) {
      say({ ...layer, completed: 2 * GIB });
      say({ status: "verifying sha256 digest" });
      models.add(fullName(name));
      say({ status: "success" });
    }
    response.end();
  }

  const server = createServer((request, response) => {
    open += 1;
    response.on("close", () => {
      open -= 1;
    });
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const body = z.record(z.string(), z.unknown()).parse(JSON.parse(Buffer.concat(pieces).toString()));
      const received = { path: request.url ?? "", headers: request.headers, body };
      requests.push(received);
      route(response, received);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    chats: () => requests.filter(({ path }) => path === "/api/chat").map(({ body }) => body),
    open: () => open,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Answers with a failure, as the server does. */
export function refuse(response: ServerResponse, status: number, error: string): void {
  response.writeHead(status, { "content-type": "application/json; charset=utf-8" });
  response.end(JSON.stringify({ error }));
}

/** One line of an answer. */
export const line = (value: unknown): string => `${JSON.stringify(value)}\n`;

/** A line that brings something of the model's. */
export const says = (message: object): string =>
  line({
    model: "m",
    created_at: "2025-11-03T12:00:00.123456789Z",
    message: { role: "assistant", content: "", ...message },
    done: false,
  });

/** The last line. */
export const ends = (reason = "stop", counts: readonly [input: number, output: number] = [1, 1]): string =>
  line({
    model: "m",
    created_at: "2025-11-03T12:00:01.123456789Z",
    message: { role: "assistant", content: "" },
    done: true,
    done_reason: reason,
    total_duration: 5_589_157_167,
    load_duration: 3_013_701_500,
    prompt_eval_count: counts[0],
    prompt_eval_duration: 325_000_000,
    eval_count: counts[1],
    eval_duration: 709_000_000,
  });

/** Answers with these bytes, in these pieces. */
export function lines(...pieces: readonly (string | Uint8Array)[]): ChatAnswer {
  return (response) => {
    response.writeHead(200, { "content-type": "application/x-ndjson" });
    for (const piece of pieces) response.write(piece);
    response.end();
  };
}
