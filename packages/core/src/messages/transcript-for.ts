/** A conversation as one model may be told it: without what only another one can use. */
import { isJsonObject } from "../json/json.ts";
import { type Author, authorName } from "./authors.ts";
import { fittingToolName, type ToolNameRules } from "./tool-names.ts";
import type {
  AssistantMessage,
  AssistantPart,
  Message,
  ProviderPart,
  ReasoningPart,
  ToolMessage,
} from "./types.ts";

/** Who is told a conversation, and what its API has a form for. */
export interface TranscriptReader {
  /** The model. Without it only what is seen to be another's is left out. */
  readonly author?: Author;
  /** How the API seals thoughts, for them to come back: one that seals them otherwise cannot take them. */
  readonly seal?: "signature" | "encrypted";
  /** Whether calls of hosted tools, and a person's answers to them, can be told. Default `false`. */
  readonly hostedCalls?: boolean;
  /** What its API takes for a tool's name. Default: what every API takes. */
  readonly toolNames?: ToolNameRules;
}

/** The conversation, and in words what is not in it. */
export interface ToldTranscript {
  readonly messages: readonly Message[];
  readonly warnings: readonly string[];
}

/**
 * `messages` for `reader`. Left out, each with a warning: the reasoning of other models, unless the provider is the same
 * and has signed it; items of other providers; calls of hosted tools with their answers, where the API has none.
 *
 * A message of which nothing is left out stays itself, and so does a list of such messages; of a frozen one the same copy is
 * given every time: codecs remember messages.
 *
 * @example
 * ```ts
 * import { assistantMessage, transcriptFor } from "@locus-sdk/core";
 *
 * const thought = { type: "reasoning", text: "Hm.", author: "ollama:qwen3" } as const;
 * const messages = [assistantMessage([thought, { type: "text", text: "Yes." }])];
 * const told = transcriptFor(messages, { author: { provider: "openai", modelId: "gpt-5" } });
 * told.messages[0]; // { role: "assistant", content: [{ type: "text", text: "Yes." }] }
 * told.warnings; // ["the reasoning of ollama:qwen3 was left out: …"]
 * ```
 */
export function transcriptFor(messages: readonly Message[], reader: TranscriptReader): ToldTranscript {
  const key = keyOf(reader);
  const warnings = new Set<string>();
  let hosted = NO_CALLS;
  /** As far as told, once a message is not told as it is. Nearly all are, turn after turn: nothing is made for them. */
  let told: Message[] | undefined;
  for (let index = 0; index < messages.length; index++) {
    const message = messages[index];
    if (message === undefined) continue;
    let one: Message | undefined = message;
    if (message.role === "assistant") {
      hosted = NO_CALLS;
      if (isWords(message)) {
        told?.push(message);
        continue;
      }
      hosted = hostedCallsOf(message);
      if (!isToldAsItIs(message, reader)) {
        const answer = answerFor(message, reader, key);
        for (const warning of answer.warnings) warnings.add(warning);
        one = answer.message;
      }
    } else if (message.role === "tool") {
      if (!hosted.delete(message.callId)) one = resultFor(message, reader);
      else if (reader.hostedCalls !== true) one = undefined;
    }
    if (one !== message) told ??= messages.slice(0, index);
    if (one !== undefined) told?.push(one);
  }
  return { messages: told ?? messages, warnings: [...warnings] };
}

/** Nobody adds to it, and there is nothing to delete from it. */
const NO_CALLS = new Set<string>();

/** Whether there is nothing in it that any reader would not take: so it is with most answers of a long conversation. */
function isWords({ content }: AssistantMessage): boolean {
  for (const { type } of content) if (type !== "text" && type !== "refusal") return false;
  return true;
}

function hostedCallsOf({ content }: AssistantMessage): Set<string> {
  let hosted = NO_CALLS;
  for (const part of content) {
    if (part.type !== "tool_call" || part.hosted !== true) continue;
    if (hosted === NO_CALLS) hosted = new Set();
    hosted.add(part.id);
  }
  return hosted;
}

interface ToldAnswer {
  readonly message: AssistantMessage;
  readonly warnings: readonly string[];
}

