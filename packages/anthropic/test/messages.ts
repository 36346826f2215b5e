/** Plays turns as Anthropic's server would: whole, or as its events. */
import type { ChatModelTurn } from "@locus-sdk/core/testing";
import { type Answer, frame, json } from "./server.ts";

interface Block {
  readonly start: object;
  readonly deltas: readonly object[];
  readonly whole: object;
}

/** Cuts a text into pieces of some characters, as a stream tells it. */
function cut(text: string): readonly string[] {
  return text.match(/[\s\S]{1,37}/g) ?? [];
}

function blocksOf(
  { reasoning, text, toolCalls = [] }: ChatModelTurn,
  demanded: string | undefined,
): readonly Block[] {
  const blocks: Block[] = [];
  if (reasoning !== undefined) {
    blocks.push({
      start: { type: "thinking", thinking: "", signature: "" },
      deltas: [
        ...cut(reasoning).map((thinking) => ({ type: "thinking_delta", thinking })),
        { type: "signature_delta", signature: "c2ln" },
      ],
      whole: { type: "thinking", thinking: reasoning, signature: "c2ln" },
    });
  }
  const calls = [...toolCalls];
  if (text !== undefined && demanded !== undefined) calls.push({ name: demanded, arguments: text });
  else if (text !== undefined) {
    blocks.push({
      start: { type: "text", text: "" },
      deltas: cut(text).map((piece) => ({ type: "text_delta", text: piece })),
      whole: { type: "text", text },
    });
  }
  for (const [place, call] of calls.entries()) {
    const start = { type: "tool_use", id: `toolu_${place}`, name: call.name, input: {} };
    blocks.push({
      start,
      deltas: ["", ...cut(call.arguments)].map((partial_json) => ({
        type: "input_json_delta",
        partial_json,
      })),
      whole: { ...start, input: parsed(call.arguments) },
    });
  }
  return blocks;
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
};

const STOP = { length: "max_tokens", content_filter: "refusal" } as const;

/** An answer as `turn` says, streamed where that was asked for. */
export function play(turn: ChatModelTurn): Answer {
  return async (response, request, index) => {
    if (turn.error !== undefined) {
      const { status, message } = turn.error;
      return json({ type: "error", error: { type: "api_error", message } }, status)(response, request, index);
    }
    const choice = request.body.tool_choice;
    const demanded =
      typeof choice === "object" && choice !== null && "name" in choice ? String(choice.name) : undefined;
    const blocks = blocksOf(turn, demanded);
    const { inputTokens = 1, outputTokens = 1 } = turn.usage ?? {};
    const stop_reason =
      turn.stopReason === undefined
        ? blocks.some(({ whole }) => "input" in whole)
          ? "tool_use"
          : "end_turn"
        : STOP[turn.stopReason];
    const message = { id: "msg_1", type: "message", role: "assistant", model: "claude-test" };
    if (request.body.stream !== true) {
      if (turn.slow === true) return;
      const content = blocks.map(({ whole }) => whole);
      const usage = { input_tokens: inputTokens, output_tokens: outputTokens };
      return json({ ...message, content, stop_reason, usage })(response, request, index);
    }
    const told = [
      frame({
        type: "message_start",
        message: {
          ...message,
          content: [],
          stop_reason: null,
          usage: { input_tokens: inputTokens, output_tokens: 1 },
        },
      }),
      frame({ type: "ping" }),
      ...blocks.flatMap(({ start, deltas }, place) => [
        frame({ type: "content_block_start", index: place, content_block: start }),
        ...deltas.map((delta) => frame({ type: "content_block_delta", index: place, delta })),
        frame({ type: "content_block_stop", index: place }),
      ]),
      frame({ type: "message_delta", delta: { stop_reason }, usage: { output_tokens: outputTokens } }),
      frame({ type: "message_stop" }),
    ];
    response.writeHead(200, { "content-type": "text/event-stream", "request-id": "req_1" });
    if (turn.slow === true) {
      response.write(told.slice(0, 6).join(""));
      return;
    }
    // In pieces that cut characters and lines, as networks do.
    const bytes = Buffer.from((turn.truncated === true ? told.slice(0, 8) : told).join(""));
    for (let start = 0; start < bytes.length; start += 61) response.write(bytes.subarray(start, start + 61));
    response.end();
  };
}
