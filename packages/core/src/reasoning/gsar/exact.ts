/** Sums and shares of decimal numbers without rounding on the way: four times 0.6 of five times 0.6 is 0.8. Pure. */

/** `digits` · 10^−`places`. */
interface Decimal {
  readonly digits: bigint;
  readonly places: number;
}

const ZERO: Decimal = { digits: 0n, places: 0 };

/** The number as it is written: `0.6` is six tenths, and not the nearest binary fraction. */
export function decimal(value: number): Decimal {
  const [mantissa = "0", exponent = "0"] = String(value).split("e");
  const [whole = "0", fraction = ""] = mantissa.split(".");
  const places = fraction.length - Number(exponent);
  const digits = BigInt(whole + fraction);
  return places < 0 ? { digits: digits * 10n ** BigInt(-places), places: 0 } : { digits, places };
}

export function sum(values: readonly Decimal[]): Decimal {
  return values.reduce((all, value) => {
    const places = Math.max(all.places, value.places);
    return { digits: scaled(all, places) + scaled(value, places), places };
  }, ZERO);
}

export function times(a: Decimal, b: Decimal): Decimal {
  return { digits: a.digits * b.digits, places: a.places + b.places };
}

/** Digits that are kept of what does not fit into a number exactly: more than one holds. */
const KEPT = 30;

/** The number nearest to `part` / `whole`; `undefined` where the whole is nothing. */
export function ratio(part: Decimal, whole: Decimal): number | undefined {
  const places = Math.max(part.places, whole.places);
  const [a, b] = [scaled(part, places), scaled(whole, places)];
  if (b === 0n) return undefined;
  // Both are numbers exactly, so that their quotient is rounded once.
  if (a <= Number.MAX_SAFE_INTEGER && b <= Number.MAX_SAFE_INTEGER) return Number(a) / Number(b);
  return Number(`${(a * 10n ** BigInt(KEPT)) / b}e-${KEPT}`);
}

export function numberOf(value: Decimal): number {
  return Number(`${value.digits}e-${value.places}`);
}

function scaled({ digits, places }: Decimal, to: number): bigint {
  return digits * 10n ** BigInt(to - places);
}
