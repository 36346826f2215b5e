/** A long tool result, cut in the middle: how it began and how it ended stay, and how much is missing is said. */
import type { ToolMessage, UserPart } from "../messages/types.ts";
import { READ_RESULT_TOOL } from "../tool/result-store.ts";

const NOTE = /\n\[… (\d+) of (\d+) characters left out here[^\n]*…\]\n/;
/** Of the room there is, for the beginning. */
const HEAD_SHARE = 0.6;
/** What stays in any case, beside the note. */
const LEAST_TEXT = 80;

/**
 * `message` with its texts no longer than `maxChars` (or than the note takes), or `undefined` where they are not longer
 * now. With `readable`, the note says how the rest is read.
 */
export function shortenResult(
  message: ToolMessage,
  maxChars: number,
  readable: boolean,
): ToolMessage | undefined {
  const how = readable ? `; read them with ${READ_RESULT_TOOL} and callId "${message.callId}"` : "";
  const { content } = message;
  if (typeof content === "string") {
    const text = shortenText(content, maxChars, how);
    return text === undefined ? undefined : Object.freeze({ ...message, content: text });
  }
  let changed = false;
  const parts = content.map((part): UserPart => {
    const text = part.type === "text" ? shortenText(part.text, maxChars, how) : undefined;
    if (text === undefined) return part;
    changed = true;
    return Object.freeze({ type: "text", text });
  });
  return changed ? Object.freeze({ ...message, content: Object.freeze(parts) }) : undefined;
}

function shortenText(text: string, maxChars: number, how: string): string | undefined {
  // One that was cut before is cut further, and tells of what it was at first.
  const cut = NOTE.exec(text);
  const head = cut === null ? text : text.slice(0, cut.index);
  const tail = cut === null ? text : text.slice(cut.index + cut[0].length);
  const whole = cut === null ? text.length : Number(cut[2]);

  const longest = note(whole, whole, how).length;
  const room = Math.max(maxChars - longest, LEAST_TEXT);
  if (text.length <= room + longest) return undefined;
  const begin = wellFormedEnd(head, Math.min(head.length, Math.ceil(room * HEAD_SHARE)));
  const end = wellFormedStart(tail, Math.max(0, tail.length - Math.floor(room * (1 - HEAD_SHARE))));
  const kept = begin + (tail.length - end);
  const shorter = head.slice(0, begin) + note(whole - kept, whole, how) + tail.slice(end);
  return shorter.length < text.length ? shorter : undefined;
}

const note = (missing: number, whole: number, how: string): string =>
  `\n[… ${missing} of ${whole} characters left out here${how} …]\n`;

/** Never between the halves of a surrogate pair. */
const wellFormedEnd = (text: string, at: number): number =>
  /[\uD800-\uDBFF]/.test(text.charAt(at - 1)) ? at - 1 : at;
const wellFormedStart = (text: string, at: number): number =>
  /[\uDC00-\uDFFF]/.test(text.charAt(at)) ? at + 1 : at;

/** Whether a text is what `shortenResult` left of one. */
export function isShortened(text: string): boolean {
  return NOTE.test(text);
}
