/** Rounds of one axis: contestants take turns, so that a busy moment of the machine hits all alike. */
import type { Axis } from "../budgets.ts";
import { FLOOR } from "../contestants/contestants.ts";
import type { Sample } from "../verdict.ts";
import type { Metrics } from "../work/types.ts";

export interface AxisResult {
  readonly axis: string;
  readonly floor: string;
  /** By contestant, then metric. */
  readonly samples: Readonly<Record<string, Samples>>;
  /** Why a contestant has no numbers. */
  readonly failures: Readonly<Record<string, string>>;
}

const LONGEST_REASON = 600;

type Samples = Readonly<Record<string, readonly Sample[]>>;

/**
 * The floor runs at both ends of every round: how far its repeats lie apart is the noise. Whoever fails once is not asked
 * again, and why is kept.
 */
export async function takeRounds(
  axis: Axis,
  contestants: readonly string[],
  rounds: number,
  measure: (contestant: string) => Promise<Metrics>,
): Promise<AxisResult> {
  const floor = axis.floor ?? FLOOR;
  const samples: Record<string, Samples> = {};
  const failures: Record<string, string> = {};
  const once = async (contestant: string): Promise<void> => {
    if (contestant in failures) return;
    try {
      samples[contestant] = added(samples[contestant] ?? {}, await measure(contestant));
    } catch (error) {
      failures[contestant] = (error instanceof Error ? error.message : String(error)).slice(
        0,
        LONGEST_REASON,
      );
      delete samples[contestant];
    }
  };
  const others = contestants.filter((contestant) => contestant !== floor);
  const hasFloor = contestants.includes(floor);
  for (let round = 0; round < rounds; round++) {
    if (hasFloor) await once(floor);
    const first = round % Math.max(1, others.length);
    for (const contestant of [...others.slice(first), ...others.slice(0, first)]) await once(contestant);
    if (hasFloor && rounds > 1) await once(floor);
  }
  return { axis: axis.id, floor, samples, failures };
}

/** The same axis measured twice: every sample of both counts, and whoever failed in one of them has failed. */
export function together(first: AxisResult, second: AxisResult): AxisResult {
  const failures = { ...first.failures, ...second.failures };
  const samples = Object.fromEntries(
    Object.entries(first.samples)
      .filter(([contestant]) => !(contestant in failures))
      .map(([contestant, metrics]) => [contestant, joined(metrics, second.samples[contestant] ?? {})]),
  );
  return { ...first, samples, failures };
}

const added = (samples: Samples, metrics: Metrics): Samples =>
  joined(samples, Object.fromEntries(Object.entries(metrics).map(([metric, sample]) => [metric, [sample]])));

const joined = (samples: Samples, more: Samples): Samples => ({
  ...samples,
  ...Object.fromEntries(
    Object.entries(more).map(([metric, values]) => [metric, [...(samples[metric] ?? []), ...values]]),
  ),
});
