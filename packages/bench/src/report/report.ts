/** The results as rows: values, ratios, noise and verdicts; what the table, the JSON and the chart are made of. */
import { ROWS, type Row } from "../budgets.ts";
import { nameOf, OURS } from "../contestants/contestants.ts";
import type { AxisResult } from "../run/rounds.ts";
import { judge, noiseOf, type Sample, type Verdict, verdict } from "../verdict.ts";

export interface Cell {
  readonly contestant: string;
  readonly name: string;
  readonly value?: Sample;
  readonly ratio?: number;
  readonly samples?: readonly Sample[];
  /** Why there is no value. */
  readonly failure?: string;
}

export interface ReportRow extends Row {
  readonly floor: string;
  /** As a share: how far repeats differ by themselves. */
  readonly noise: number;
  readonly cells: readonly Cell[];
  /** Of Locus against the budget. */
  readonly verdict?: Verdict;
}

export interface Report {
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
  readonly rounds: number;
  readonly quick: boolean;
  readonly rows: readonly ReportRow[];
  /** Peers that were left out altogether, and why. */
  readonly absent: Readonly<Record<string, string>>;
}

export const isOurs = (contestant: string): boolean =>
  contestant === OURS || contestant === "locus-responses";

export function reportRows(results: readonly AxisResult[]): readonly ReportRow[] {
  return ROWS.flatMap((row): readonly ReportRow[] => {
    const result = results.find(({ axis }) => axis === row.axis);
    return result === undefined ? [] : [reportRow(row, result)];
  });
}

function reportRow(row: Row, { floor, samples, failures }: AxisResult): ReportRow {
  const base = samples[floor]?.[row.metric] ?? [];
  const measured = Object.keys(samples).map((contestant): Cell => {
    const own = samples[contestant]?.[row.metric] ?? [];
    const { value, ratio } = judge(own, base);
    return {
      contestant,
      name: nameOf(contestant),
      samples: own,
      ...(value === undefined ? { failure: "not measured" } : { value }),
      ...(ratio === undefined ? {} : { ratio }),
    };
  });
  const failed = Object.entries(failures).map(
    ([contestant, failure]): Cell => ({ contestant, name: nameOf(contestant), failure }),
  );
  const cells = [...measured, ...failed];
  const ours = cells.find(({ contestant }) => isOurs(contestant));
  const noise = noiseOf(ours?.samples ?? [], base);
  return {
    ...row,
    floor,
    noise,
    cells,
    ...(row.budget === undefined || ours === undefined
      ? {}
      : {
          verdict: verdict(
            row.budget,
            { value: ours.value, ...(ours.ratio === undefined ? {} : { ratio: ours.ratio }) },
            noise,
          ),
        }),
  };
}

/** A budget that was missed, or could not be looked at. */
export const isFailed = ({ verdict: said }: ReportRow): boolean => said === "missed" || said === "unknown";
