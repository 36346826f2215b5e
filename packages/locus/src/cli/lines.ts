/** Lines that a person types at a prompt, or that a pipe brings. */
import { createInterface } from "node:readline";

/** A line, a Ctrl-C at the prompt, or the end of the input. */
type Line =
  | { readonly kind: "line"; readonly text: string }
  | { readonly kind: "interrupt" }
  | { readonly kind: "end" };

export interface LineSource {
  next(): Promise<Line>;
  close(): void;
}

/** What lines come from; `process.stdin` fits. */
export type LineInput = NodeJS.ReadableStream & { readonly isTTY?: boolean };

/** Lines of `input`; where it is a terminal, with a prompt on `output`. */
export function openLines(input: LineInput, output: NodeJS.WritableStream): LineSource {
  return input.isTTY === true ? promptedLines(input, output) : pipedLines(input);
}

function pipedLines(input: LineInput): LineSource {
  const reader = createInterface({ input, terminal: false });
  const lines = reader[Symbol.asyncIterator]();
  return {
    next: async () => {
      const { done, value } = await lines.next();
      return done === true ? { kind: "end" } : { kind: "line", text: value };
    },
    close: () => reader.close(),
  };
}

/** An interface for each prompt: between them the terminal is its own, and Ctrl-C is a signal. */
function promptedLines(input: LineInput, output: NodeJS.WritableStream): LineSource {
  const typed: string[] = [];
  let unfinished = "";
  let history: string[] = [];
  let close: () => void = () => undefined;
  const ask = (): Promise<Line> =>
    new Promise((resolve) => {
      const reader = createInterface({
        input,
        output,
        prompt: "> ",
        terminal: true,
        history: [...history],
      });
      close = () => reader.close();
      reader.on("history", (entries) => {
        history = entries;
      });
      reader.on("line", (line) => {
        typed.push(line);
        if (typed.length > 1) return;
        // What was pasted, or typed during an answer, comes in one piece: the rest of it is still on its way.
        setImmediate(() => {
          unfinished = reader.line;
          resolve(shift());
          reader.close();
        });
      });
      reader.on("SIGINT", () => {
        output.write("\n");
        resolve({ kind: "interrupt" });
        reader.close();
      });
      reader.on("close", () => resolve({ kind: "end" }));
      reader.prompt();
      reader.write(unfinished);
      unfinished = "";
    });
  const shift = (): Line => {
    const text = typed.shift();
    return text === undefined ? { kind: "end" } : { kind: "line", text };
  };
  return {
    next: () => (typed.length > 0 ? Promise.resolve(shift()) : ask()),
    close: () => close(),
  };
}
