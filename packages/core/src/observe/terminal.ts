/** What a terminal is shown: whether in colours, and never what would move its cursor. */

/** `NO_COLOR` and `FORCE_COLOR` are asked before the terminal; set and empty, they count as not set. */
export function wantsColor(
  stream: { readonly isTTY?: boolean | undefined },
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  const { NO_COLOR = "", FORCE_COLOR = "", TERM } = env;
  if (NO_COLOR !== "") return false;
  if (FORCE_COLOR !== "") return FORCE_COLOR !== "0" && FORCE_COLOR !== "false";
  return stream.isTTY === true && TERM !== "dumb";
}

/**
 * Text of a model or a tool must not move the cursor, rewrite what was shown before, or turn the order of letters about: control
 * characters but line breaks and tabs are taken out, those that override the direction of writing, too.
 */
export function withoutControls(text: string): string {
  return text.replace(/(?![\n\t])\p{Cc}|[\u202a-\u202e\u2066-\u2069]/gu, "");
}
