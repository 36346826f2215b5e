// The GENERIC chat format: every vendor but Cohere.
import {
  argumentsText,
  type Completed,
  type CompletedCall,
  idless,
  slices,
  tagged,
} from "../answers/complete.ts";
import type { QuestionMessage, ToolChoice } from "../answers/question.ts";
import type { JsonObject } from "../json.ts";
import type { StreamEvent } from "../stream/events.ts";
import type { ToolDeltaStyle } from "../stream/tool-deltas.ts";
import { contentText, type Format, failureFrame, nativeUsage } from "./format.ts";
import type { GenericRequest } from "./request.ts";

export const genericFormat: Format<GenericRequest> = {
  read: (request) => ({
    messages: toMessages(request),
    tools: (request.tools ?? []).map(({ name = "", description = "", parameters = {} }) => ({
      name,
      description,
      parameters,
    })),
    toolChoice: toToolChoice(request.toolChoice),
    parallelToolCalls: request.isParallelToolCalls !== false,
    outputSchema:
      request.responseFormat?.type === "JSON_SCHEMA"
        ? (request.responseFormat.jsonSchema?.schema ?? {})
        : undefined,
    jsonOutput: request.responseFormat?.type.startsWith("JSON_") === true,
  }),
  response: (answer) => ({
    apiFormat: "GENERIC",
    timeCreated: new Date(answer.created * 1000).toISOString(),
    choices: [{ index: 0, message: wholeMessage(answer), finishReason: answer.finishReason }],
    usage: nativeUsage(answer.tokens),
  }),
  frames,
};

/** Gemini's calls have no ids: they get some here, and results without one belong to the calls in their order. */
function toMessages({ messages }: GenericRequest): readonly QuestionMessage[] {
  const open: string[] = [];
  let made = 0;
  return messages.map((message) => {
    const toolCalls = (message.toolCalls ?? []).map(({ id = `call_${made++}`, name, arguments: args }) => {
      open.push(id);
      return { id, name, arguments: args };
    });
    const answered = message.role === "TOOL" ? (message.toolCallId ?? open.shift()) : undefined;
    return { role: roles[message.role], text: contentText(message.content), toolCalls, toolCallId: answered };
  });
}

const roles = {
  SYSTEM: "system",
  DEVELOPER: "system",
  USER: "user",
  ASSISTANT: "assistant",
  TOOL: "tool",
} as const;

function toToolChoice(choice: GenericRequest["toolChoice"]): ToolChoice {
  switch (choice?.type) {
    case "NONE":
      return "none";
    case "REQUIRED":
      return "required";
    case "FUNCTION":
      return { name: choice.name ?? "" };
    default:
      return "auto";
  }
}

const text = (value: string): JsonObject => ({ type: "TEXT", text: value });

const wholeCall = (call: CompletedCall, style: ToolDeltaStyle): JsonObject => ({
  type: "FUNCTION",
  ...(idless(style) ? {} : { id: call.id }),
  name: call.name,
  arguments: argumentsText(call, style),
});

function wholeMessage(answer: Completed): JsonObject {
  const { toolDeltas: style } = answer;
  const inText = style === "text-tags" ? answer.toolCalls.map(tagged).join("\n") : "";
  const spoken = answer.text.join("") + inText;
  const calls = inText === "" ? answer.toolCalls : [];
  const reasoning = answer.reasoning.join("");
  return {
    role: "ASSISTANT",
    ...(spoken === "" && calls.length > 0 ? {} : { content: [text(spoken)] }),
    ...(answer.refusal === undefined ? {} : { refusal: answer.refusal }),
    ...(reasoning === "" ? {} : { reasoningContent: reasoning }),
    ...(calls.length === 0 ? {} : { toolCalls: calls.map((call) => wholeCall(call, style)) }),
  };
}

function* frames(
  answer: Completed,
  _: GenericRequest,
  options: Parameters<Format<GenericRequest>["frames"]>[2],
): Generator<StreamEvent> {
  const frame = (message: JsonObject): StreamEvent => ({
    data: { index: 0, message: { role: "ASSISTANT", ...message } },
  });
  for (const piece of answer.reasoning) yield frame({ reasoningContent: piece });
  for (const piece of answer.text) yield frame({ content: [text(piece)] });
  if (answer.refusal !== undefined) yield frame({ refusal: answer.refusal });
  const style = answer.toolDeltas;
  for (const call of answer.toolCalls) for (const message of callMessages(call, style)) yield frame(message);
  if (options.failure !== undefined) {
    yield failureFrame(options.failure);
    return;
  }
  if (options.finish) {
    const calls = style === "final-frame" ? answer.toolCalls : [];
    const message = { role: "ASSISTANT", toolCalls: calls.map((call) => wholeCall(call, style)) };
    const { finishReason } = answer;
    yield { data: calls.length === 0 ? { finishReason } : { index: 0, message, finishReason } };
  }
  // A frame of its own, after the finish reason.
  if (options.includeUsage) yield { data: { usage: nativeUsage(answer.tokens) } };
}

/** A call's frames: there is no index, a new id opens the next call. */
function* callMessages(call: CompletedCall, style: ToolDeltaStyle): Generator<JsonObject> {
  const { id, name } = call;
  switch (style) {
    case "fragments":
    case "fragments-at-zero":
    case "fragments-without-index":
      yield { toolCalls: [{ type: "FUNCTION", id, name, arguments: "" }] };
      for (const piece of slices(call.arguments, 12)) {
        yield { toolCalls: [{ type: "FUNCTION", arguments: piece }] };
      }
      break;
    case "re-announced":
      for (const piece of slices(call.arguments, 12)) {
        yield { toolCalls: [{ type: "FUNCTION", id, name, arguments: piece }] };
      }
      break;
    case "without-ids":
      // Gemini's content parts may lack their text.
      yield { content: [{ type: "TEXT" }], toolCalls: [wholeCall(call, style)] };
      break;
    case "whole":
    case "whole-at-zero":
    case "double-encoded":
      yield { toolCalls: [wholeCall(call, style)] };
      break;
    case "text-tags":
      for (const piece of slices(tagged(call), 7)) yield { content: [text(piece)] };
      break;
    case "final-frame":
      break;
  }
}
