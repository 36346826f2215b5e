/** What a user hands to `run()`, as messages of plain JSON. */
import { ConfigurationError } from "../errors/errors.ts";
import { deepFreeze, isRecord } from "../json/json.ts";
import type { AgentInput } from "../messages/input.ts";
import { repairTranscript } from "../messages/repair.ts";
import { contentSchema, describeIssues, parseMessages } from "../messages/schema.ts";
import type { Message, UserMessage, UserPart } from "../messages/types.ts";
import { type PathPart, preparePart, readPathPart } from "./input-part.ts";

/** The input with its paths read. Everything else about it has been checked, and its bytes copied. */
export type LoadInput = (signal?: AbortSignal) => Promise<readonly Message[]>;

/** By place among the parts. */
type Paths = ReadonlyMap<number, PathPart>;

/**
 * @throws ConfigurationError where it is neither text, nor content parts, nor messages, where a part cannot be used as
 *   given, or where nothing is left of it. What is wrong with a path, the returned function rejects with.
 */
export function readInput(input: AgentInput): LoadInput {
  if (typeof input === "string") return ready(deepFreeze([{ role: "user", content: input }]));
  if (!Array.isArray(input) || input.length === 0) {
    throw new ConfigurationError(
      "the input must be text, a list of content parts, or a list of messages, and not empty",
    );
  }
  const given: readonly unknown[] = input;
  const paths = new Map<Message, Paths>();
  const first = given[0];
  if (!isRecord(first) || !("role" in first)) {
    const prepared = prepareParts(given, "input");
    const message = deepFreeze<UserMessage>({ role: "user", content: readParts(prepared.parts) });
    if (prepared.paths.size > 0) paths.set(message, prepared.paths);
    return paths.size === 0 ? ready([message]) : (signal) => loadAll([message], paths, signal);
  }
  const prepared = given.map((message, index) => prepareMessage(message, `input[${index}].content`));
  const parsed = parseMessages(prepared.map(({ message }) => message));
  for (const [index, message] of parsed.entries()) {
    const own = prepared[index]?.paths;
    if (own !== undefined && own.size > 0) paths.set(message, own);
  }
  const messages = repairTranscript(parsed);
  if (messages.length === 0) {
    throw new ConfigurationError("the input holds nothing but tool messages that answer no call", {
      hint: "A tool message belongs behind the assistant message whose call it answers.",
    });
  }
  return paths.size === 0 ? ready(messages) : (signal) => loadAll(messages, paths, signal);
}

const ready =
  (messages: readonly Message[]): LoadInput =>
  () =>
    Promise.resolve(messages);

/** One file after the other: what is read is held in memory. */
async function loadAll(
  messages: readonly Message[],
  paths: ReadonlyMap<Message, Paths>,
  signal: AbortSignal | undefined,
): Promise<readonly Message[]> {
  const loaded: Message[] = [];
  for (const message of messages) {
    const own = paths.get(message);
    if (own === undefined || message.role !== "user" || typeof message.content === "string") {
      loaded.push(message);
      continue;
    }
    const content: UserPart[] = [];
    for (const [index, part] of message.content.entries()) {
      const waiting = own.get(index);
      content.push(waiting === undefined ? part : await readPathPart(waiting, signal));
    }
    loaded.push({ ...message, content });
  }
  return deepFreeze(loaded);
}

interface PreparedParts {
  /** Plain JSON where it is right; a text stands in for what is read later. */
  readonly parts: readonly unknown[];
  readonly paths: Paths;
}

function prepareParts(given: readonly unknown[], where: string): PreparedParts {
  const paths = new Map<number, PathPart>();
  const parts = given.map((part, index) => {
    const prepared = preparePart(part, `${where}[${index}]`);
    if (!("path" in prepared)) return prepared.part;
    paths.set(index, prepared.path);
    return { type: "text", text: "" };
  });
  return { parts, paths };
}

/** Only a user speaks for the caller: what a tool or a model is said to have sent is taken as it is, and never read. */
function prepareMessage(
  message: unknown,
  where: string,
): { readonly message: unknown; readonly paths?: Paths } {
  if (!isRecord(message) || message.role !== "user" || !Array.isArray(message.content)) return { message };
  const { parts, paths } = prepareParts(message.content, where);
  return { message: { ...message, content: parts }, paths };
}

function readParts(parts: readonly unknown[]): UserMessage["content"] {
  const parsed = contentSchema.safeParse(parts);
  if (parsed.success) return parsed.data;
  throw new ConfigurationError(`not a list of content parts: ${describeIssues(parsed.error)}`, {
    hint: 'Expected parts, such as { "type": "text", "text": "…" }, or messages, such as { "role": "user", "content": "…" }.',
  });
}
