/** How far something has come, on one line of the terminal: drawn by cli-progress, and gone when it is over. */
import type { Output } from "../output.ts";
import { terminalOf } from "../show/terminal.ts";

export interface Progress extends Disposable {
  /** So many of so many are done. */
  update(done: number, total: number): void;
  /** What is going on. */
  say(what: string): void;
}

const SILENT: Progress = {
  update: () => undefined,
  say: () => undefined,
  [Symbol.dispose]: () => undefined,
};

/** A bar where there is something to count, otherwise a line with the time it has taken; silent without a terminal. */
export async function openProgress(output: Output, kind: "bar" | "line", first = ""): Promise<Progress> {
  const terminal = terminalOf(output);
  if (terminal === undefined) return SILENT;
  const { SingleBar } = await import("cli-progress");
  const bar = new SingleBar({
    stream: terminal,
    format: kind === "bar" ? "{value}/{total} [{bar}] {percentage}% {what}" : "{what} ({duration_formatted})",
    clearOnComplete: true,
    // Trimmed to the terminal's width, and signals are the command's.
    linewrap: true,
    gracefulExit: false,
    barsize: 24,
    emptyOnZero: true,
  });
  let what = first;
  bar.start(0, 0, { what });
  return {
    update: (done, total) => {
      bar.setTotal(total);
      bar.update(done, { what });
    },
    say: (text) => {
      what = text.replace(/\p{Cc}+/gu, " ");
      bar.update({ what });
    },
    [Symbol.dispose]: () => bar.stop(),
  };
}
