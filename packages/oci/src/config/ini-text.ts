/**
 * Rewrites an OCI configuration file into text the `ini` package reads the way the OCI tools do.
 *
 * `ini` alone would cut a path or pass phrase at the first `#` or `;`, unescape backslashes, turn `true` into a
 * boolean, nest `[team.dev]` into `team`, and overlook an indented section header or one with a comment behind it.
 * So each line is taken apart here by the rules of OCI, and handed on quoted, section names replaced by numbers.
 */

/** What `rewrite` gives: text for `ini`, and the names behind its numbered sections. */
export interface IniText {
  readonly text: string;
  readonly sections: readonly string[];
}

// What may hold a `#` of its own keeps it: a pass phrase always, a path unless the `#` stands alone.
const VERBATIM = new Set(["pass_phrase", "key_content"]);
const PATHS = new Set(["key_file", "security_token_file", "delegation_token_file"]);

/** The value without a comment behind it, and without quotes around it. */
function clean(key: string, raw: string): string {
  const value = raw.trim();
  if (VERBATIM.has(key)) return value;
  const quoted = /^(["'])(.*?)\1\s*(?:[;#].*)?$/.exec(value);
  if (quoted?.[2] !== undefined) return quoted[2];
  const comment = PATHS.has(key) ? /\s[;#](?:\s.*)?$/ : /\s[;#].*$/;
  const start = value.search(comment);
  return start < 0 ? value : value.slice(0, start).trim();
}

/** JSON text in ASCII: `ini` overlooks lines with the line separators of Unicode in them. */
function quote(value: string): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Where the PEM text that begins at `start` ends. */
function pemEnd(lines: readonly string[], start: number): number {
  for (let index = start; index < lines.length; index += 1) {
    if (lines[index]?.includes("-----END ")) return index;
  }
  return start;
}

/**
 * Rewrites `source`, whose line ends and byte order mark may be anyone's.
 *
 * @param onBadLine told of each line (counted from 1) that is neither a section, a `key = value` nor a comment
 */
export function rewrite(source: string, onBadLine: (line: number) => void): IniText {
  const lines = source.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  const sections: string[] = [];
  const out: string[] = [];
  for (let index = 0; index < lines.length; index += 1) {
    const line = (lines[index] ?? "").trim();
    if (line === "" || line.startsWith("#") || line.startsWith(";")) continue;
    const header = /^\[([^\]]*)\]\s*(?:[;#].*)?$/.exec(line);
    if (header?.[1] !== undefined) {
      out.push(`[${sections.length}]`);
      sections.push(header[1].trim());
      continue;
    }
    const pair = /^([\w.-]+)\s*[=:](.*)$/.exec(line);
    if (pair?.[1] === undefined || pair[2] === undefined) {
      onBadLine(index + 1);
      continue;
    }
    const key = pair[1].toLowerCase();
    let raw = pair[2];
    const begins = `${raw}${raw.trim() === "" ? (lines[index + 1] ?? "") : ""}`.includes("-----BEGIN ");
    if (key === "key_content" && begins && !raw.includes("-----END ")) {
      const end = pemEnd(lines, index);
      raw = [raw, ...lines.slice(index + 1, end + 1)].map((part) => part.trim()).join("\n");
      index = end;
    }
    // The key carries a mark so that no name (`__proto__`, `a[]`) means anything to the parser.
    out.push(`k.${key}=${quote(clean(key, raw))}`);
  }
  return { text: out.join("\n"), sections };
}
