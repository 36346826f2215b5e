// Items: what a response's input and output are made of, and how they read as messages.
import { newId } from "../answers/complete.ts";
import type { QuestionMessage } from "../answers/question.ts";
import { isJsonObject, type JsonObject, type JsonValue, plainText } from "../json.ts";

/** An item that the server keeps: it has an id and a type. */
export interface Item extends JsonObject {
  readonly id: string;
  readonly type: string;
}

const prefixes: Readonly<Record<string, string>> = {
  message: "msg",
  function_call: "fc",
  function_call_output: "fco",
  reasoning: "rs",
  file_search_call: "fs",
  web_search_call: "ws",
  code_interpreter_call: "ci",
  image_generation_call: "ig",
  mcp_list_tools: "mcpl",
  mcp_call: "mcp",
  mcp_approval_request: "mcpr",
  mcp_approval_response: "mcprr",
};

export const newItemId = (type: string): string => `${prefixes[type] ?? "item"}_${newId()}`;

const typeOfItem = (item: JsonObject): string => (typeof item.type === "string" ? item.type : "message");

const textPartOf = (role: JsonValue | undefined): string =>
  role === "assistant" ? "output_text" : "input_text";

/** The item as the server keeps it: with id and type, a message's text as a part. */
export function toItem(given: JsonObject): Item {
  const type = typeOfItem(given);
  const id = typeof given.id === "string" ? given.id : newItemId(type);
  if (type !== "message") return { ...given, id, type };
  const content =
    typeof given.content === "string"
      ? [{ type: textPartOf(given.role), text: given.content }]
      : given.content;
  return { ...given, id, type, status: "completed", role: given.role, content };
}

/** A request's input as items. */
export function inputItems(input: string | readonly JsonObject[]): readonly Item[] {
  return typeof input === "string"
    ? [toItem({ role: "user", content: input })]
    : input.map((item) => toItem(item));
}

function partsText(content: JsonValue | undefined): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content
    .map((part) => (isJsonObject(part) ? plainText(part.text ?? part.refusal ?? "") : ""))
    .join("");
}

/** Items as messages; what the model's side said between two other messages is one message. */
export function toMessages(items: readonly JsonObject[]): readonly QuestionMessage[] {
  const messages: QuestionMessage[] = [];
  const assistant = (text: string, toolCalls: QuestionMessage["toolCalls"]): void => {
    const last = messages.at(-1);
    const joins = last?.role === "assistant" && (toolCalls.length > 0 || last.text === "");
    if (!joins) {
      messages.push({ role: "assistant", text, toolCalls, toolCallId: undefined });
      return;
    }
    const joined = { ...last, text: last.text + text, toolCalls: [...last.toolCalls, ...toolCalls] };
    messages.splice(-1, 1, joined);
  };
  for (const item of items) {
    switch (typeOfItem(item)) {
      case "message": {
        const text = partsText(item.content);
        if (item.role === "assistant") assistant(text, []);
        else {
          const role = item.role === "user" ? "user" : "system";
          messages.push({ role, text, toolCalls: [], toolCallId: undefined });
        }
        break;
      }
      case "function_call":
        assistant("", [
          {
            id: plainText(item.call_id),
            name: plainText(item.name),
            arguments: plainText(item.arguments),
          },
        ]);
        break;
      case "function_call_output":
        messages.push({
          role: "tool",
          text: partsText(item.output),
          toolCalls: [],
          toolCallId: plainText(item.call_id),
        });
        break;
    }
  }
  return messages;
}
