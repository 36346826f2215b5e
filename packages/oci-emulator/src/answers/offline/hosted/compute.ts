// What a prompt wants worked out: sequences, linear equations and sums, with the Python that would do it.
import { evaluate, expressions } from "../arithmetic.ts";
import { numbers as numbersIn } from "../words.ts";
import { asksFigures, summaries } from "./table.ts";

/** A calculation: its code, what it prints, and the sentence about it. */
export interface Calculation {
  readonly code: string;
  readonly logs: string;
  readonly told: string;
  /** The numbers that came out. */
  readonly numbers: readonly number[];
}

export function calculate(prompt: string): Calculation | undefined {
  return sequence(prompt) ?? equation(prompt) ?? power(prompt) ?? sums(prompt) ?? figures(prompt);
}

/** Most numbers of a sequence: anybody who wants more has a computer. */
const maxCount = 10_000;

const countWords: Readonly<Record<string, number>> = Object.fromEntries(
  "one two three four five six seven eight nine ten eleven twelve"
    .split(" ")
    .map((word, at) => [word, at + 1]),
);
const count = String.raw`(\d+|${Object.keys(countWords).join("|")}|twenty|fifty|a hundred)`;
const larger: Readonly<Record<string, number>> = { ...countWords, twenty: 20, fifty: 50, "a hundred": 100 };
const countOf = (word: string): number => larger[word.toLowerCase()] ?? Number(word);

interface Sequence {
  readonly name: string;
  readonly pattern: string;
  readonly next: (before: readonly number[]) => number;
  /** Python for the first `n`. */
  readonly python: string;
}

const sequences: readonly Sequence[] = [
  {
    name: "prime numbers",
    pattern: "primes?(?: numbers)?",
    next: (before) => {
      let candidate = (before.at(-1) ?? 1) + 1;
      while (before.some((prime) => candidate % prime === 0)) candidate += 1;
      return candidate;
    },
    python: [
      "numbers = []",
      "candidate = 2",
      "while len(numbers) < n:",
      "    if all(candidate % p for p in numbers):",
      "        numbers.append(candidate)",
      "    candidate += 1",
    ].join("\n"),
  },
  {
    name: "Fibonacci numbers",
    pattern: "fibonacci(?: numbers)?|numbers of (?:the )?fibonacci(?: sequence)?",
    next: (before) => (before.length < 2 ? before.length : (before.at(-1) ?? 0) + (before.at(-2) ?? 0)),
    python:
      "numbers = [0, 1]\nwhile len(numbers) < n:\n    numbers.append(numbers[-1] + numbers[-2])\nnumbers = numbers[:n]",
  },
  {
    name: "squares",
    pattern: "squares?(?: numbers)?",
    next: ({ length }) => (length + 1) ** 2,
    python: "numbers = [i ** 2 for i in range(1, n + 1)]",
  },
  {
    name: "cubes",
    pattern: "cubes?(?: numbers)?",
    next: ({ length }) => (length + 1) ** 3,
    python: "numbers = [i ** 3 for i in range(1, n + 1)]",
  },
  {
    name: "even numbers",
    pattern: "even numbers?",
    next: ({ length }) => (length + 1) * 2,
    python: "numbers = [2 * i for i in range(1, n + 1)]",
  },
  {
    name: "odd numbers",
    pattern: "odd numbers?",
    next: ({ length }) => length * 2 + 1,
    python: "numbers = [2 * i + 1 for i in range(n)]",
  },
];

function sequence(prompt: string): Calculation | undefined {
  for (const { name, pattern, next, python } of sequences) {
    const first = new RegExp(`\\b${count} (?:${pattern})\\b`, "i").exec(prompt)?.[1];
    const below = new RegExp(`\\b(?:${pattern}) (?:numbers )?(up to|below|under|less than) (\\d+)`, "i").exec(
      prompt,
    );
    if (first === undefined && below === null) continue;
    const most = first === undefined ? maxCount : countOf(first);
    const limit = below?.[2] === undefined ? Number.POSITIVE_INFINITY : Number(below[2]);
    const inclusive = below?.[1]?.toLowerCase() === "up to";
    const numbers: number[] = [];
    while (numbers.length < Math.min(most, maxCount)) {
      const number = next(numbers);
      if (!Number.isSafeInteger(number) || number > limit || (number === limit && !inclusive)) break;
      numbers.push(number);
    }
    const shown = numbers.length > 20 ? `${numbers.slice(0, 20).join(", ")}, …` : numbers.join(", ");
    const which = first === undefined ? `${name} ${below?.[1]} ${limit}` : `first ${numbers.length} ${name}`;
    return {
      code: `n = ${numbers.length}\n${python}\nprint(numbers)`,
      logs: `[${numbers.join(", ")}]\n`,
      told: `The ${which}: ${shown}.`,
      numbers,
    };
  }
  return undefined;
}

