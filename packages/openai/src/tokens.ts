/** Counts the input tokens of a request as OpenAI's models read it. */
import {
  type AssistantMessage,
  type ChatModel,
  estimatePartTokens,
  type Message,
  type TokenCountRequest,
  type ToolDefinition,
  type UserPart,
} from "@locus-sdk/core";
import { encodingOf } from "./tokens-table.ts";
import { loadTextCounter, type TextCounter } from "./tokens-text.ts";

/*
 * The format of a conversation: each message begins with its role and ends, three tokens beside the role; three more
 * open the answer (OpenAI's cookbook, "How to count tokens with tiktoken"). What a call is made of was measured by the
 * authors of gpt-tokenizer (`functionCalling.ts`), and so was the form tools are shown in: TypeScript.
 */
const AROUND_MESSAGE = 3;
const ANSWER = 3;
const AROUND_CALL = 3;
const TOOLS = 9;
/**
 * Images by OpenAI's rule for `detail`: 85 for a low one; the most that a high one comes to, 8 tiles of 170 and 85.
 * Their sizes are not looked at.
 */
const LOW_IMAGE = 85;
const HIGH_IMAGE = 1445;
/** What the TypeScript of a tool has no form for: then its JSON is counted, which is rather longer. */
const BEYOND_FORM = /"(?:anyOf|oneOf|allOf|not|\$ref|\$defs|patternProperties)":/;

type Count = NonNullable<ChatModel["countTokens"]>;

/**
 * Counts requests to a model of OpenAI's, also under a name like `openai.gpt-5`; `undefined` for any other model. Its
 * encoding is loaded by the first count, and what was counted of a frozen message or tool is remembered with it.
 *
 * @example
 * ```ts
 * import { tokenCounter } from "@locus-sdk/openai";
 *
 * const count = tokenCounter("gpt-4o");
 * await count?.({ messages: [{ role: "user", content: "Rain tomorrow?" }] }); // 10
 * ```
 */
export function tokenCounter(modelId: string): Count | undefined {
  const encoding = encodingOf(modelId);
  if (encoding === undefined) return undefined;
  let count: ((request: TokenCountRequest) => number) | undefined;
  return (request) =>
    count?.(request) ??
    loadTextCounter(encoding).then((text) => {
      count ??= requestCounter(text);
      return count(request);
    });
}

/** Counts requests by counting texts; of what is frozen, each text once. */
export function requestCounter(text: TextCounter): (request: TokenCountRequest) => number {
  const known = new WeakMap<object, number>();
  const once = <T extends object>(value: T, count: (value: T, text: TextCounter) => number): number => {
    const counted = known.get(value);
    if (counted !== undefined) return counted;
    const tokens = count(value, text);
    if (Object.isFrozen(value)) known.set(value, tokens);
    return tokens;
  };
  return ({ messages, tools = [], outputSchema }) => {
    let tokens = ANSWER;
    for (const message of messages) tokens += once(message, messageTokens);
    if (tools.length > 0) tokens += TOOLS;
    for (const tool of tools) tokens += once(tool, toolTokens);
    if (outputSchema !== undefined) tokens += once(outputSchema.schema, jsonTokens);
    return tokens;
  };
}

function messageTokens(message: Message, text: TextCounter): number {
  const around = AROUND_MESSAGE + text(message.role) + (message.role === "tool" ? text(message.name) : 0);
  if (typeof message.content === "string") return around + text(message.content);
  if (message.role === "assistant") return around + answerTokens(message, text);
  return message.content.reduce((sum, part) => sum + partTokens(part, text), around);
}

function answerTokens({ content }: AssistantMessage, text: TextCounter): number {
  let tokens = 0;
  for (const part of content) {
    switch (part.type) {
      case "text":
      case "refusal":
        tokens += text(part.text);
        break;
      case "reasoning":
        // Sealed thoughts are in the context as they were thought; how long that is can only be guessed.
        tokens += part.encrypted === undefined ? text(part.text) : Math.ceil(part.encrypted.length / 4);
        break;
      case "tool_call":
        tokens += AROUND_CALL + text(part.name) + text(part.arguments);
        break;
      case "provider":
        tokens += jsonTokens(part.item, text);
        break;
    }
  }
  return tokens;
}

function partTokens(part: UserPart, text: TextCounter): number {
  if (part.type === "text") return text(part.text);
  if (part.type === "image") return part.detail === "low" ? LOW_IMAGE : HIGH_IMAGE;
  return estimatePartTokens(part);
}

const jsonTokens = (value: unknown, text: TextCounter): number => text(JSON.stringify(value));

function toolTokens({ name, description, parameters }: ToolDefinition, text: TextCounter): number {
  const json = JSON.stringify(parameters);
  const shape = BEYOND_FORM.test(json) ? json : typeOf(parameters, "");
  return text(`// ${description}\ntype ${name} = (_: ${shape}) => any;\n\n`);
}

/** A schema as models are shown it. */
function typeOf(schema: unknown, indent: string): string {
  if (!isRecord(schema)) return "any";
  if (Array.isArray(schema.enum)) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.type === "array") return `${typeOf(schema.items, indent)}[]`;
  if (schema.type === "object" && isRecord(schema.properties)) {
    const required: readonly unknown[] = Array.isArray(schema.required) ? schema.required : [];
    const members = Object.entries(schema.properties).map(([name, member]) => {
      const about = isRecord(member) && typeof member.description === "string" ? member.description : "";
      const comment = about === "" ? "" : `${indent}// ${about}\n`;
      return `${comment}${indent}${name}${required.includes(name) ? "" : "?"}: ${typeOf(member, `${indent}  `)},\n`;
    });
    return `{\n${members.join("")}${indent}}`;
  }
  if (schema.type === "integer") return "number";
  return typeof schema.type === "string" ? schema.type : "any";
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
