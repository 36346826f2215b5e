/** `locus models`: what a compartment is offered, what each model can do, and the transport it would take. */
import type { OciModelInfo } from "@locus-sdk/oci";
import { type OciFlags, ociOptions } from "./oci-flags.ts";
import type { Output } from "./output.ts";
import { printTable } from "./show/table.ts";

export interface ModelsFlags extends OciFlags {
  readonly vendor?: string;
  readonly capability?: string;
  /** Retired models as well. */
  readonly all?: boolean;
}

const HEADER = ["MODEL", "VENDOR", "CAPABILITIES", "TRANSPORT", "NOTE"] as const;

export async function models(flags: ModelsFlags, output: Output): Promise<number> {
  const { listOciModels } = await import("@locus-sdk/oci");
  const { vendor, capability } = flags;
  const rows: (readonly string[])[] = [];
  let shown = 0;
  for await (const model of listOciModels({
    ...ociOptions(flags),
    ...(vendor === undefined ? {} : { vendor }),
    ...(capability === undefined ? {} : { capability }),
    signal: output.gone,
  })) {
    if (flags.all !== true && model.lifecycle !== undefined && model.lifecycle !== "ACTIVE") continue;
    shown++;
    if (flags.json === true) output.answer(`${JSON.stringify(model)}\n`);
    else rows.push(rowOf(model));
  }
  await printTable(HEADER, rows, output);
  if (shown === 0) output.note("No model matches. Is it the right compartment and region?");
  return 0;
}

function rowOf({
  id,
  vendor,
  capabilities,
  route,
  unreachable,
  onDemandRetiredAt,
  deprecatedAt,
}: OciModelInfo): string[] {
  const ends = onDemandRetiredAt ?? deprecatedAt;
  const note =
    unreachable ??
    (ends === undefined
      ? ""
      : `${onDemandRetiredAt === undefined ? "deprecated" : "retires"} ${ends.slice(0, 10)}`);
  return [id, vendor ?? "", capabilities.join(","), route?.transport ?? "-", note];
}
