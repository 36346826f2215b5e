/** Tool calls that fine-tunes of Qwen and Hermes write into their text: `<tool_call>{"name":…,"arguments":{…}}</tool_call>`. */
import { isRecord, parseJson } from "@locus-sdk/core";

/** What stands in the text: words, or a call. */
export type TextPiece =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "call"; readonly name: string; readonly arguments: string };

const OPEN = "<tool_call>";
const CLOSE = "</tool_call>";

/** How many characters at the end of `text` may be the beginning of `tag`. */
function beginning(text: string, tag: string): number {
  for (let length = Math.min(tag.length - 1, text.length); length > 0; length -= 1) {
    if (tag.startsWith(text.slice(-length))) return length;
  }
  return 0;
}

/**
 * Finds calls in a text that comes in pieces. What may be the beginning of a tag is held back until it is one or is
 * not; what turns out to be no call is given out as text, as it was written.
 */
export class TextToolCalls {
  #held = "";
  /** Between the tags: everything since, in the pieces it came in. */
  #inside: string[] | undefined;

  push(text: string): TextPiece[] {
    const pieces: TextPiece[] = [];
    let rest = text;
    while (rest !== "")
      rest = this.#inside === undefined ? this.#outside(rest, pieces) : this.#within(rest, pieces);
    return pieces;
  }

  /** The text is over: what was held back is text after all. */
  end(): TextPiece[] {
    const text = `${this.#inside === undefined ? "" : OPEN + this.#inside.join("")}${this.#held}`;
    this.#held = "";
    this.#inside = undefined;
    return text === "" ? [] : [{ type: "text", text }];
  }

  #outside(text: string, pieces: TextPiece[]): string {
    const all = this.#held + text;
    const at = all.indexOf(OPEN);
    if (at >= 0) {
      this.#held = "";
      this.#inside = [];
      if (at > 0) pieces.push({ type: "text", text: all.slice(0, at) });
      return all.slice(at + OPEN.length);
    }
    const keep = beginning(all, OPEN);
    this.#held = all.slice(all.length - keep);
    if (all.length > keep) pieces.push({ type: "text", text: all.slice(0, all.length - keep) });
    return "";
  }

  #within(text: string, pieces: TextPiece[]): string {
    const all = this.#held + text;
    const at = all.indexOf(CLOSE);
    if (at < 0) {
      const keep = beginning(all, CLOSE);
      this.#held = all.slice(all.length - keep);
      this.#inside?.push(all.slice(0, all.length - keep));
      return "";
    }
    const body = (this.#inside?.join("") ?? "") + all.slice(0, at);
    this.#held = "";
    this.#inside = undefined;
    pieces.push(callIn(body) ?? { type: "text", text: OPEN + body + CLOSE });
    return all.slice(at + CLOSE.length);
  }
}

function callIn(body: string): TextPiece | undefined {
  const call = parseJson(body.trim());
  if (!isRecord(call) || typeof call.name !== "string" || call.name === "") return undefined;
  const given = call.arguments ?? call.parameters ?? {};
  return {
    type: "call",
    name: call.name,
    arguments: typeof given === "string" ? given : JSON.stringify(given),
  };
}
