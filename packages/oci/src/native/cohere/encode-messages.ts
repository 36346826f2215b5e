/** A conversation as `COHERE` takes it: what is asked now, what was said before, and the results that have come. */
import {
  type AssistantMessage,
  isJsonObject,
  type JsonObject,
  type Message,
  parseJson,
  type ToolCallPart,
  type ToolMessage,
  type UserMessage,
} from "@locus-sdk/core";
import { callsById, callsIn, EMPTY_TEXT, joinTexts, resultText, spokenText } from "../conversation.ts";

type Warn = (text: string) => void;
type Calls = ReadonlyMap<string, ToolCallPart>;

/** The backend fails on an answer without text, as it is where only tools were called. */
const SILENT_ANSWER = " ";

/** The part of a `COHERE` request that is the conversation. */
export function encodeConversation(conversation: readonly Message[], warn: Warn): JsonObject {
  const said = conversation.filter((message) => message.role !== "system" || message.content.trim() !== "");
  const first = said.findIndex(({ role }) => role !== "system");
  const leading = first < 0 ? said : said.slice(0, first);
  const rest = first < 0 ? [] : said.slice(first);
  const calls = callsById(rest);
  const { before, results, message } = splitOff(rest, warn);
  const history = encodeHistory(before, calls, warn);
  const preamble = joinTexts(leading.map((each) => (each.role === "system" ? each.content : "")));
  return {
    message,
    ...(preamble === "" ? {} : { preambleOverride: preamble }),
    ...(history.length === 0 ? {} : { chatHistory: history }),
    ...(results.length === 0
      ? {}
      : { toolResults: results.map((result) => encodeResult(result, calls, warn)) }),
  };
}

/** What is asked now: the last words of the user, or the results at the end. Instructions behind them go before them. */
function splitOff(
  rest: readonly Message[],
  warn: Warn,
): {
  readonly before: readonly Message[];
  readonly results: readonly ToolMessage[];
  readonly message: string;
} {
  const end = rest.findLastIndex(({ role }) => role !== "system") + 1;
  const reminders = rest.slice(end);
  const last = rest[end - 1];
  if (last?.role === "user") {
    return {
      before: [...rest.slice(0, end - 1), ...reminders],
      results: [],
      message: userText(last, warn) || EMPTY_TEXT,
    };
  }
  const start = rest.slice(0, end).findLastIndex(({ role }) => role !== "tool") + 1;
  const results = rest.slice(start, end).filter((message): message is ToolMessage => message.role === "tool");
  if (results.length > 0) return { before: [...rest.slice(0, start), ...reminders], results, message: "" };
  if (last !== undefined)
    warn("the conversation ends with the model's own words, which this format cannot continue");
  return { before: rest, results: [], message: EMPTY_TEXT };
}

function encodeHistory(messages: readonly Message[], calls: Calls, warn: Warn): JsonObject[] {
  const history: JsonObject[] = [];
  let results: JsonObject[] = [];
  const flush = (): void => {
    if (results.length > 0) history.push({ role: "TOOL", toolResults: results });
    results = [];
  };
  for (const message of messages) {
    if (message.role === "tool") {
      results.push(encodeResult(message, calls, warn));
      continue;
    }
    flush();
    if (message.role === "system") history.push({ role: "SYSTEM", message: message.content });
    else if (message.role === "user")
      history.push({ role: "USER", message: userText(message, warn) || EMPTY_TEXT });
    else history.push(encodeAssistant(message, warn));
  }
  flush();
  return history;
}

function encodeAssistant(message: AssistantMessage, warn: Warn): JsonObject {
  for (const part of message.content) {
    if (part.type === "provider" && part.provider !== "oci") {
      warn(`an item of provider "${part.provider}" has no place in the native API and was left out`);
    }
  }
  const calls = callsIn(message).map((call) => encodeCall(call, warn));
  return {
    role: "CHATBOT",
    message: spokenText(message) || SILENT_ANSWER,
    ...(calls.length === 0 ? {} : { toolCalls: calls }),
  };
}

/** The wire has parameters, not their text; text that is no object cannot be told. */
function encodeCall(call: ToolCallPart, warn: Warn): JsonObject {
  const text = call.arguments.trim();
  const parameters = text === "" ? {} : parseJson(text);
  if (isJsonObject(parameters)) return { name: call.name, parameters };
  warn(`the arguments of a call of "${call.name}" are no JSON object: they were sent as "arguments"`);
  return { name: call.name, parameters: { arguments: call.arguments } };
}

/** A result with the call it answers, as it was made: two calls of one tool are told apart by their parameters. */
function encodeResult(message: ToolMessage, calls: Calls, warn: Warn): JsonObject {
  const call = calls.get(message.callId);
  if (typeof message.content !== "string" && message.content.some(({ type }) => type !== "text")) {
    warn(`the result of "${message.name}" holds more than text: the rest was left out`);
  }
  return {
    call: call === undefined ? { name: message.name, parameters: {} } : encodeCall(call, () => undefined),
    outputs: outputsOf(message),
  };
}

/** Outputs are objects. Lists and objects go as what they are; a text that happens to be a number stays that text. */
function outputsOf(message: ToolMessage): JsonObject[] {
  const text = resultText(message);
  if (message.isError === true) return [{ error: text }];
  const value = /^\s*[[{]/.test(text) ? parseJson(text) : undefined;
  if (isJsonObject(value)) return [value];
  return [{ result: value ?? text }];
}

function userText(message: UserMessage, warn: Warn): string {
  if (typeof message.content === "string") return message.content;
  return joinTexts(
    message.content.map((part) => {
      if (part.type === "text") return part.text;
      warn(`the format COHERE takes no ${part.type} input: it was left out`);
      return `[${part.type} left out: this model cannot read it]`;
    }),
  );
}
