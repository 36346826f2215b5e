/** The run that the documentation shows: it keeps every budget, and the page has its numbers. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ROWS } from "../budgets.ts";
import { OURS, PEERS } from "../contestants/contestants.ts";
import { chart } from "./chart.ts";
import { reportMarkdown } from "./markdown.ts";
import type { Report, ReportRow } from "./report.ts";

const file = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const report = JSON.parse(file("results/reference.json")) as Report;
const ratioOf = ({ cells }: ReportRow, contestant: string): number | undefined =>
  cells.find((cell) => cell.contestant === contestant)?.ratio;

describe("the reference run", () => {
  it("measured every row, with every peer", () => {
    expect(report.rows.map(({ title }) => title)).toEqual(ROWS.map(({ title }) => title));
    expect(report.absent).toEqual({});
  });

  it.each(report.rows.filter(({ verdict }) => verdict !== undefined))("keeps the budget: $title", (row) => {
    expect(row.verdict).toBe("met");
  });

  it.each(report.rows.filter((row) => ratioOf(row, OURS) !== undefined && row.budget !== undefined))(
    "has Locus ahead of every other framework: $title",
    (row) => {
      const ours = ratioOf(row, OURS) ?? Number.NaN;
      const isMoreBetter = row.budget !== undefined && "atLeast" in row.budget;
      for (const peer of Object.keys(PEERS)) {
        const theirs = ratioOf(row, peer);
        if (theirs === undefined) continue;
        // Who ends at once is as far ahead as one can be: the rest is noise.
        if (isMoreBetter) expect(ours).toBeGreaterThan(theirs);
        else expect(ours).toBeLessThan(theirs * (1 + row.noise));
      }
    },
  );

  it("is what the page tells, and what its chart draws", () => {
    const cells = (text: string): string =>
      text
        .split("\n")
        .filter((line) => line.startsWith("|") && !/^[|\s-]+$/.test(line))
        .map((line) => line.split("|").map((cell) => cell.trim()))
        .join("\n");
    const page = cells(file("../../docs/performance.md"));
    for (const line of cells(reportMarkdown(report)).split("\n")) expect(page).toContain(line);
    expect(existsSync(new URL("../../results/reference.svg", import.meta.url))).toBe(true);
    expect(file("results/reference.svg")).toBe(chart(report));
  });
});
