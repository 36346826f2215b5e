/** Messages read back from disk or wire: checked against the types, unknown members kept, frozen. */
import { z } from "zod";
import { ConfigurationError } from "../errors/errors.ts";
import { deepFreeze, isRecord, type JsonObject, type JsonValue } from "../json/json.ts";
import { lazily } from "../lazily.ts";
import type {
  AssistantMessage,
  AudioPart,
  FilePart,
  ImagePart,
  Message,
  ProviderPart,
  ReasoningPart,
  RefusalPart,
  SystemMessage,
  TextPart,
  ToolCallPart,
  ToolMessage,
  UserMessage,
  UserPart,
} from "./types.ts";

/**
 * The zod shape that `T` demands: a member for each of its members, optional where it is. With `satisfies`, a
 * schema that misses, adds or mistypes a member of the hand-written type does not compile.
 */
export type ShapeOf<T> = {
  readonly [K in keyof T]-?: Record<never, never> extends Pick<T, K>
    ? z.ZodExactOptional<z.ZodType<Exclude<T[K], undefined>>>
    : z.ZodType<T[K]>;
};
/** The members `z.enum` takes for a union of strings; misses or adds none. */
export type EnumOf<T extends string> = { readonly [K in T]: K };

/** Any JSON. A copy: what was handed in is neither kept nor frozen. */
export const jsonValueSchema: z.ZodType<JsonValue> = z.lazy(() =>
  z.unknown().transform((value, context): JsonValue => {
    const copy = copyJson(value);
    if (copy !== undefined) return copy;
    context.issues.push({ code: "custom", message: "expected plain JSON", input: value });
    return z.NEVER;
  }),
);

/** Any JSON object, copied. */
export const jsonObjectSchema: z.ZodType<JsonObject> = z.lazy(() =>
  z.custom<JsonObject>(isRecord, "expected a JSON object").transform((value, context): JsonObject => {
    const copy = copyJson(value);
    if (isRecord(copy)) return copy;
    context.issues.push({ code: "custom", message: "expected plain JSON", input: value });
    return z.NEVER;
  }),
);

/** A path that stands for the content itself: read in the caller's own input alone, never for what is stored or sent. */
const isPathAlone = (part: Readonly<Record<string, unknown>>): boolean =>
  part.path !== undefined && part.data === undefined && part.url === undefined && part.fileId === undefined;
const holdsContent = [
  (part: Readonly<Record<string, unknown>>) => !isPathAlone(part),
  "a path is read only in what is handed to run(); here the part must hold the content itself",
] as const;

const schemas = lazily(() => {
  const textPart = z.looseObject({
    type: z.literal("text"),
    text: z.string(),
  } satisfies ShapeOf<TextPart>);
  const imagePart = z
    .looseObject({
      type: z.literal("image"),
      url: z.string().exactOptional(),
      data: z.string().exactOptional(),
      mediaType: z.string().exactOptional(),
      detail: z
        .enum({ auto: "auto", low: "low", high: "high" } satisfies EnumOf<NonNullable<ImagePart["detail"]>>)
        .exactOptional(),
    } satisfies ShapeOf<ImagePart>)
    .refine(...holdsContent);
  const filePart = z
    .looseObject({
      type: z.literal("file"),
      data: z.string().exactOptional(),
      url: z.string().exactOptional(),
      fileId: z.string().exactOptional(),
      mediaType: z.string().exactOptional(),
      filename: z.string().exactOptional(),
    } satisfies ShapeOf<FilePart>)
    .refine(...holdsContent);
  const audioPart = z.looseObject({
    type: z.literal("audio"),
    data: z.string(),
    format: z.string(),
  } satisfies ShapeOf<AudioPart>);
  const reasoningPart = z.looseObject({
    type: z.literal("reasoning"),
    text: z.string(),
    id: z.string().exactOptional(),
    signature: z.string().exactOptional(),
    encrypted: z.string().exactOptional(),
    author: z.string().exactOptional(),
  } satisfies ShapeOf<ReasoningPart>);
  const toolCallPart = z.looseObject({
    type: z.literal("tool_call"),
    id: z.string(),
    providerId: z.string().exactOptional(),
    name: z.string(),
    arguments: z.string(),
    hosted: z.literal(true).exactOptional(),
  } satisfies ShapeOf<ToolCallPart>);
  const providerPart = z.looseObject({
    type: z.literal("provider"),
    provider: z.string(),
    item: jsonValueSchema,
    author: z.string().exactOptional(),
  } satisfies ShapeOf<ProviderPart>);
  const refusalPart = z.looseObject({
    type: z.literal("refusal"),
    text: z.string(),
  } satisfies ShapeOf<RefusalPart>);

  const userPart = z.discriminatedUnion("type", [textPart, imagePart, filePart, audioPart]);
  const content: z.ZodType<string | readonly UserPart[]> = z.union([z.string(), z.array(userPart)]);

  const systemMessage = z.looseObject({
    role: z.literal("system"),
    content: z.string(),
  } satisfies ShapeOf<SystemMessage>);
  const userMessage = z.looseObject({
    role: z.literal("user"),
    content,
    origin: z.string().exactOptional(),
  } satisfies ShapeOf<UserMessage>);
  const assistantMessage = z.looseObject({
    role: z.literal("assistant"),
    content: z.array(
      z.discriminatedUnion("type", [textPart, reasoningPart, toolCallPart, providerPart, refusalPart]),
    ),
  } satisfies ShapeOf<AssistantMessage>);
  const toolMessage = z.looseObject({
    role: z.literal("tool"),
    callId: z.string(),
    name: z.string(),
    content,
    isError: z.literal(true).exactOptional(),
  } satisfies ShapeOf<ToolMessage>);
  return { content, systemMessage, userMessage, assistantMessage, toolMessage };
});

