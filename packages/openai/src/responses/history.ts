/** What of a conversation the server has: as a count and a digest, so that a changed history is never continued. */
import { createHash } from "node:crypto";
import { canonicalJson, type JsonObject, type Message, type ToolCallPart } from "@locus-sdk/core";
import type { ChatProfile } from "../chat/profile.ts";
import { type EncodedItems, encodeItems } from "./encode-message.ts";

/** The beginning of a conversation: how many messages, system messages not counted, and what they come to. */
export interface Prefix {
  readonly cursor: number;
  readonly digest: string;
}

/** A conversation as this API sees it. */
export interface Conversation {
  /** Sent with every request: the server does not carry them over. */
  readonly instructions: string;
  /** Everything but system messages. */
  readonly messages: readonly Message[];
}

/** Takes the instructions out of a conversation. */
export function conversationOf(all: readonly Message[]): Conversation {
  const instructions: string[] = [];
  const messages: Message[] = [];
  for (const message of all) {
    if (message.role !== "system") messages.push(message);
    else if (message.content.trim() !== "") instructions.push(message.content);
  }
  return { instructions: instructions.join("\n\n"), messages };
}

/** The items of one message of a conversation. */
export function itemsAt(messages: readonly Message[], index: number, profile: ChatProfile): EncodedItems {
  const message = messages[index];
  return message === undefined
    ? { items: [], warnings: [] }
    : encodeItems(message, profile, callAnsweredAt(messages, index));
}

/** The call that the tool message at `index` answers: of its id, the nearest before it. */
function callAnsweredAt(messages: readonly Message[], index: number): ToolCallPart | undefined {
  const message = messages[index];
  if (message?.role !== "tool") return undefined;
  for (let at = index - 1; at >= 0; at -= 1) {
    const candidate = messages[at];
    if (candidate?.role !== "assistant") continue;
    for (const part of candidate.content) {
      if (part.type === "tool_call" && part.id === message.callId) return part;
    }
  }
  return undefined;
}

/** The digest up to a frozen message is kept with it, so that a turn costs as many hashes as it has new messages. */
interface Link {
  readonly before: string;
  readonly after: string;
}
const links = new WeakMap<ChatProfile, WeakMap<Message, Link>>();

/** Walks a conversation once; the digest of its first `count` messages and of all of them. */
export function digestsOf(
  messages: readonly Message[],
  count: number,
  profile: ChatProfile,
): { readonly at: string | undefined; readonly end: string } {
  let digest = "";
  let at = count === 0 ? digest : undefined;
  for (let index = 0; index < messages.length; index += 1) {
    digest = extend(digest, messages, index, profile);
    if (index + 1 === count) at = digest;
  }
  return { at, end: digest };
}

function extend(before: string, messages: readonly Message[], index: number, profile: ChatProfile): string {
  const message = messages[index];
  if (message === undefined) return before;
  let known = links.get(profile);
  if (known === undefined) {
    known = new WeakMap();
    links.set(profile, known);
  }
  const link = known.get(message);
  // The same messages before it, so the same call that it answers.
  if (link?.before === before) return link.after;
  const after = chain(before, itemsAt(messages, index, profile).items);
  if (Object.isFrozen(message)) known.set(message, { before, after });
  return after;
}

/** Of the wire, where our own replaced call ids do not show; canonical, because stores reorder members. */
function chain(before: string, items: readonly JsonObject[]): string {
  return createHash("sha256").update(before).update(canonicalJson(items)).digest("base64url");
}

/** What the server has once it has answered `messages` with `answer`. */
export function prefixAfter(messages: readonly Message[], answer: Message, profile: ChatProfile): Prefix {
  const all = [...messages, answer];
  return { cursor: all.length, digest: digestsOf(all, 0, profile).end };
}
