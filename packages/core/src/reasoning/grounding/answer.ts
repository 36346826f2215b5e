/** What of an answer is looked at: its words, or the leaves of an answer that is an object. Pure. */
import { isJsonObject, type JsonValue } from "../../json/json.ts";

/** Texts and numbers under their names, a line each: `items[0].price: 12`. Nulls say nothing. */
export function leavesOf(value: JsonValue, path = ""): string {
  if (value === null) return "";
  if (Array.isArray(value)) {
    return joined(value.map((item, index) => leavesOf(item, `${path}[${index}]`)));
  }
  if (isJsonObject(value)) {
    const members = Object.entries(value);
    return joined(members.map(([key, member]) => leavesOf(member, path === "" ? key : `${path}.${key}`)));
  }
  const said = (typeof value === "string" ? value : JSON.stringify(value)).trim();
  if (said === "") return "";
  return path === "" ? said : `${path}: ${said}`;
}

function joined(lines: readonly string[]): string {
  return lines.filter((line) => line !== "").join("\n");
}

/** Pieces of at most `maxChars`, cut between paragraphs, lines or words: nothing is left out. */
export function pieces(text: string, maxChars: number): readonly string[] {
  const all: string[] = [];
  for (let rest = text; rest !== ""; ) {
    const room = rest.slice(0, maxChars);
    const ends = rest.length <= maxChars ? [] : ["\n\n", "\n", " "].map((end) => room.lastIndexOf(end));
    const to =
      rest.length <= maxChars ? rest.length : (ends.find((at) => at > maxChars / 2) ?? whole(rest, maxChars));
    all.push(rest.slice(0, to));
    rest = rest.slice(to).trimStart();
  }
  return all;
}

/** `at`, or one before it, where a character of two halves would be cut. */
export function whole(text: string, at: number): number {
  return /[\ud800-\udbff]/.test(text.charAt(at - 1)) && at > 1 ? at - 1 : at;
}
