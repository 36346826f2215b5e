/** Asks before something is gone for good. */

import { type LineInput, openLines } from "../lines.ts";
import type { Task } from "../oci/action.ts";
import type { OciFlags } from "../oci-flags.ts";
import { UsageError } from "../options.ts";
import { terminalOf } from "./terminal.ts";

interface Confirmation {
  readonly question: string;
  /** What is said where the answer is no. */
  readonly otherwise: string;
  /** Default: stdin. */
  readonly input?: LineInput;
}

interface ConfirmFlags extends OciFlags {
  readonly yes?: boolean;
}

/**
 * `undefined` where the person at the terminal agrees, or has with `--yes`; otherwise the exit code.
 *
 * @throws UsageError where nobody can be asked.
 */
export async function agreed(
  { flags, view: { output } }: Pick<Task<ConfirmFlags>, "flags" | "view">,
  { question, otherwise, input = process.stdin }: Confirmation,
): Promise<number | undefined> {
  if (flags.yes === true) return undefined;
  const terminal = terminalOf(output);
  if (input.isTTY !== true || terminal === undefined) {
    throw new UsageError(`there is no terminal to ask on: "${question}"; give --yes to go ahead`);
  }
  output.note(`${question} [y/N]`);
  const lines = openLines(input, terminal);
  try {
    const line = await lines.next();
    if (line.kind === "line" && /^y(?:es)?$/i.test(line.text.trim())) return undefined;
    output.note(otherwise);
    return line.kind === "interrupt" ? 130 : 1;
  } finally {
    lines.close();
  }
}
