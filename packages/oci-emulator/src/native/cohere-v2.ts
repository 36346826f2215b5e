// The COHEREV2 chat format: messages with parts, thinking, nested tools, calls with ids.
import { argumentsText, type Completed, newId } from "../answers/complete.ts";
import { type JsonObject, plainText } from "../json.ts";
import type { StreamEvent } from "../stream/events.ts";
import { contentText, type Format, failureFrame, nativeUsage } from "./format.ts";
import type { CohereV2Request } from "./request.ts";

export const cohereV2Format: Format<CohereV2Request> = {
  read: (request) => ({
    messages: request.messages.map((message) => ({
      role: roles[message.role],
      text: contentText(message.content) + (message.toolPlan ?? ""),
      toolCalls: (message.toolCalls ?? []).map(({ id, function: called }, index) => ({
        id: id ?? `call_${index}`,
        name: plainText(called?.name),
        arguments: plainText(called?.arguments ?? {}),
      })),
      toolCallId: message.toolCallId ?? undefined,
    })),
    tools: (request.tools ?? []).flatMap(({ function: tool }) =>
      tool === undefined
        ? []
        : [{ name: tool.name, description: tool.description ?? "", parameters: tool.parameters ?? {} }],
    ),
    toolChoice:
      request.toolsChoice === "REQUIRED" ? "required" : request.toolsChoice === "NONE" ? "none" : "auto",
    parallelToolCalls: true,
    outputSchema: request.responseFormat?.schema,
    jsonOutput: request.responseFormat?.type === "JSON_OBJECT",
  }),
  response: (answer, request) => ({
    apiFormat: "COHEREV2",
    id: newId(),
    message: wholeMessage(answer, request),
    finishReason: finishReasonOf(answer),
    usage: nativeUsage(answer.tokens),
  }),
  frames,
};

const roles = { SYSTEM: "system", USER: "user", ASSISTANT: "assistant", TOOL: "tool" } as const;

const finishReasons = {
  stop: "COMPLETE",
  tool_calls: "TOOL_CALL",
  length: "MAX_TOKENS",
  content_filter: "ERROR",
} as const;

const finishReasonOf = ({ finishReason }: Completed): string => finishReasons[finishReason];

/** Unless thinking is switched off, what the model thinks comes as parts. */
const thoughts = (answer: Completed, request: CohereV2Request): readonly string[] =>
  request.thinking?.type === "DISABLED" ? [] : answer.reasoning;

const callsOf = (answer: Completed): readonly JsonObject[] =>
  answer.toolCalls.map((call) => ({
    id: call.id,
    type: "FUNCTION",
    function: { name: call.name, arguments: argumentsText(call, answer.toolDeltas) },
  }));

function wholeMessage(answer: Completed, request: CohereV2Request): JsonObject {
  const thinking = thoughts(answer, request).join("");
  const text = answer.text.join("");
  const calls = callsOf(answer);
  const content = [
    ...(thinking === "" ? [] : [{ type: "THINKING", thinking }]),
    ...(calls.length > 0 ? [] : [{ type: "TEXT", text }]),
  ];
  return {
    role: "ASSISTANT",
    ...(content.length === 0 ? {} : { content }),
    // Beside calls, the model's words are its plan.
    ...(calls.length > 0 && text !== "" ? { toolPlan: text } : {}),
    ...(calls.length > 0 ? { toolCalls: calls } : {}),
  };
}

function* frames(
  answer: Completed,
  request: CohereV2Request,
  options: Parameters<Format<CohereV2Request>["frames"]>[2],
): Generator<StreamEvent> {
  const frame = (message: JsonObject): StreamEvent => ({ data: { apiFormat: "COHEREV2", message } });
  const calls = callsOf(answer);
  for (const thinking of thoughts(answer, request))
    yield frame({ content: [{ type: "THINKING", thinking }] });
  for (const text of answer.text) {
    yield frame(calls.length > 0 ? { toolPlan: text } : { content: [{ type: "TEXT", text }] });
  }
  for (const call of calls) yield frame({ toolCalls: [call] });
  if (options.failure !== undefined) {
    yield failureFrame(options.failure);
    return;
  }
  if (!options.finish) return;
  const usage = options.includeUsage ? { usage: nativeUsage(answer.tokens) } : {};
  yield { data: { apiFormat: "COHEREV2", finishReason: finishReasonOf(answer), ...usage } };
}
