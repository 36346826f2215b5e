// What reaches the terminal, and in which colours.
import { describe, expect, it } from "vitest";
import { createOutput, type OutputStream } from "./output.ts";

class FakeStream implements OutputStream {
  readonly isTTY: boolean;
  text = "";
  #fail: ((error: NodeJS.ErrnoException) => void) | undefined;
  constructor(isTTY: boolean) {
    this.isTTY = isTTY;
  }
  write(text: string): void {
    this.text += text;
  }
  on(_event: "error", listener: (error: NodeJS.ErrnoException) => void): void {
    this.#fail = listener;
  }
  breakOff(): void {
    this.#fail?.(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
  }
}

describe("output", () => {
  it("ends a line of the answer before a note, and no line twice", () => {
    const stdout = new FakeStream(false);
    const output = createOutput(stdout, new FakeStream(false), {});
    output.answer("It rains");
    output.note("→ get_weather");
    output.answer("Take one.\n");
    output.note("done");
    output.endLine();
    expect(stdout.text).toBe("It rains\nTake one.\n");
  });

  it("keeps a model from steering the terminal, and leaves a pipe every byte", () => {
    const hostile = "a\u001b[2J\rb\u009b1mc\n";
    const [terminal, pipe, notes] = [new FakeStream(true), new FakeStream(false), new FakeStream(true)];
    createOutput(terminal, new FakeStream(true), {}).answer(hostile);
    createOutput(pipe, notes, {}).answer(hostile);
    expect(terminal.text).toBe("a[2Jb1mc\n");
    expect(pipe.text).toBe(hostile);
  });

  it("goes silent and says so when stdout breaks off", () => {
    const stdout = new FakeStream(false);
    const output = createOutput(stdout, new FakeStream(false), {});
    stdout.breakOff();
    output.answer("unheard");
    expect(output.gone.aborted).toBe(true);
    expect(stdout.text).toBe("");
  });
});
