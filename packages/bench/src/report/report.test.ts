import { describe, expect, it } from "vitest";
import { chart } from "./chart.ts";
import { isFailed, type Report, reportRows } from "./report.ts";
import { numberText, reportText } from "./text.ts";

const results = [
  {
    axis: "answer",
    floor: "raw",
    samples: {
      raw: { cpuMicros: [100, 102, 98, 100] },
      openai: { cpuMicros: [140] },
      locus: { cpuMicros: [130, 131, 129] },
    },
    failures: { mastra: 'no <export> & "nothing" else' },
  },
  {
    axis: "concurrent",
    floor: "raw",
    samples: {
      raw: { runsPerSecond: [1_000], delayP99Ms: [10] },
      locus: { runsPerSecond: [200], delayP99Ms: [5] },
    },
    failures: {},
  },
];
const report: Report = {
  node: "24.0.0",
  cpu: "A <fast> one",
  cores: 2,
  rounds: 3,
  quick: false,
  rows: reportRows(results),
  absent: { "ai 7": "not asked for: --peers" },
};

describe("the report", () => {
  it("has a row for each metric of what was measured, with its verdict", () => {
    expect(report.rows.map(({ metric, verdict }) => [metric, verdict])).toEqual([
      ["cpuMicros", "met"],
      ["runsPerSecond", "missed"],
      ["delayP99Ms", "met"],
    ]);
    expect(report.rows.some(isFailed)).toBe(true);
  });

  it("fails where Locus itself could not be measured", () => {
    const broken = [
      { axis: "answer", floor: "raw", samples: { raw: { cpuMicros: [1] } }, failures: { locus: "gone" } },
    ];
    expect(reportRows(broken).every(isFailed)).toBe(true);
  });

  it("is printed with every contestant, also those that failed or were left out, and why", () => {
    const text = reportText(report, { colours: false });
    expect(text).toContain("1.30×");
    expect(text).toContain("MISSED");
    expect(text).toContain('no <export> & "nothing" else');
    expect(text).toContain("not asked for: --peers");
    expect(text).not.toContain("\u001b[");
    expect(reportText(report, { colours: true })).toContain("\u001b[");
  });

  it.each([
    [0.123, "µs", "0.12 µs"],
    [12.34, "ms", "12.3 ms"],
    [4_567.8, "B", "4,568 B"],
    [0, "", "0"],
  ])("writes %d %s as %s", (value, unit, text) => {
    expect(numberText(value, unit)).toBe(text);
  });
});

describe("the chart", () => {
  const svg = chart(report);

  it("is one SVG whose texts cannot break it", () => {
    expect(svg).toMatch(/^<svg [^>]*>[\s\S]*<\/svg>\n$/);
    const texts = [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text]) => text ?? "");
    expect(texts.length).toBe([...svg.matchAll(/<text /g)].length);
    for (const text of texts) expect(text).not.toMatch(/[<>]|&(?!amp;|lt;|gt;|quot;)/);
  });

  it("draws a bar for each ratio, ours apart, and the budget", () => {
    expect([...svg.matchAll(/<rect /g)]).toHaveLength(7);
    expect([...svg.matchAll(/class="ours"/g)]).toHaveLength(3);
    expect([...svg.matchAll(/<line /g)]).toHaveLength(3);
  });

  it("turns a row round of which more is better, so that shorter is better everywhere", () => {
    expect(svg).toContain(">5.00×<");
  });
});
