/** The report as a table for a terminal. Colours only where they are wanted. */
import { styleText } from "node:util";
import { budgetText, type Verdict } from "../verdict.ts";
import { type Cell, isOurs, type Report, type ReportRow } from "./report.ts";

type Style = Parameters<typeof styleText>[0];
const STYLES: Readonly<Record<Verdict, Style>> = {
  met: "green",
  unsure: "yellow",
  missed: "red",
  unknown: "red",
};
const SAYS: Readonly<Record<Verdict, string>> = {
  met: "met",
  unsure: "over, within the noise",
  missed: "MISSED",
  unknown: "NOT MEASURED",
};

export function reportText(report: Report, { colours }: { readonly colours: boolean }): string {
  const paint = (style: Style, text: string): string =>
    colours ? styleText(style, text, { validateStream: false }) : text;
  const lines = report.rows.flatMap((row) => [
    `${paint("bold", row.title)}${headOf(row)}${row.verdict === undefined ? "" : `  ${paint(STYLES[row.verdict], SAYS[row.verdict])}`}`,
    ...row.cells.map((cell) => {
      const line = `  ${cell.name.padEnd(30)} ${cellText(cell, row)}`;
      return isOurs(cell.contestant) ? paint("cyan", line) : line;
    }),
  ]);
  const absent = Object.entries(report.absent).map(([name, reason]) => `  ${name.padEnd(30)} ${reason}`);
  return [
    `${report.cpu}, ${report.cores} cores, Node ${report.node}; medians of ${report.rounds} rounds`,
    "",
    ...lines,
    ...(absent.length === 0 ? [] : ["", "not measured", ...absent]),
    "",
  ].join("\n");
}

function headOf({ budget, noise, unit }: ReportRow): string {
  const limit =
    budget === undefined ? undefined : `budget ${budgetText(budget, (value) => numberText(value, unit))}`;
  const told = [limit, noise === 0 ? undefined : `noise ±${(noise * 100).toFixed(0)} %`].filter(Boolean);
  return told.length === 0 ? "" : ` (${told.join(", ")})`;
}

function cellText({ value, ratio, failure }: Cell, { unit }: ReportRow): string {
  if (value === undefined) return failure ?? "not measured";
  if (typeof value === "string") return value;
  return `${numberText(value, unit).padStart(16)}${ratio === undefined ? "" : `${ratio.toFixed(2)}×`.padStart(10)}`;
}

/** Three digits that mean something, and the unit. */
export function numberText(value: number, unit: string): string {
  const digits = Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  const text = value.toLocaleString("en-US", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return unit === "" ? text : `${text} ${unit}`;
}
