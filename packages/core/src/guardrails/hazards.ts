/** What arguments of some tools must not hold. Not for prose: "R&D; thanks" would be a command. */

import type { ArgumentHazard } from "./hazard-names.ts";

const HAZARDS: Readonly<
  Record<ArgumentHazard, { readonly kind: string; readonly patterns: readonly RegExp[] }>
> = {
  sql_write: {
    kind: "SQL that changes data",
    patterns: [
      /(?:^|;)\s{0,50}(?:insert|update|delete|drop|alter|create|truncate|grant|revoke|merge|replace|call|exec(?:ute)?|begin|declare|attach|detach|copy|vacuum|pragma|load|lock|rename|set)\b/i,
      /\b(?:insert\s{1,20}into|delete\s{1,20}from|drop\s{1,20}(?:table|database|schema|view|index|user|role|function|procedure)|truncate\s{1,20}table|alter\s{1,20}(?:table|user|system|session|database)|select\b[^;]{0,300}\binto\b)/i,
      /\b(?:insert|delete|drop|update|alter|create|truncate|grant|merge|replace)\s{1,20}(?:into|from|table|database|schema|view|index|user)\b/i,
      /\bupdate\s{1,20}[\w."`[\]]{1,128}\s{1,20}(?:as\s{1,20}\w{1,64}\s{1,20})?set\b/i,
      /\bfor\s{1,20}update\b/i,
    ],
  },
  sql_injection: {
    kind: "injected SQL",
    patterns: [
      /['"]\s{0,20}(?:or|and|\|\||&&)\s{0,20}['"(]?\s{0,20}\w{1,32}['"]?\s{0,20}(?:=|<|>|like\b|is\b|in\b)/i,
      /\b(?:or|and)\s{1,20}(\d{1,9})\s{0,20}=\s{0,20}\1\b/i,
      /\bunion\s{1,20}(?:all\s{1,20}|distinct\s{1,20})?select\b/i,
      /['")]\s{0,20};\s{0,20}(?:drop|delete|insert|update|alter|create|exec|truncate|shutdown|grant)\b/i,
      /['"]\s{0,20}(?:--|#|\/\*)/,
      /\b(?:sleep|benchmark|pg_sleep|xp_cmdshell|load_file|utl_http\.request|dbms_\w{1,40}\.\w{1,40}|extractvalue|updatexml)\s{0,20}\(|\bwaitfor\s{1,20}delay\b/i,
      /\b(?:information_schema|sqlite_master|pg_catalog|sys\.(?:tables|objects|user\$))\b/i,
    ],
  },
  shell: {
    kind: "shell metacharacters",
    patterns: [/[;&|`<>\n\r]|\$[({\w]|\\\n|\0/],
  },
  traversal: {
    kind: "path traversal",
    patterns: [
      /(?:^|[\\/])\.\.(?:[\\/]|$)/,
      /(?:%(?:25)*2e){2}|\.\.%(?:25)*(?:2f|5c|c0%(?:25)*af|c1%(?:25)*9c)|%c0%ae|%e0%80%ae/i,
      /\0|%00/,
    ],
  },
};

/** As a database reads it: wide letters plain, comments gone, and what MySQL runs of them there. */
function plainOf(text: string): readonly string[] {
  const plain = text.replace(/[\uff01-\uff5e]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0));
  return [plain, plain.replace(/\/\*!?\d{0,6}|\*\//g, " "), plain.replace(/\/\*(?!!)[^*]{0,500}\*\//g, " ")];
}

/** What of the wanted is in one of the texts, in a few words. */
export function findHazard(texts: readonly string[], wanted: readonly ArgumentHazard[]): string | undefined {
  const spellings = texts.flatMap((text) => [...new Set([text, ...plainOf(text)])]);
  return wanted
    .map((name) => HAZARDS[name])
    .find(({ patterns }) => spellings.some((text) => patterns.some((pattern) => pattern.test(text))))?.kind;
}
