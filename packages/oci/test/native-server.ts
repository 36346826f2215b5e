/**
 * A small OCI native API on loopback. It verifies no signatures; it is strict about the shape of bodies where the
 * service was seen to be, speaks event streams with faults, and counts the generations it would have charged.
 */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { ChatModelTurn } from "@locus-sdk/core/testing";
import { apiKeyProfile, keyPair } from "./profiles.ts";

export type Json = Readonly<Record<string, unknown>>;

/** One answer. Without `raw` and `status` it is a good one, in the format and way that were asked for. */
export interface NativeTurn extends Omit<ChatModelTurn, "toolCalls"> {
  readonly toolCalls?: readonly { readonly id?: string; readonly name: string; readonly arguments: string }[];
  /** A failing answer. */
  readonly fail?: {
    readonly status: number;
    readonly body?: unknown;
    readonly headers?: Readonly<Record<string, string>>;
  };
  /** The connection is reset before a status. */
  readonly reset?: true;
  /** The frames of a stream, verbatim, in place of made ones. */
  readonly frames?: readonly unknown[];
  /** The whole `chatResponse`, in place of a made one. */
  readonly chatResponse?: Json;
  readonly contentType?: string;
  /** The stream stops, open, after this many frames. */
  readonly stallAfter?: number;
}

export interface ReceivedCall {
  readonly path: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Json;
  /** The connection closed before the answer was complete. */
  aborted: boolean;
}

export interface NativeServer extends AsyncDisposable {
  readonly url: string;
  readonly calls: readonly ReceivedCall[];
  readonly generations: () => number;
  readonly open: () => number;
  /** What the next calls get, in order; the last one is given again to every call after it. */
  readonly script: (...turns: readonly NativeTurn[]) => void;
  /** Options that point a model at it, and see nothing of the real environment. */
  readonly options: {
    readonly endpoint: string;
    readonly configFile: string;
    readonly compartmentId: string;
    readonly env: Readonly<Record<string, string>>;
    readonly maxRetries: number;
  };
}

const keys = keyPair();
const COMPARTMENT = "ocid1.compartment.oc1..aaaanative";

