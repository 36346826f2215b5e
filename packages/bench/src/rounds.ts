/** Interleaved rounds of several contenders, and the median CPU time of each. */

export interface Contender {
  readonly name: string;
  readonly run: () => Promise<void>;
}

export interface Measured {
  readonly name: string;
  /** Median over the rounds, microseconds of CPU (user and system, all threads) for one run. */
  readonly cpuMicros: number;
}

/** Runs every contender `runs` times a round, in turn, so that a busy moment of the machine hits all alike. */
export async function measure(
  contenders: readonly Contender[],
  {
    rounds = 15,
    runs = 200,
    warmUp = 2,
  }: { readonly rounds?: number; readonly runs?: number; readonly warmUp?: number } = {},
): Promise<readonly Measured[]> {
  const samples = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (let round = -warmUp; round < rounds; round++) {
    for (const { name, run } of contenders) {
      const before = process.cpuUsage();
      for (let count = 0; count < runs; count++) await run();
      const { user, system } = process.cpuUsage(before);
      if (round >= 0) samples.get(name)?.push((user + system) / runs);
    }
  }
  return [...samples].map(([name, values]) => ({ name, cpuMicros: median(values) }));
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