const term = String.raw`(?:\d+(?:\.\d+)?\*?[a-z]?|[a-z])(?![a-z])`;
const side = `-?${term}(?:[-+−]${term})*`;
/**
 * Whole sides only: what is multiplied, divided or raised is beyond this. Written without blanks, so that there is one
 * way to read a text, and a long one is read in no time.
 */
const equationPattern = new RegExp(
  String.raw`(?<![a-z\d.])(?<![-+−*/^)])(${side})=(${side})(?![-+−*/^(]|\.?\d)`,
  "gi",
);

/** A linear equation in one unknown. */
function equation(prompt: string): Calculation | undefined {
  const bare = prompt.replace(/\s+/g, " ").replace(/ ?([-+−*/^=]) ?/g, "$1");
  for (const [text, left = "", right = ""] of bare.matchAll(equationPattern)) {
    const unknowns = new Set(text.toLowerCase().match(/[a-z]/g) ?? []);
    const [unknown] = unknowns;
    if (unknown === undefined || unknowns.size > 1) continue;
    const [a, b] = [linear(left), linear(right)];
    const slope = a.slope - b.slope;
    const rest = b.rest - a.rest;
    if (slope === 0) continue;
    const value = rounded(rest / slope);
    const shown = text.replace(/(?<=[\da-z])([-+−=])/gi, " $1 ");
    return {
      code: `# ${shown}\n${unknown} = (${b.rest} - ${a.rest}) / (${a.slope} - ${b.slope})\nprint(${unknown})`,
      logs: `${asFloat(value)}\n`,
      told: `${shown} gives ${unknown} = ${value}.`,
      numbers: [value],
    };
  }
  return undefined;
}

interface Linear {
  readonly slope: number;
  readonly rest: number;
}

function linear(text: string): Linear {
  let [slope, rest] = [0, 0];
  for (const [, sign = "", digits, letter] of text.matchAll(/([-+−]?)(\d+(?:\.\d+)?)?\*?([a-z])?/gi)) {
    if (digits === undefined && letter === undefined) continue;
    const value = Number(digits ?? 1) * (sign === "-" || sign === "−" ? -1 : 1);
    if (letter === undefined) rest += value;
    else slope += value;
  }
  return { slope, rest };
}

function sums(prompt: string): Calculation | undefined {
  const found = expressions(prompt).map((expression) => ({ expression, value: evaluate(expression) ?? 0 }));
  if (found.length === 0) return undefined;
  const python = (expression: string): string => expression.replaceAll("^", "**");
  return {
    code: found.map(({ expression }) => `print(${python(expression)})`).join("\n"),
    logs: found
      .map(({ expression, value }) => `${/[/.]/.test(expression) ? asFloat(value) : value}\n`)
      .join(""),
    told: `${found.map(({ expression, value }) => `${expression} = ${value}`).join(", ")}.`,
    numbers: found.map(({ value }) => value),
  };
}

interface Power {
  readonly name: string;
  readonly pattern: RegExp;
  readonly of: (number: number) => number;
  readonly python: string;
}

const powers: readonly Power[] = [
  {
    name: "square root",
    pattern: /\bsquare root of (\d+(?:\.\d+)?)/i,
    of: Math.sqrt,
    python: "math.sqrt",
  },
  {
    name: "factorial",
    pattern: /\bfactorial of (\d{1,2})\b/i,
    of: (number) =>
      Array.from({ length: number }, (_, at) => at + 1).reduce((left, right) => left * right, 1),
    python: "math.factorial",
  },
];

function power(prompt: string): Calculation | undefined {
  for (const { name, pattern, of, python } of powers) {
    const number = pattern.exec(prompt)?.[1];
    const value = number === undefined ? Number.NaN : rounded(of(Number(number)));
    // Larger ones would not be exact.
    if (number === undefined || value > Number.MAX_SAFE_INTEGER) continue;
    return {
      code: `import math\nprint(${python}(${number}))`,
      logs: `${name === "factorial" ? value : asFloat(value)}\n`,
      told: `The ${name} of ${number} is ${value}.`,
      numbers: [value],
    };
  }
  return undefined;
}

/** "The mean of 3, 4 and 5": figures of the numbers in the prompt itself. */
function figures(prompt: string): Calculation | undefined {
  const values = numbersIn(prompt);
  if (values.length < 2 || !asksFigures(prompt)) return undefined;
  const [{ figures: found } = { figures: [] }] = summaries(
    { rows: values.length, columns: [{ name: "", values }] },
    prompt,
  );
  return {
    code: [`values = [${values.join(", ")}]`, ...found.map(({ python }) => `print(${python})`)].join("\n"),
    logs: found.map(({ value }) => `${value}\n`).join(""),
    told: `Of ${values.join(", ")}, ${found.map(({ name, value }) => `the ${name} is ${value}`).join(", ")}.`,
    numbers: found.map(({ value }) => value),
  };
}

const rounded = (value: number): number => Math.round(value * 1e12) / 1e12;
/** As Python prints a float. */
const asFloat = (value: number): string => (Number.isInteger(value) ? value.toFixed(1) : String(value));
