// The COHERE chat format: one message beside a history, flat tool parameters, calls without ids.
import type { Completed, CompletedCall } from "../answers/complete.ts";
import type { QuestionMessage, QuestionTool } from "../answers/question.ts";
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from "../json.ts";
import type { StreamEvent } from "../stream/events.ts";
import { type Format, failureFrame, nativeUsage } from "./format.ts";
import type { CohereRequest, CohereResult } from "./request.ts";

export const cohereFormat: Format<CohereRequest> = {
  read: (request) => ({
    messages: toMessages(request),
    tools: (request.tools ?? []).map(toTool),
    toolChoice: request.isForceSingleStep && request.toolResults?.length ? "none" : "auto",
    parallelToolCalls: true,
    outputSchema: request.responseFormat?.schema,
    jsonOutput: request.responseFormat?.type === "JSON_OBJECT",
  }),
  response: (answer, request) => ({
    apiFormat: "COHERE",
    ...lastWords(answer, request),
    usage: nativeUsage(answer.tokens),
  }),
  frames,
};

const finishReasons = {
  stop: "COMPLETE",
  tool_calls: "COMPLETE",
  length: "MAX_TOKENS",
  content_filter: "ERROR_TOXIC",
} as const;

/** Names of types as Cohere's tools have them, and what they are in a JSON schema. */
const types: Readonly<Record<string, string>> = {
  str: "string",
  string: "string",
  int: "integer",
  integer: "integer",
  float: "number",
  number: "number",
  bool: "boolean",
  boolean: "boolean",
  list: "array",
  array: "array",
  dict: "object",
  object: "object",
};

function toTool(tool: NonNullable<CohereRequest["tools"]>[number]): QuestionTool {
  const definitions = Object.entries(tool.parameterDefinitions ?? {}).filter(
    (entry): entry is [string, JsonObject] => isJsonObject(entry[1]),
  );
  const properties = definitions.map(([name, { type, description }]) => {
    // `List[str]` and the like: what is inside does not matter here.
    const outer = typeof type === "string" ? (type.toLowerCase().split(/\W/, 1)[0] ?? "") : "";
    return [name, { type: types[outer] ?? "string", description }] as const;
  });
  const required = definitions.filter(([, { isRequired }]) => isRequired === true).map(([name]) => name);
  return {
    name: tool.name,
    description: tool.description,
    parameters: { type: "object", properties: Object.fromEntries(properties), required },
  };
}

/** The history, the message and the results as messages; calls get ids here because they have none. */
function toMessages(request: CohereRequest): readonly QuestionMessage[] {
  const messages: QuestionMessage[] = [];
  const open: { readonly id: string; readonly name: string }[] = [];
  let made = 0;
  const say = (role: QuestionMessage["role"], text: string): void => {
    messages.push({ role, text, toolCalls: [], toolCallId: undefined });
  };
  const call = (
    calls: readonly { readonly name: string; readonly parameters?: JsonValue | undefined }[],
    text: string,
  ): void => {
    const toolCalls = calls.map(({ name, parameters = {} }) => {
      const id = `call_${made}`;
      made += 1;
      open.push({ id, name });
      return { id, name, arguments: JSON.stringify(parameters) };
    });
    messages.push({ role: "assistant", text, toolCalls, toolCallId: undefined });
  };
  const answer = (results: readonly CohereResult[]): void => {
    const isOpen = ({ name }: CohereResult["call"]): boolean => open.some((each) => each.name === name);
    const unknown = results.map((result) => result.call).filter((each) => !isOpen(each));
    if (unknown.length > 0) call(unknown, "");
    for (const { call: of, outputs } of results) {
      const at = open.findIndex(({ name }) => name === of.name);
      const [found] = open.splice(at, 1);
      const text = JSON.stringify(outputs.length === 1 ? outputs[0] : outputs);
      messages.push({ role: "tool", text, toolCalls: [], toolCallId: found?.id });
    }
  };
  if (request.preambleOverride) say("system", request.preambleOverride);
  for (const turn of request.chatHistory ?? []) {
    if (turn.role === "USER") say("user", turn.message ?? "");
    if (turn.role === "SYSTEM") say("system", turn.message ?? "");
    if (turn.role === "CHATBOT") call(turn.toolCalls ?? [], turn.message ?? "");
    if (turn.role === "TOOL") answer(turn.toolResults ?? []);
  }
  if (request.message !== "") say("user", request.message);
  answer(request.toolResults ?? []);
  return messages;
}

const callOf = ({ name, arguments: args }: CompletedCall): JsonObject => ({
  name,
  parameters: parseJson(args) ?? args,
});

/** What both a plain answer and a stream's final frame end with; the frame repeats the whole text. */
function lastWords(answer: Completed, request: CohereRequest): JsonObject {
  const text = answer.text.join("");
  const toolCalls = answer.toolCalls.map(callOf);
  const called = toolCalls.length === 0 ? {} : { toolCalls };
  const asked = request.message === "" ? [] : [{ role: "USER", message: request.message }];
  return {
    text,
    finishReason: finishReasons[answer.finishReason],
    ...called,
    chatHistory: [
      ...(request.chatHistory ?? []).map((turn): JsonObject => JSON.parse(JSON.stringify(turn))),
      ...asked,
      { role: "CHATBOT", message: text, ...called },
    ],
  };
}

function* frames(
  answer: Completed,
  request: CohereRequest,
  options: Parameters<Format<CohereRequest>["frames"]>[2],
): Generator<StreamEvent> {
  for (const piece of answer.text) yield { data: { apiFormat: "COHERE", text: piece } };
  if (options.failure !== undefined) {
    yield failureFrame(options.failure);
    return;
  }
  if (!options.finish) return;
  const usage = options.includeUsage ? { usage: nativeUsage(answer.tokens) } : {};
  yield { data: { apiFormat: "COHERE", ...lastWords(answer, request), ...usage } };
}
