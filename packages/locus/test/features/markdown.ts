/** The table as the documentation shows it. */
import { TRANSPORTS } from "./bench.ts";
import type { Feature } from "./table.ts";

/** Rows of cells: what each transport does, with a number where it does not. */
export function featureRows(features: readonly Feature[]): readonly (readonly string[])[] {
  const reasons = reasonsOf(features);
  const rows = features.map(({ name, cells }) => [
    name,
    ...TRANSPORTS.map((transport) => {
      const cell = cells[transport];
      return typeof cell === "function" ? "yes" : `no (${reasons.indexOf(cell.no) + 1})`;
    }),
  ]);
  return [["", ...TRANSPORTS], ...rows];
}

/** The reasons, each once, in the order of their numbers. */
export function reasonsOf(features: readonly Feature[]): readonly string[] {
  const all = features.flatMap(({ cells }) =>
    TRANSPORTS.flatMap((transport) => {
      const cell = cells[transport];
      return typeof cell === "function" ? [] : [cell.no];
    }),
  );
  return [...new Set(all)];
}

/** Both, as Markdown. */
export function featureMarkdown(features: readonly Feature[]): string {
  const rows = featureRows(features);
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0), 3),
  );
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const [head = [], ...body] = rows;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  const list = reasonsOf(features).map((reason, index) => `${index + 1}. ${reason}`);
  return [line(head), rule, ...body.map(line), "", ...list].join("\n");
}
