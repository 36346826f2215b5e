/** Resources on stdout: a table or lines for a person, an object a line with `--json`. */
import type { Output } from "../output.ts";
import { detailsOf } from "./details.ts";
import { layOut, printTable } from "./table.ts";

/** A column of a list: its header, and its cell for a resource. */
export type Column<T> = readonly [header: string, cell: (item: T) => string | null | undefined];

export interface View {
  readonly json: boolean;
  readonly output: Output;
}

/** Shows what is listed, as a table when all of it is there; says so on stderr where nothing is. */
export async function showList<T>(
  items: AsyncIterable<T> | Iterable<T>,
  columns: readonly Column<T>[],
  empty: string,
  { json, output }: View,
): Promise<void> {
  const rows: (readonly string[])[] = [];
  let shown = 0;
  for await (const item of items) {
    shown += 1;
    if (json) output.answer(`${JSON.stringify(item)}\n`);
    else rows.push(columns.map(([, cell]) => cell(item) ?? ""));
    if (output.gone.aborted) return;
  }
  await printTable(
    columns.map(([header]) => header),
    rows,
    output,
  );
  if (shown === 0) output.note(empty);
}

/** Shows all of one resource. */
export async function showOne(item: object, { json, output }: View): Promise<void> {
  if (json) {
    output.answer(`${JSON.stringify(item)}\n`);
    return;
  }
  for (const line of await layOut(detailsOf(item))) output.line(line);
}