export async function startNativeServer(): Promise<NativeServer> {
  const { configFile } = apiKeyProfile(keys);
  const calls: ReceivedCall[] = [];
  let turns: NativeTurn[] = [{ text: "Hello." }];
  let generations = 0;
  let open = 0;
  const server = createServer((request, response) => {
    open += 1;
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const body = JSON.parse(Buffer.concat(pieces).toString() || "{}") as Json;
      const call: ReceivedCall = { path: request.url ?? "", headers: request.headers, body, aborted: false };
      calls.push(call);
      response.on("close", () => {
        open -= 1;
        call.aborted = !response.writableFinished;
      });
      const turn = (turns.length > 1 ? turns.shift() : turns[0]) ?? {};
      if (turn.reset === true) return void request.socket.destroy();
      const fail =
        turn.fail ?? (turn.error && { status: turn.error.status, body: codeAndMessage(turn.error) });
      if (fail !== undefined) return sendFailure(response, fail);
      const problem = problemOf(call);
      if (problem !== undefined) {
        return sendFailure(response, { status: 400, body: { code: "InvalidParameter", message: problem } });
      }
      generations += 1;
      answer(response, call, turn);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    calls,
    generations: () => generations,
    open: () => open,
    script: (...next) => {
      turns = [...next];
    },
    options: { endpoint: url, configFile, compartmentId: COMPARTMENT, env: {}, maxRetries: 0 },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const codeAndMessage = ({ status, message }: { status: number; message: string }): Json => ({
  code:
    { 401: "NotAuthenticated", 404: "NotAuthorizedOrNotFound", 429: "TooManyRequests" }[status] ??
    "InternalServerError",
  message,
});

function sendFailure(
  response: ServerResponse,
  { status, body, headers }: NonNullable<NativeTurn["fail"]>,
): void {
  response.writeHead(status, {
    "content-type": "application/json",
    "opc-request-id": `fail-${status}`,
    ...headers,
  });
  response.end(typeof body === "string" ? body : body === undefined ? "" : JSON.stringify(body));
}

function answer(response: ServerResponse, call: ReceivedCall, turn: NativeTurn): void {
  const chat = call.body.chatRequest as Json | undefined;
  const requestId = { "opc-request-id": `ok-${call.path.split("/").at(-1)}` };
  if (chat === undefined) {
    response.writeHead(200, { "content-type": "application/json", ...requestId });
    response.end(JSON.stringify(turn.chatResponse ?? {}));
    return;
  }
  const made = render(String(chat.apiFormat), turn);
  if (chat.isStream !== true) {
    response.writeHead(200, { "content-type": turn.contentType ?? "application/json", ...requestId });
    if (turn.slow === true) {
      response.flushHeaders();
      return;
    }
    const mode = call.body.servingMode as Json;
    const result = { modelId: mode.modelId ?? mode.endpointId, modelVersion: "1", chatResponse: made.whole };
    response.end(JSON.stringify(result));
    return;
  }
  response.writeHead(200, { "content-type": turn.contentType ?? "text/event-stream", ...requestId });
  const frames = (turn.frames ?? made.frames).map((frame) =>
    typeof frame === "string" ? frame : `data: ${JSON.stringify(frame)}\n\n`,
  );
  const stall = turn.slow === true ? 1 : turn.stallAfter;
  if (stall !== undefined) return void response.write(frames.slice(0, stall).join(""));
  const kept = turn.truncated === true ? frames.slice(0, Math.ceil(frames.length / 2)) : frames;
  const bytes = Buffer.from(kept.join(""));
  // Cut where characters may be in two.
  for (let at = 0; at < bytes.length; at += 331) response.write(bytes.subarray(at, at + 331));
  response.end();
}

const FINISH = {
  GENERIC: { stop: "stop", tool_calls: "tool_calls", length: "length", content_filter: "content_filter" },
  COHERE: { stop: "COMPLETE", tool_calls: "COMPLETE", length: "MAX_TOKENS", content_filter: "ERROR_TOXIC" },
  COHEREV2: {
    stop: "COMPLETE",
    tool_calls: "TOOL_CALL",
    length: "MAX_TOKENS",
    content_filter: "ERROR_TOXIC",
  },
} as const;

const pieces = (text: string): string[] => text.match(/[\s\S]{1,7}/gu) ?? [];
const pad = "aaaaaaaa";

/** One answer in each format, whole and in frames, as section "native streaming payloads" of the facts has them. */
function render(
  format: string,
  turn: NativeTurn,
): { readonly whole: Json; readonly frames: readonly unknown[] } {
  const { text = "", reasoning = "", toolCalls = [] } = turn;
  const counted = turn.usage ?? { inputTokens: 3, outputTokens: 4 };
  const usage = {
    promptTokens: counted.inputTokens,
    completionTokens: counted.outputTokens,
    totalTokens: counted.inputTokens + counted.outputTokens,
  };
  const kind = turn.stopReason ?? (toolCalls.length > 0 ? "tool_calls" : "stop");
  const calls = toolCalls.map((call, index) => ({ id: `call_${index}`, ...call }));
  const made = (() => {
    if (format === "COHERE") return renderCohere(text, FINISH.COHERE[kind], calls, usage);
    if (format === "COHEREV2") return renderCohereV2(text, reasoning, FINISH.COHEREV2[kind], calls, usage);
    return renderGeneric(text, reasoning, FINISH.GENERIC[kind], calls, usage);
  })();
  return { ...made, whole: turn.chatResponse ?? made.whole };
}

type Calls = readonly { readonly id: string; readonly name: string; readonly arguments: string }[];

function renderGeneric(text: string, reasoning: string, finishReason: string, calls: Calls, usage: Json) {
  const say = (message: Json): Json => ({ index: 0, message: { role: "ASSISTANT", ...message }, pad });
  const toolCalls = calls.map((call) => ({ type: "FUNCTION", ...call }));
  const content = text === "" ? [] : [{ type: "TEXT", text }];
  return {
    whole: {
      apiFormat: "GENERIC",
      timeCreated: "2026-11-21T00:00:00.000Z",
      choices: [
        {
          index: 0,
          message: {
            role: "ASSISTANT",
            content,
            ...(reasoning === "" ? {} : { reasoningContent: reasoning }),
            ...(toolCalls.length === 0 ? {} : { toolCalls }),
          },
          finishReason,
          usage,
        },
      ],
    },
    frames: [
      ...pieces(reasoning).map((piece) => say({ reasoningContent: piece })),
      ...pieces(text).map((piece) => say({ content: [{ type: "TEXT", text: piece }] })),
      ...toolCalls.map((call) => say({ toolCalls: [call] })),
      { finishReason, pad },
      { usage, pad },
    ],
  };
}

function renderCohere(text: string, finishReason: string, calls: Calls, usage: Json) {
  const last = {
    apiFormat: "COHERE",
    text,
    finishReason,
    chatHistory: [{ role: "CHATBOT", message: text }],
    ...(calls.length === 0
      ? {}
      : {
          toolCalls: calls.map(({ name, arguments: args }) => ({
            name,
            parameters: JSON.parse(args) as Json,
          })),
        }),
    usage,
  };
  return {
    whole: last,
    frames: [...pieces(text).map((piece) => ({ apiFormat: "COHERE", text: piece, pad })), { ...last, pad }],
  };
}

function renderCohereV2(text: string, thinking: string, finishReason: string, calls: Calls, usage: Json) {
  const toolCalls = calls.map(({ id, ...called }) => ({ id, type: "FUNCTION", function: called }));
  const message = {
    role: "ASSISTANT",
    content: [
      ...(thinking === "" ? [] : [{ type: "THINKING", thinking }]),
      ...(text === "" ? [] : [{ type: "TEXT", text }]),
    ],
    ...(toolCalls.length === 0 ? {} : { toolCalls }),
  };
  const frame = (part: Json): Json => ({
    apiFormat: "COHEREV2",
    message: { role: "ASSISTANT", ...part },
    pad,
  });
  return {
    whole: { apiFormat: "COHEREV2", id: "1", message, finishReason, usage },
    frames: [
      ...pieces(thinking).map((piece) => frame({ content: [{ type: "THINKING", thinking: piece }] })),
      ...pieces(text).map((piece) => frame({ content: [{ type: "TEXT", text: piece }] })),
      ...toolCalls.map((call) => frame({ toolCalls: [call] })),
      { apiFormat: "COHEREV2", message, finishReason, usage, pad },
    ],
  };
}

/** What the service would say of a body, where it was seen to refuse one. */
function problemOf({ path, body }: ReceivedCall): string | undefined {
  const mode = body.servingMode as Json | undefined;
  if (body.compartmentId === undefined) return "compartmentId is missing";
  if (!path.endsWith("applyGuardrails")) {
    const known = mode?.servingType === "DEDICATED" ? mode.endpointId : mode?.modelId;
    if (typeof known !== "string") return "servingMode names no model";
  }
  const chat = body.chatRequest as Json | undefined;
  if (chat === undefined) return undefined;
  const model = typeof mode?.modelId === "string" ? mode.modelId : "";
  if (chat.apiFormat === "COHERE") return problemOfCohere(chat);
  const tools = (chat.tools ?? []) as readonly Json[];
  const nested = tools.some((tool) => tool.function !== undefined);
  if (chat.apiFormat === "COHEREV2")
    return tools.length > 0 && !nested ? "tools must be nested in function" : undefined;
  if (chat.apiFormat !== "GENERIC") return `unknown apiFormat ${String(chat.apiFormat)}`;
  if (nested) return "tools must not be nested in function";
  if (tools.length > 128) return "too many tools";
  const messages = (chat.messages ?? []) as readonly Json[];
  for (const [index, message] of messages.entries()) {
    const content = message.content as readonly Json[] | undefined;
    if (
      content === undefined ||
      content.length === 0 ||
      content.some((part) => part.type === "TEXT" && part.text === "")
    ) {
      return `messages[${index}].content is null`;
    }
    const calls = (message.toolCalls ?? []) as readonly Json[];
    if (calls.some((call) => typeof call.arguments !== "string")) return "arguments must be a string";
    const results = messages.slice(index + 1, index + 1 + calls.length);
    if (results.some((result) => result.role !== "TOOL")) return "a tool call has no result";
    if (calls.length > 1 && model.startsWith("google."))
      return "unequal count of function calls and responses";
  }
  if (model.startsWith("google.") && /\$ref|exclusiveM/.test(JSON.stringify(tools)))
    return "Unknown name $ref";
  if (model.startsWith("meta.llama-3") && chat.isParallelToolCalls !== undefined)
    return "isParallelToolCalls is not supported";
  return undefined;
}

function problemOfCohere(chat: Json): string | undefined {
  const results = (chat.toolResults ?? []) as readonly Json[];
  if (results.length === 0 && (chat.message === undefined || chat.message === ""))
    return "message must not be empty";
  if (results.length > 0 && chat.message !== "" && chat.isForceSingleStep !== true) {
    return "cannot specify both message and tool_results in multistep mode";
  }
  const tools = (chat.tools ?? []) as readonly Json[];
  if (tools.some((tool) => tool.parameters !== undefined || tool.function !== undefined))
    return "tools take parameterDefinitions";
  if (results.length > 0 && tools.length === 0) return "tools must be passed with tool_results";
  if (tools.length > 0 && chat.responseFormat !== undefined)
    return "responseFormat is not supported with tools";
  if (chat.toolChoice !== undefined || chat.toolsChoice !== undefined) return "unknown field toolChoice";
  const history = (chat.chatHistory ?? []) as readonly Json[];
  if (history.some(({ role, message }) => role !== "TOOL" && (message === "" || message === undefined))) {
    return "chatHistory has a message without text";
  }
  return undefined;
}
