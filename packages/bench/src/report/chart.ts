/** The report as a chart: a bar for each contestant's ratio to the floor, row by row, in SVG that works light and dark. */
import { type Cell, isOurs, type Report, type ReportRow } from "./report.ts";

const WIDTH = 760;
const NAMES = 190;
const BAR = 16;
const GAP = 4;
const HEAD = 26;
/** Beyond so many times the floor a bar is cut, and says by how much it goes on. */
const LONGEST = 16;

interface Bar {
  readonly name: string;
  readonly ratio: number;
  readonly kind: "ours" | "floor" | "other";
}

interface Panel {
  readonly title: string;
  readonly bars: readonly Bar[];
  readonly budget?: number;
}

export function chart({ rows, node, cores }: Report): string {
  const panels = rows.flatMap(panelOf);
  let y = 40;
  const parts = panels.map((panel) => {
    const top = y;
    y += HEAD + panel.bars.length * (BAR + GAP) + 18;
    return panelText(panel, top);
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" role="img" aria-label="Cost beside a raw fetch loop">`,
    `<style>text{font:12px system-ui,sans-serif;fill:#24292f}.t{font-weight:600}.m{fill:#6e7781}.ours{fill:#c74634}.floor{fill:#8c959f}.other{fill:#afb8c1}.b{stroke:#1a7f37;stroke-width:1.5;stroke-dasharray:3 2}@media(prefers-color-scheme:dark){text{fill:#e6edf3}.m{fill:#8b949e}.other{fill:#484f58}}</style>`,
    `<text x="0" y="16" class="m">${escaped(`Times the cost of a hand-written fetch loop; shorter is better. Node ${node}, ${cores} cores. Dashed: the budget.`)}</text>`,
    ...parts,
    "</svg>",
    "",
  ].join("\n");
}

/** Rows that have a floor, and of which less is better; where more is, the ratio is turned round. */
function panelOf(row: ReportRow): readonly Panel[] {
  const isTurned = row.budget !== undefined && "atLeast" in row.budget;
  const bars = row.cells.flatMap((cell) => barOf(cell, row.floor, isTurned));
  if (bars.length < 2) return [];
  return [{ title: row.title, bars: bars.toSorted((a, b) => a.ratio - b.ratio), ...budgetOf(row) }];
}

function budgetOf({ budget }: ReportRow): { readonly budget?: number } {
  if (budget === undefined || "oneOf" in budget || budget.of !== "ratio") return {};
  return { budget: "atMost" in budget ? budget.atMost : 1 / budget.atLeast };
}

function barOf({ name, ratio, contestant }: Cell, floor: string, isTurned: boolean): readonly Bar[] {
  if (ratio === undefined || !(ratio > 0)) return [];
  const kind = isOurs(contestant) ? "ours" : contestant === floor ? "floor" : "other";
  return [{ name, ratio: isTurned ? 1 / ratio : ratio, kind }];
}

function panelText({ title, bars, budget }: Panel, top: number): string {
  const longest = Math.min(LONGEST, Math.max(budget ?? 0, ...bars.map(({ ratio }) => ratio)));
  const length = (ratio: number): number =>
    round((Math.min(ratio, longest) / longest) * (WIDTH - NAMES - 60));
  const first = top + HEAD;
  const lines = bars.map(({ name, ratio, kind }, index) => {
    const y = first + index * (BAR + GAP);
    const end = NAMES + length(ratio);
    return `<text x="${NAMES - 8}" y="${y + 12}" text-anchor="end">${escaped(name)}</text><rect x="${NAMES}" y="${y}" width="${length(ratio)}" height="${BAR}" rx="2" class="${kind}"/><text x="${end + 6}" y="${y + 12}" class="m">${ratio.toFixed(ratio < 10 ? 2 : 0)}×${ratio > longest ? " →" : ""}</text>`;
  });
  const limit =
    budget === undefined
      ? []
      : [
          `<line x1="${NAMES + length(budget)}" x2="${NAMES + length(budget)}" y1="${first - 4}" y2="${first + bars.length * (BAR + GAP)}" class="b"/>`,
        ];
  return [`<text x="0" y="${top + 14}" class="t">${escaped(title)}</text>`, ...lines, ...limit].join("\n");
}

const round = (value: number): number => Math.round(value * 10) / 10;

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
