/** What a model said, for a prompt of the AI SDK: each part with the metadata that its provider wants to see again. */
import type { LanguageModelV4Message, SharedV4ProviderOptions } from "@ai-sdk/provider";
import {
  type AssistantPart,
  isRecord,
  type JsonObject,
  jsonObjectSchema,
  jsonValueSchema,
  type ProviderPart,
  parseJson,
  type ToolCallPart,
} from "@locus-sdk/core";
import { z } from "zod";
import { optionsOf, readItem } from "./items.ts";
import type { Target } from "./target.ts";

type Content = Extract<LanguageModelV4Message, { role: "assistant" }>["content"];
type Warn = (text: string) => void;

export function assistantContent(parts: readonly AssistantPart[], target: Target, warn: Warn): Content {
  return parts.flatMap((part, index) => contentOf(part, parts[index + 1], target, warn));
}

function contentOf(
  part: AssistantPart,
  next: AssistantPart | undefined,
  target: Target,
  warn: Warn,
): Content {
  const options = metadataBehind(part, next, target);
  switch (part.type) {
    case "text":
    case "reasoning":
      return [{ type: part.type, text: part.text, ...options }];
    case "refusal":
      return [{ type: "text", text: part.text, ...options }];
    case "tool_call": {
      const { id: toolCallId, name: toolName } = part;
      return [{ type: "tool-call", toolCallId, toolName, input: inputOf(part, warn), ...options }];
    }
    case "provider":
      return contentBehind(part, target, warn);
  }
}

/** The options that go with `part`, which stand behind it. */
function metadataBehind(
  part: AssistantPart,
  next: AssistantPart | undefined,
  { provider }: Target,
): { readonly providerOptions?: SharedV4ProviderOptions } {
  if (next?.type !== "provider" || next.provider !== provider) return {};
  const item = readItem(next.item);
  if (item?.kind !== "metadata" || item.of !== part.type) return {};
  return { providerOptions: optionsOf(item.providerMetadata) };
}

/** What a prompt may hold of the parts that an answer may hold. */
const contentSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("custom"), kind: z.templateLiteral([z.string(), ".", z.string()]) }),
  z.object({ type: z.enum(["file", "reasoning-file"]), mediaType: z.string(), data: z.unknown() }),
  z.object({
    type: z.literal("tool-call"),
    toolCallId: z.string(),
    toolName: z.string(),
    input: z.string(),
  }),
  z.object({
    type: z.literal("tool-result"),
    toolCallId: z.string(),
    toolName: z.string(),
    result: jsonValueSchema,
    isError: z.boolean().optional(),
  }),
  // Told to the user, and of no use to the model.
  z.object({ type: z.enum(["source", "tool-approval-request"]) }),
]);
const fileDataSchema = z.union([
  z.object({ type: z.literal("data"), data: z.string() }),
  z.object({ type: z.literal("url"), url: z.string() }),
]);

function contentBehind({ provider, item }: ProviderPart, target: Target, warn: Warn): Content {
  if (provider !== target.provider) {
    warn(
      `an item of provider "${provider}" has no place in a prompt for ${target.provider} and was left out`,
    );
    return [];
  }
  const read = readItem(item);
  if (read?.kind === "metadata") return [];
  const options = optionsIn(read?.part ?? {});
  const { data: part } = contentSchema.safeParse(read?.part);
  switch (part?.type) {
    case "custom":
      return [{ type: "custom", kind: part.kind, ...options }];
    case "file":
    case "reasoning-file": {
      const { data } = fileDataSchema.safeParse(part.data);
      if (data === undefined) break;
      const given = data.type === "url" ? { ...data, url: new URL(data.url), originalUrl: data.url } : data;
      return [{ type: part.type, mediaType: part.mediaType, data: given, ...options }];
    }
    case "tool-call": {
      const { toolCallId, toolName, input } = part;
      const parsed = parseJson(input) ?? input;
      return [{ type: "tool-call", toolCallId, toolName, input: parsed, providerExecuted: true, ...options }];
    }
    case "tool-result": {
      const { toolCallId, toolName, result, isError } = part;
      const output = { type: isError === true ? "error-json" : "json", value: result } as const;
      return [{ type: "tool-result", toolCallId, toolName, output, ...options }];
    }
    case "source":
    case "tool-approval-request":
      return [];
    default:
      break;
  }
  warn(`an item that is said to be of ${provider} cannot be read and was left out`);
  return [];
}

const metadataSchema = z.record(z.string(), jsonObjectSchema);

function optionsIn({ providerMetadata }: JsonObject): { readonly providerOptions?: SharedV4ProviderOptions } {
  const { data } = metadataSchema.safeParse(providerMetadata);
  return data === undefined ? {} : { providerOptions: optionsOf(data) };
}

/** Providers take nothing but an object: what is none goes inside one, so that the model sees what it wrote. */
function inputOf({ arguments: text, name }: ToolCallPart, warn: Warn): JsonObject {
  if (text.trim() === "") return {};
  const parsed = parseJson(text);
  if (isRecord(parsed)) return parsed;
  warn(`the arguments of a call of "${name}" are no JSON object: they were sent as the text of one`);
  return { arguments: text };
}
