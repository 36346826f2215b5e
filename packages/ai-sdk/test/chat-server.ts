/** A chat completions server for tests: answers turns as they are scripted, and sees what it was asked. */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { ChatModelTurn } from "@locus-sdk/core/testing";
import { z } from "zod";

const request = z.looseObject({
  messages: z.array(z.looseObject({ role: z.string() })),
  stream: z.boolean().optional(),
});

export type ChatRequest = z.infer<typeof request>;

export interface ChatServer {
  readonly url: string;
  /** What the next requests get, in order; the last turn is given again to every request after it. */
  say(...turns: readonly ChatModelTurn[]): void;
  readonly requests: readonly ChatRequest[];
  /** How many requests are being answered. */
  open(): number;
  close(): Promise<void>;
}

const finishOf = ({ stopReason, toolCalls }: ChatModelTurn): string =>
  stopReason ?? (toolCalls === undefined ? "stop" : "tool_calls");

const usageOf = ({ usage }: ChatModelTurn): object => {
  const { inputTokens = 1, outputTokens = 1 } = usage ?? {};
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
  };
};

const callsOf = ({ toolCalls }: ChatModelTurn): readonly object[] =>
  (toolCalls ?? []).map(({ name, arguments: text }, index) => ({
    index,
    id: `call_${index}`,
    type: "function",
    function: { name, arguments: text },
  }));

function whole(turn: ChatModelTurn, response: ServerResponse): void {
  const { text, reasoning, toolCalls } = turn;
  const message = {
    role: "assistant",
    content: text ?? null,
    ...(reasoning === undefined ? {} : { reasoning_content: reasoning }),
    ...(toolCalls === undefined ? {} : { tool_calls: callsOf(turn) }),
  };
  response.writeHead(200, { "content-type": "application/json" });
  // The rest takes for ever.
  if (turn.slow === true) {
    response.flushHeaders();
    return;
  }
  response.end(
    JSON.stringify({
      id: "chat_1",
      model: "m-2026",
      choices: [{ index: 0, message, finish_reason: finishOf(turn) }],
      usage: usageOf(turn),
    }),
  );
}

function streamed(turn: ChatModelTurn, response: ServerResponse): void {
  const frame = (delta: object, finish: string | null = null): string =>
    `data: ${JSON.stringify({ id: "chat_1", model: "m-2026", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
  const frames = [
    ...(turn.reasoning?.match(/[\s\S]{1,5}/gu) ?? []).map((piece) => frame({ reasoning_content: piece })),
    ...(turn.text?.match(/[\s\S]{1,7}/gu) ?? []).map((content) => frame({ content })),
    ...callsOf(turn).map((call) => frame({ tool_calls: [call] })),
  ];
  const some = turn.slow === true || turn.truncated === true;
  response.writeHead(200, { "content-type": "text/event-stream" });
  // In pieces that know nothing of lines and characters.
  const bytes = Buffer.from((some ? frames.slice(0, 3) : frames).join(""));
  for (let at = 0; at < bytes.length; at += 1000) response.write(bytes.subarray(at, at + 1000));
  if (turn.slow === true) return;
  if (turn.truncated !== true) {
    response.write(frame({}, finishOf(turn)));
    response.write(
      `data: ${JSON.stringify({ id: "chat_1", model: "m-2026", choices: [], usage: usageOf(turn) })}\n\n`,
    );
    response.write("data: [DONE]\n\n");
  }
  response.end();
}

export async function startChatServer(): Promise<ChatServer> {
  let turns: readonly ChatModelTurn[] = [];
  let open = 0;
  const requests: ChatRequest[] = [];
  const server = createServer((incoming, response) => {
    open += 1;
    response.on("close", () => {
      open -= 1;
    });
    const pieces: Buffer[] = [];
    incoming.on("data", (piece: Buffer) => pieces.push(piece));
    incoming.on("end", () => {
      const asked = request.parse(JSON.parse(Buffer.concat(pieces).toString()));
      const turn = turns[Math.min(requests.length, turns.length - 1)] ?? {};
      requests.push(asked);
      if (turn.error !== undefined) {
        const { status, message } = turn.error;
        response.writeHead(status, { "content-type": "application/json", "x-request-id": "req_1" });
        response.end(JSON.stringify({ error: { message, type: "test", code: null } }));
      } else if (asked.stream === true) streamed(turn, response);
      else whole(turn, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    say: (...given) => {
      turns = given;
    },
    requests,
    open: () => open,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
