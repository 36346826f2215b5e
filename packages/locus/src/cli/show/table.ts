/** Rows in columns, without borders: laid out by cli-table3, which knows how wide a character is. */
import type { Output } from "../output.ts";

/** cli-table3 takes quadratic time: longer lists are laid out in pieces of so many rows. */
const PIECE = 500;
const BORDERS = [
  "top",
  "top-mid",
  "top-left",
  "top-right",
  "bottom",
  "bottom-mid",
  "bottom-left",
  "bottom-right",
  "left",
  "left-mid",
  "mid",
  "mid-mid",
  "right",
  "right-mid",
] as const;
const NO_BORDERS = Object.fromEntries(BORDERS.map((name) => [name, ""]));

/** Prints the rows under the header, which is bold where a person sees it; nothing where there are no rows. */
export async function printTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  output: Output,
): Promise<void> {
  if (rows.length === 0) return;
  for (const [index, line] of (await layOut([header, ...rows])).entries()) {
    output.line(line, index === 0 ? "bold" : undefined);
  }
}

/** A line for each row, its columns as wide as their widest cell. */
export async function layOut(rows: readonly (readonly string[])[]): Promise<readonly string[]> {
  const { default: Table } = await import("cli-table3");
  const pieces = Array.from({ length: Math.ceil(rows.length / PIECE) }, (_, index) =>
    rows.slice(index * PIECE, (index + 1) * PIECE).map((row) => row.map(oneLine)),
  );
  const draw = (piece: readonly (readonly string[])[], colWidths: readonly number[]) => {
    const table = new Table({
      chars: { ...NO_BORDERS, middle: "  " },
      style: { "padding-left": 0, "padding-right": 0, head: [], border: [] },
      colWidths: [...colWidths],
    });
    table.push(...piece.map((row) => [...row]));
    const text = table.toString();
    // It notes down the widths it has come to.
    return { text, widths: table.options.colWidths.map((width) => width ?? 0) };
  };
  const drawn = pieces.map((piece) => draw(piece, []));
  const widths = drawn.reduce<readonly number[]>(
    (most, piece) => piece.widths.map((width, column) => Math.max(width, most[column] ?? 0)),
    [],
  );
  const texts = pieces.length === 1 ? drawn : pieces.map((piece) => draw(piece, widths));
  return texts.flatMap(({ text }) => text.split("\n").map((line) => line.trimEnd()));
}

/** Names are other people's: none of them begins a line, moves the cursor or takes part in the layout. */
const oneLine = (cell: string): string => cell.replace(/\p{Cc}+/gu, " ");