/** What a user or a tool may send: text or parts. Frozen once parsed, as everything from these schemas. */
export const contentSchema: z.ZodType<string | readonly UserPart[]> = z.lazy(() =>
  schemas().content.transform(deepFreeze),
);
/** A message of the model. */
export const assistantMessageSchema: z.ZodType<AssistantMessage> = z.lazy(() =>
  schemas().assistantMessage.transform(deepFreeze),
);
/** A message of any role. */
export const messageSchema: z.ZodType<Message> = z.lazy(() => {
  const { systemMessage, userMessage, assistantMessage, toolMessage } = schemas();
  return z
    .discriminatedUnion("role", [systemMessage, userMessage, assistantMessage, toolMessage])
    .transform(deepFreeze);
});
/** A conversation. */
export const messagesSchema: z.ZodType<readonly Message[]> = z.lazy(() =>
  z.array(messageSchema).transform((messages) => deepFreeze(messages)),
);

/**
 * A conversation from outside: from a file, a request, another program. Copied, checked and frozen.
 *
 * @throws ConfigurationError naming the member that does not fit.
 * @example
 * ```ts
 * import { parseMessages } from "@locus-sdk/core";
 *
 * const messages = parseMessages(JSON.parse('[{ "role": "user", "content": "Hello." }]'));
 * ```
 */
export function parseMessages(value: unknown): readonly Message[] {
  const parsed = messagesSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ConfigurationError(`not a conversation: ${describeIssues(parsed.error)}`, {
    hint: 'Expected a list of messages, such as { "role": "user", "content": "…" }.',
  });
}

/** What zod found, on one line: `[2].content: expected string`. */
export function describeIssues(error: z.ZodError): string {
  return describeAll(error.issues, []);
}

function describeAll(issues: readonly z.core.$ZodIssue[], above: readonly PropertyKey[]): string {
  return issues.map((issue) => describeIssue(issue, [...above, ...issue.path])).join("; ");
}

/** Of a union, zod itself says no more than "Invalid input". */
function describeIssue(issue: z.core.$ZodIssue, path: readonly PropertyKey[]): string {
  if (issue.code === "invalid_union") {
    if (issue.errors.length > 0) {
      // A branch that got as far as the value's members is the one that was meant.
      const meant = issue.errors.find((branch) => branch.some((inner) => inner.path.length > 0));
      if (meant !== undefined) return describeAll(meant, path);
      return at(path, issue.errors.flatMap((branch) => branch.map(({ message }) => message)).join(", or "));
    }
    const options: readonly unknown[] =
      "options" in issue && Array.isArray(issue.options) ? issue.options : [];
    if (options.length > 0)
      return at(path, `expected ${options.map((one) => JSON.stringify(one)).join(" or ")}`);
  }
  return at(path, issue.message);
}

function at(path: readonly PropertyKey[], message: string): string {
  return path.length === 0 ? message : `${z.core.toDotPath(path)}: ${message}`;
}

function copyJson(value: unknown): JsonValue | undefined {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (Array.isArray(value)) {
    const items: JsonValue[] = [];
    for (const item of value) {
      const copy = copyJson(item);
      if (copy === undefined) return undefined;
      items.push(copy);
    }
    return items;
  }
  if (!isRecord(value)) return undefined;
  const members: [string, JsonValue][] = [];
  for (const [key, member] of Object.entries(value)) {
    const copy = copyJson(member);
    if (copy === undefined) return undefined;
    members.push([key, copy]);
  }
  // Not by assignment, which would make a prototype of a member called "__proto__".
  return Object.fromEntries(members);
}
