/** How far a pull is, drawn on one line of a terminal; where there is none, a line for each thing that is begun. */
import type { PullProgress } from "./progress.ts";

/** Where a bar is drawn: standard error, or what stands in for it. */
export interface BarTerminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface PullBar extends Disposable {
  readonly tell: (progress: PullProgress) => void;
}

const WIDTH = 24;
const ERASE = "\r\u001b[K";

/** Draws from the first report on; disposing leaves a clean line behind, however the pull ended. */
export function openPullBar(terminal: BarTerminal): PullBar {
  let last = "";
  let drawn = false;
  return {
    tell: (progress) => {
      const line = terminal.isTTY === true ? lineOf(progress) : `${progress.model}: ${wordsOf(progress)}`;
      if (line === last) return;
      last = line;
      if (terminal.isTTY !== true) {
        terminal.write(`${line}\n`);
        return;
      }
      drawn = true;
      // A line that wraps could not be drawn over.
      terminal.write(ERASE + line.slice(0, (terminal.columns ?? 80) - 1));
    },
    [Symbol.dispose]: () => {
      if (drawn) terminal.write(ERASE);
    },
  };
}

/** What the server says is shown as words: it could send anything. */
const wordsOf = ({ status }: PullProgress): string => status.replace(/\p{Cc}+/gu, " ");

function lineOf(progress: PullProgress): string {
  const { model, completedBytes = 0, totalBytes = 0 } = progress;
  if (totalBytes <= 0) return `${model}: ${wordsOf(progress)}`;
  const share = Math.min(completedBytes / totalBytes, 1);
  const full = Math.floor(share * WIDTH);
  const bar = "█".repeat(full) + "░".repeat(WIDTH - full);
  const size = `${gigabytes(completedBytes)}/${gigabytes(totalBytes)} GB`;
  return `${model} ${bar} ${Math.floor(share * 100)} % ${size} ${wordsOf(progress)}`;
}

const gigabytes = (bytes: number): string => (bytes / 1e9).toFixed(1);
