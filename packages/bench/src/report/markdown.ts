/** The results as tables of a page: one of all who were measured, one of what is Locus's alone. */
import { budgetText } from "../verdict.ts";
import { type Cell, isOurs, type Report, type ReportRow } from "./report.ts";
import { numberText } from "./text.ts";

export function reportMarkdown({ rows }: Report): string {
  const [alone, shared] = [rows.filter(isAlone), rows.filter((row) => !isAlone(row))];
  const names = [...new Set(shared.flatMap(({ cells }) => cells.map(columnOf)))];
  return [
    table(
      ["", "budget", ...names],
      shared.map((row) => [
        row.title,
        budgetOf(row),
        ...names.map((name) =>
          cellText(
            row,
            row.cells.find((cell) => columnOf(cell) === name),
          ),
        ),
      ]),
    ),
    table(
      ["Locus alone", "budget", "measured"],
      alone.map((row) => [row.title, budgetOf(row), cellText(row, row.cells[0])]),
    ),
  ].join("\n\n");
}

const isAlone = ({ cells }: ReportRow): boolean => cells.length === 1;

/** Whoever is the floor of a row stands in the floor's column. */
const columnOf = ({ contestant, name }: Cell): string => {
  if (isOurs(contestant)) return "Locus";
  return contestant.startsWith("raw") || contestant === "zod" || contestant === "schemas" ? "floor" : name;
};

const budgetOf = ({ budget, unit }: ReportRow): string =>
  budget === undefined ? "" : budgetText(budget, (value) => numberText(value, unit));

function cellText({ unit, budget }: ReportRow, cell: Cell | undefined): string {
  if (cell === undefined) return "";
  const { value, ratio, failure } = cell;
  if (value === undefined) return failure === undefined ? "" : "fails";
  if (typeof value === "string") return value;
  const isRatio = budget === undefined || ("of" in budget && budget.of === "ratio");
  return ratio === undefined || ratio === 1 || !isRatio ? numberText(value, unit) : `${ratio.toFixed(2)}×`;
}

const table = (head: readonly string[], lines: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
