/** Where the command writes: answers to stdout, everything about them to stderr. Nothing else here writes. */
import { styleText } from "node:util";
import { wantsColor, withoutControls } from "@locus-sdk/core";

export type Style = "dim" | "red" | "bold" | "yellow" | "cyan" | "magenta";

/** What is asked of a stream; `process.stdout` and `process.stderr` fit. */
export interface OutputStream {
  readonly isTTY?: boolean;
  /** Width of the terminal. */
  readonly columns?: number;
  write(text: string | Uint8Array, done?: () => void): unknown;
  on(event: "error", listener: (error: NodeJS.ErrnoException) => void): unknown;
}

export interface Output {
  /** A piece of the answer, as it is. */
  answer(text: string): void;
  /** One line for the person at the terminal, behind a line break where an answer stands unfinished. */
  note(line: string, style?: Style): void;
  /** One line on stdout, styled where a person sees it. */
  line(text: string, style?: Style): void;
  /** Ends a line of the answer that was begun. */
  endLine(): void;
  /** Bytes of the answer, each piece when the one before it is on its way. */
  bytes(pieces: AsyncIterable<Uint8Array>): Promise<void>;
  /** Draws on stderr, cursor movements and all; `undefined` where no person sees it. */
  readonly draw: ((text: string) => void) | undefined;
  /** How wide that is. */
  readonly columns: number | undefined;
  /** Aborts when nobody reads stdout any more, as after `| head`. */
  readonly gone: AbortSignal;
}

/** Output to those streams, coloured where a person sees it. */
export function createOutput(
  stdout: OutputStream,
  stderr: OutputStream,
  env: Readonly<Record<string, string | undefined>>,
): Output {
  const gone = new AbortController();
  const colour = wantsColor(stderr, env);
  let lineOpen = false;
  stdout.on("error", (error) => gone.abort(error));
  // Without this, a reader of stderr that leaves would end the process.
  stderr.on("error", () => undefined);
  const answer = (text: string): void => {
    if (text === "" || gone.signal.aborted) return;
    const shown = stdout.isTTY === true ? withoutControls(text) : text;
    stdout.write(shown);
    lineOpen = !shown.endsWith("\n");
  };
  const endLine = (): void => {
    if (lineOpen) answer("\n");
  };
  return {
    answer,
    endLine,
    line: (text, style) => {
      const styled = style !== undefined && wantsColor(stdout, env);
      // Cleaned before it is styled: the style is control characters itself.
      const clean = withoutControls(text);
      if (!gone.signal.aborted) {
        stdout.write(`${styled ? styleText(style, clean, { validateStream: false }) : clean}\n`);
      }
    },
    bytes: async (pieces) => {
      const decoder = new TextDecoder();
      for await (const piece of pieces) {
        if (gone.signal.aborted) return;
        if (stdout.isTTY === true) answer(decoder.decode(piece, { stream: true }));
        else await new Promise<void>((resolve) => stdout.write(piece, resolve));
      }
      endLine();
    },
    draw: stderr.isTTY === true && env.TERM !== "dumb" ? (text) => stderr.write(text) : undefined,
    columns: stderr.columns,
    gone: gone.signal,
    note: (line, style) => {
      endLine();
      const shown = withoutControls(line);
      const styled =
        colour && style !== undefined ? styleText(style, shown, { validateStream: false }) : shown;
      stderr.write(`${styled}\n`);
    },
  };
}
