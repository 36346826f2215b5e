/** Which messages of the user's side a user has said. Pure. */
import { summaryOf } from "../conversation/summary-message.ts";
import type { Message } from "./types.ts";

/** As somebody's who is no user. */
function putInBy(message: Message, origin: string): Message {
  return message.role === "user" ? Object.freeze({ ...message, origin }) : message;
}

/** What stands in the place of messages: what was not among them, no user has said. A summary says so by itself. */
export function replacedBy(
  replaced: readonly Message[],
  replacement: readonly Message[],
  origin: string,
): readonly Message[] {
  if (!replacement.some(({ role }) => role === "user")) return replacement;
  const said = new Set(replaced.filter(({ role }) => role === "user").map((message) => textOf(message)));
  return replacement.map((message) =>
    hasOrigin(message) || said.has(textOf(message)) || summaryOf(message) !== undefined
      ? message
      : putInBy(message, origin),
  );
}

/** The messages as models are sent them. One that is sent again is the same object again: things are kept with it. */
export function forModel(messages: readonly Message[]): readonly Message[] {
  // A loop, as all of a long conversation is asked in every turn.
  for (const message of messages) if (hasOrigin(message)) return messages.map((one) => sent(one));
  return messages;
}

const sentAs = new WeakMap<Message, Message>();

function sent(message: Message): Message {
  if (message.role !== "user" || message.origin === undefined) return message;
  const known = sentAs.get(message);
  if (known !== undefined) return known;
  const { origin: _origin, ...said } = message;
  sentAs.set(message, Object.freeze(said));
  return said;
}

function hasOrigin(message: Message): boolean {
  return message.role === "user" && message.origin !== undefined;
}

function textOf(message: Message): string {
  return typeof message.content === "string" ? message.content : JSON.stringify(message.content);
}
