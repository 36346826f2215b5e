/** `locus doctor`: is the way to OCI sound, from the file on disk to a streamed answer? One line a check. */
import type { Check } from "@locus-sdk/oci";
import { type OciFlags, ociOptions } from "./oci-flags.ts";
import type { Output } from "./output.ts";

export interface DoctorFlags extends OciFlags {
  readonly model?: string;
}

const MARKS = { ok: "✓", warn: "!", fail: "✗", skipped: "-" } as const;
const STYLES = { ok: undefined, warn: "bold", fail: "red", skipped: "dim" } as const;
const NAME_WIDTH = 14;

/** Resolves to the exit code: 1 where a check failed. */
export async function doctor(flags: DoctorFlags, output: Output): Promise<number> {
  const { diagnose } = await import("@locus-sdk/oci");
  const { model } = flags;
  let failed = false;
  for await (const check of diagnose({ ...ociOptions(flags), ...(model === undefined ? {} : { model }) })) {
    failed ||= check.status === "fail";
    if (flags.json === true) output.answer(`${JSON.stringify(check)}\n`);
    else show(check, output);
  }
  return failed ? 1 : 0;
}

function show({ name, status, detail, hint }: Check, output: Output): void {
  output.line(`${MARKS[status]} ${name.padEnd(NAME_WIDTH)} ${detail}`, STYLES[status]);
  if (hint !== undefined) output.line(`  ${"".padEnd(NAME_WIDTH)} ${hint}`, "dim");
}
