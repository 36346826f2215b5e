// Tables in files: read from their bytes, and summed up column by column.

interface Column {
  readonly name: string;
  readonly values: readonly number[];
}

export interface Table {
  readonly rows: number;
  /** The columns that hold numbers in every row that has something in them. */
  readonly columns: readonly Column[];
}

/** A table of comma, semicolon or tab separated values, with or without a header. */
export function readTable(bytes: Uint8Array): Table {
  const text = new TextDecoder().decode(bytes).replace(/^\uFEFF/, "");
  const [firstLine = ""] = text.split("\n", 1);
  const separator = ["\t", ";", ","].find((candidate) => firstLine.includes(candidate)) ?? ",";
  const rows = readRows(text, separator);
  const [first = []] = rows;
  const hasHeader = first.some((cell) => !isNumber(cell));
  const body = hasHeader ? rows.slice(1) : rows;
  const columns = first.map((cell, at) => {
    const cells = body.map((row) => row[at] ?? "").filter((held) => held !== "");
    const name = hasHeader ? cell : `column ${at + 1}`;
    return { name, values: cells.every(isNumber) ? cells.map(Number) : [] };
  });
  return { rows: body.length, columns: columns.filter(({ values }) => values.length > 0) };
}

const isNumber = (cell: string): boolean => cell !== "" && Number.isFinite(Number(cell));

function readRows(text: string, separator: string): readonly (readonly string[])[] {
  const cell = new RegExp(String.raw`("[^"]*(?:""[^"]*)*"|[^${separator}\r\n]*)(${separator}|\r?\n|$)`, "gy");
  const rows: string[][] = [];
  let row: string[] = [];
  for (const match of text.matchAll(cell)) {
    const [whole, held = "", end] = match;
    // The end of the text, after a line's end.
    if (whole === "" && row.length === 0) break;
    const bare = held.startsWith('"') ? held.slice(1, -1).replaceAll('""', '"') : held;
    row.push(bare.trim());
    if (end === separator) continue;
    if (row.some((value) => value !== "")) rows.push(row);
    row = [];
    if (end === "") break;
  }
  return rows;
}

interface Statistic {
  readonly name: string;
  readonly asked: RegExp;
  readonly python: string;
  readonly of: (values: readonly number[]) => number;
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
const rounded = (value: number): number => Math.round(value * 1e6) / 1e6;

const statistics: readonly Statistic[] = [
  { name: "sum", asked: /\b(sum|total|add up)\b/i, python: "sum(values)", of: total },
  {
    name: "mean",
    asked: /\b(mean|averages?)\b/i,
    python: "sum(values) / len(values)",
    of: (values) => total(values) / values.length,
  },
  {
    name: "minimum",
    asked: /\b(min(imum)?|smallest|lowest|least)\b/i,
    python: "min(values)",
    of: (values) => values.reduce((least, value) => Math.min(least, value)),
  },
  {
    name: "maximum",
    asked: /\b(max(imum)?|largest|highest|most|biggest)\b/i,
    python: "max(values)",
    of: (values) => values.reduce((most, value) => Math.max(most, value)),
  },
];

/** Whether a figure is asked for by its name. */
export const asksFigures = (prompt: string): boolean => statistics.some(({ asked }) => asked.test(prompt));

interface Summary {
  readonly name: string;
  readonly figures: readonly { readonly name: string; readonly python: string; readonly value: number }[];
}

/** What the prompt asks of a table: the figures it names, of the columns it names; sum and mean of all by default. */
export function summaries({ columns }: Table, prompt: string): readonly Summary[] {
  const spoken = prompt.toLowerCase();
  const named = columns.filter(({ name }) => name !== "" && spoken.includes(name.toLowerCase()));
  const asked = statistics.filter((statistic) => statistic.asked.test(prompt));
  const figures = asked.length > 0 ? asked : statistics.slice(0, 2);
  return (named.length > 0 ? named : columns).map(({ name, values }) => ({
    name,
    figures: figures.map((figure) => ({
      name: figure.name,
      python: figure.python,
      value: rounded(figure.of(values)),
    })),
  }));
}
