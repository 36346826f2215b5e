/** Check digits. Each function takes digits alone. */

const DIGIT_0 = 48;

/** ISO/IEC 7812-1: payment cards, and national numbers after the same rule. */
export function luhn(digits: string): boolean {
  let sum = 0;
  for (let at = digits.length - 1, double = false; at >= 0; at--, double = !double) {
    const digit = digits.charCodeAt(at) - DIGIT_0;
    const counted = double ? digit * 2 : digit;
    sum += counted > 9 ? counted - 9 : counted;
  }
  return sum % 10 === 0;
}

/** The rest of a long number by `modulus`, digit by digit. */
export function remainder(digits: string, modulus: number): number {
  let rest = 0;
  for (let at = 0; at < digits.length; at++) rest = (rest * 10 + digits.charCodeAt(at) - DIGIT_0) % modulus;
  return rest;
}

/** The sum of each digit times its weight. */
export function weighted(digits: string, weights: readonly number[]): number {
  return weights.reduce((sum, weight, at) => sum + weight * (digits.charCodeAt(at) - DIGIT_0), 0);
}

/** Verhoeff's dihedral check, which Aadhaar numbers have. */
export function verhoeff(digits: string): boolean {
  let check = 0;
  for (let at = 0; at < digits.length; at++) {
    const digit = digits.charCodeAt(digits.length - 1 - at) - DIGIT_0;
    check = dihedral(check, permuted(digit, at % 8));
  }
  return check === 0;
}

/** Multiplication in the dihedral group of order 10. */
function dihedral(a: number, b: number): number {
  if (a < 5) return b < 5 ? (a + b) % 5 : ((a + b - 5) % 5) + 5;
  return b < 5 ? ((a - 5 - b + 5) % 5) + 5 : (a - b + 5) % 5;
}

const PERMUTATION = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4] as const;

function permuted(digit: number, times: number): number {
  let result = digit;
  for (let round = 0; round < times; round++) result = PERMUTATION[result] ?? result;
  return result;
}

/** All the same, or counting up or down: a placeholder and nobody's number. */
export function isPlaceholder(digits: string): boolean {
  return /^(\d)\1*$/.test(digits) || "01234567890123456789".includes(digits);
}