/** By message, for the last reader that asked: a conversation is told to one model turn after turn. */
const remembered = new WeakMap<Message, ToldAnswer & { readonly key: string }>();
const renamed = new WeakMap<ToolMessage, ToolMessage>();

/** A result is told by the name that its call is told by. */
function resultFor(message: ToolMessage, { toolNames }: TranscriptReader): ToolMessage {
  const name = fittingToolName(message.name, toolNames);
  if (name === message.name) return message;
  const known = renamed.get(message);
  if (known?.name === name) return known;
  const copy: ToolMessage = Object.freeze({ ...message, name });
  if (Object.isFrozen(message)) renamed.set(message, copy);
  return copy;
}

/** Of a message that cannot be told as it is. */
function answerFor(message: AssistantMessage, reader: TranscriptReader, key: string): ToldAnswer {
  const known = remembered.get(message);
  if (known?.key === key) return known;
  const warnings: string[] = [];
  const content = message.content.flatMap((part): readonly AssistantPart[] => {
    const why = whyNot(part, reader);
    if (why === undefined) return [fittingPart(part, reader, (warning) => warnings.push(warning))];
    warnings.push(why);
    return [];
  });
  if (!Object.isFrozen(message)) return { message: { ...message, content }, warnings };
  const copy: AssistantMessage = Object.freeze({ ...message, content: Object.freeze(content) });
  remembered.set(message, { message: copy, warnings, key });
  return { message: copy, warnings };
}

function isToldAsItIs({ content }: AssistantMessage, reader: TranscriptReader): boolean {
  for (const part of content) {
    if (part.type === "text" || part.type === "refusal") continue;
    if (whyNot(part, reader) !== undefined) return false;
    if (part.type === "tool_call" && part.hosted !== true && !fits(part.name, reader)) return false;
  }
  return true;
}

const fits = (name: string, { toolNames }: TranscriptReader): boolean =>
  fittingToolName(name, toolNames) === name;

function keyOf({ author, seal, hostedCalls, toolNames }: TranscriptReader): string {
  const name = author === undefined ? "" : authorName(author);
  return [name, seal, hostedCalls, toolNames?.maxLength, toolNames?.pattern].join();
}

function whyNot(part: AssistantPart, reader: TranscriptReader): string | undefined {
  if (part.type === "tool_call" && part.hosted === true && reader.hostedCalls !== true) {
    return `a call of the hosted tool "${part.name}" was left out, with its answer: only its provider can run it`;
  }
  if (part.type === "provider" && isOfAnotherProvider(part, reader)) {
    return `${itemName(part)} of ${part.author} was left out: only its provider understands it`;
  }
  if (part.type === "reasoning" && !isOwn(part, reader)) {
    return `the reasoning of ${part.author ?? "another model"} was left out: a model is given no thoughts but its own`;
  }
  return undefined;
}

/** Longer names are made-up ones that are not worth more of a warning. */
const SHOWN_CHARS = 80;

function fittingPart(
  part: AssistantPart,
  { toolNames }: TranscriptReader,
  warn: (text: string) => void,
): AssistantPart {
  if (part.type !== "tool_call" || part.hosted === true) return part;
  const name = fittingToolName(part.name, toolNames);
  if (name === part.name) return part;
  const said = JSON.stringify(part.name.slice(0, SHOWN_CHARS));
  warn(`a call of ${said}, which is no name that a tool can have, was told as one of "${name}"`);
  return { ...part, name };
}

function isOwn(part: ReasoningPart, { author, seal }: TranscriptReader): boolean {
  const isSealed = part.signature !== undefined || part.encrypted !== undefined;
  if (isSealed && (seal === undefined || part[seal] === undefined)) return false;
  if (part.author === undefined || author === undefined || part.author === authorName(author)) return true;
  // Models of one provider read each other's signed thoughts, or pass over them.
  return part.signature !== undefined && !isOfAnotherProvider(part, { author });
}

function isOfAnotherProvider(
  { author: of }: ReasoningPart | ProviderPart,
  { author }: TranscriptReader,
): boolean {
  return of !== undefined && author !== undefined && !of.startsWith(`${author.provider}:`);
}

function itemName({ item }: ProviderPart): string {
  const type = isJsonObject(item) ? item.type : undefined;
  return typeof type === "string" ? `an item of type "${type}"` : "an item";
}
