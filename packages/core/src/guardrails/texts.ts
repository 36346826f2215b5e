/** The texts inside of JSON and of messages: walked in one order, to be read and to be written anew. Pure. */
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from "../json/json.ts";
import type { AssistantMessage, AssistantPart, Message, ToolCallPart, UserPart } from "../messages/types.ts";

/** What follows a text when all of them are read as one: `:` after a member's name, so that it is read with its value. */
type After = ":\n" | "\n\n";

/** Takes each text in turn, and returns what is to stand there. */
export type Rewrite = (text: string, after: After) => string;

/** `value` with its texts, names of members and numbers rewritten; the same object where nothing changed. */
export function mapJson(value: JsonValue, rewrite: Rewrite): JsonValue {
  if (typeof value === "string") return isBinary(value) ? value : rewrite(value, "\n\n");
  if (typeof value === "number") {
    const text = String(value);
    const after = rewrite(text, "\n\n");
    return after === text ? value : after;
  }
  if (Array.isArray(value)) {
    const items = value.map((item: JsonValue) => mapJson(item, rewrite));
    return items.every((item, at) => item === value[at]) ? value : items;
  }
  return isJsonObject(value) ? mapObject(value, rewrite) : value;
}

function mapObject(value: JsonObject, rewrite: Rewrite): JsonObject {
  let changed = false;
  const taken = new Set<string>();
  const members = Object.entries(value).map(([name, member]): readonly [string, JsonValue] => {
    const isPlain = typeof member === "string" || typeof member === "number";
    const newName = unused(rewrite(name, isPlain ? ":\n" : "\n\n"), taken);
    taken.add(newName);
    const isData = name === "data" && typeof member === "string" && isBase64(member) && isMedia(value.type);
    const newMember = isData ? member : mapJson(member, rewrite);
    changed ||= newName !== name || newMember !== member;
    return [newName, newMember];
  });
  return changed ? Object.fromEntries(members) : value;
}

/** Two names that became the same note are told apart. */
function unused(name: string, taken: ReadonlySet<string>): string {
  let free = name;
  for (let count = 2; taken.has(free); count++) free = `${name} (${count})`;
  return free;
}

function isMedia(type: JsonValue | undefined): boolean {
  return type === "image" || type === "file" || type === "audio";
}

function isBase64(text: string): boolean {
  return text.length >= 64 && /^[A-Za-z0-9+/_-]*={0,2}$/.test(text);
}

/** A picture or a file in a data URL holds no words. */
function isBinary(text: string): boolean {
  const head =
    /^data:(?:image|audio|video|application|font)\/[\w.+-]{1,100}(?:;[\w=.-]{1,100}){0,4};base64,/.exec(text);
  return head !== null && isBase64(text.slice(head[0].length));
}

/** The words of a message that is not the model's. */
export function mapWords<Words extends Exclude<Message, AssistantMessage>>(
  message: Words,
  rewrite: Rewrite,
): Words {
  const { content } = message;
  const words =
    typeof content === "string"
      ? rewrite(content, "\n\n")
      : mapList<UserPart>(content, (part) => withWords(part, rewrite));
  return words === content ? message : { ...message, content: words };
}

function withWords(part: UserPart, rewrite: Rewrite): UserPart {
  if (part.type === "text") return withText(part, rewrite);
  if (part.type !== "file" || part.filename === undefined) return part;
  const filename = rewrite(part.filename, "\n\n");
  return filename === part.filename ? part : { ...part, filename };
}

/** What the model said, thought and got from its provider's own tools. Calls of tools are not among it. */
export function mapSaid(message: AssistantMessage, rewrite: Rewrite): AssistantMessage {
  return withParts(message, (part) => {
    if (part.type === "text" || part.type === "refusal") return withText(part, rewrite);
    if (part.type === "provider") {
      const item = mapJson(part.item, rewrite);
      return item === part.item ? part : { ...part, item };
    }
    if (part.type !== "reasoning") return part;
    const text = rewrite(part.text, "\n\n");
    // What is signed or sealed is the thought as it was.
    return text === part.text ? part : { type: "reasoning", text };
  });
}

/** The arguments of one call, inside of their JSON where that can be read. */
export function mapArguments(call: ToolCallPart, rewrite: Rewrite): ToolCallPart {
  const parsed = parseJson(call.arguments);
  if (parsed === undefined) {
    const text = rewrite(call.arguments, "\n\n");
    return text === call.arguments ? call : { ...call, arguments: text };
  }
  const mapped = mapJson(parsed, rewrite);
  return mapped === parsed ? call : { ...call, arguments: JSON.stringify(mapped) };
}

function withParts(
  message: AssistantMessage,
  change: (part: AssistantPart) => AssistantPart,
): AssistantMessage {
  const content = mapList(message.content, change);
  return content === message.content ? message : { role: "assistant", content };
}

function withText<Part extends { readonly text: string }>(part: Part, rewrite: Rewrite): Part {
  const text = rewrite(part.text, "\n\n");
  return text === part.text ? part : { ...part, text };
}

function mapList<T>(list: readonly T[], change: (item: T) => T): readonly T[] {
  const changed = list.map(change);
  return changed.every((item, at) => item === list[at]) ? list : changed;
}

/** The message with a note for its content. */
export function withNote(message: Message, text: string): Message {
  if (message.role === "assistant") return { role: "assistant", content: [{ type: "text", text }] };
  return { ...message, content: text };
}
