/** Asks before something is gone for good. */

import { openLines } from "../lines.ts";
import type { OciFlags } from "../oci-flags.ts";
import { UsageError } from "../options.ts";
import type { Task } from "./action.ts";

interface ConfirmFlags extends OciFlags {
  readonly yes?: boolean;
}

/**
 * `undefined` where the person at the terminal agrees, or has with `--yes`; otherwise the exit code.
 *
 * @throws UsageError where nobody can be asked.
 */
export async function agreed(
  { flags, view: { output } }: Task<ConfirmFlags>,
  question: string,
  otherwise: string,
): Promise<number | undefined> {
  if (flags.yes === true) return undefined;
  if (process.stdin.isTTY !== true || output.draw === undefined) {
    throw new UsageError(`there is no terminal to ask on: "${question}"; give --yes to go ahead`);
  }
  output.note(`${question} [y/N]`);
  const lines = openLines(process.stdin, process.stderr);
  try {
    const line = await lines.next();
    if (line.kind === "line" && /^y(?:es)?$/i.test(line.text.trim())) return undefined;
    output.note(otherwise);
    return line.kind === "interrupt" ? 130 : 1;
  } finally {
    lines.close();
  }
}
