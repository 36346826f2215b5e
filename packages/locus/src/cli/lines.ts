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

export function openLines(): LineSource {
  return process.stdin.isTTY === true ? promptedLines() : pipedLines();
}

function pipedLines(): LineSource {
  const reader = createInterface({ input: process.stdin, terminal: false });
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
function promptedLines(): LineSource {
  const typed: string[] = [];
  let history: string[] = [];
  let close: () => void = () => undefined;
  const ask = (): Promise<Line> =>
    new Promise((resolve) => {
      const reader = createInterface({
        input: process.stdin,
        output: process.stderr,
        prompt: "> ",
        terminal: true,
        history: [...history],
      });
      close = () => reader.close();
      reader.on("history", (entries) => {
        history = entries;
      });
      // What is pasted comes as several lines at once.
      reader.on("line", (line) => {
        typed.push(line);
        resolve(shift());
        reader.close();
      });
      reader.on("SIGINT", () => {
        process.stderr.write("\n");
        resolve({ kind: "interrupt" });
        reader.close();
      });
      reader.on("close", () => resolve({ kind: "end" }));
      reader.prompt();
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
