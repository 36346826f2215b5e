// A string for a regular expression: the constructs that schemas use, no more.

interface Cursor {
  readonly source: string;
  at: number;
}

/** A text that matches the pattern, or `undefined` if this generator does not know how. */
export function textMatching(pattern: string): string | undefined {
  const text = alternatives({ source: pattern, at: 0 });
  try {
    return new RegExp(pattern, "u").test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}

function alternatives(cursor: Cursor): string {
  const first = sequence(cursor);
  while (cursor.source[cursor.at] === "|") {
    cursor.at += 1;
    sequence(cursor);
  }
  return first;
}

function sequence(cursor: Cursor): string {
  let text = "";
  for (;;) {
    const character = cursor.source[cursor.at];
    if (character === undefined || character === "|" || character === ")") return text;
    const part = atom(cursor);
    text += part.repeat(quantity(cursor));
  }
}

const escapes: Readonly<Record<string, string>> = {
  d: "1",
  w: "a",
  s: " ",
  S: "a",
  D: "a",
  W: "-",
  b: "",
  B: "",
};

function atom(cursor: Cursor): string {
  const character = cursor.source[cursor.at++] ?? "";
  if (character === "^" || character === "$") return "";
  if (character === ".") return "a";
  if (character === "\\") {
    const escaped = cursor.source[cursor.at++] ?? "";
    return escapes[escaped] ?? escaped;
  }
  if (character === "(") {
    if (cursor.source[cursor.at] === "?") {
      // (?:…) and (?<name>…) group; look-arounds are not generated.
      const open = /^\?(:|<[A-Za-z]\w*>)/.exec(cursor.source.slice(cursor.at));
      cursor.at += open?.[0].length ?? 1;
    }
    const text = alternatives(cursor);
    cursor.at += 1;
    return text;
  }
  return character === "[" ? characterClass(cursor) : character;
}

function characterClass(cursor: Cursor): string {
  const end = cursor.source.indexOf("]", cursor.at + 1);
  const members = cursor.source.slice(cursor.at, end < 0 ? undefined : end);
  cursor.at = end < 0 ? cursor.source.length : end + 1;
  if (!members.startsWith("^"))
    return members.startsWith("\\") ? (escapes[members[1] ?? ""] ?? members[1] ?? "") : members.slice(0, 1);
  const excluded = new RegExp(`[${members}]`, "u");
  return ["a", "1", "A", " ", "-"].find((candidate) => excluded.test(candidate)) ?? "";
}

function quantity(cursor: Cursor): number {
  const match = /^([*+?]|\{(\d+)(?:,\d*)?\})\??/.exec(cursor.source.slice(cursor.at));
  if (match === null) return 1;
  cursor.at += match[0].length;
  if (match[2] !== undefined) return Number(match[2]);
  return match[1] === "+" ? 1 : 0;
}
