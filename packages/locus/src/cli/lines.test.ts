// Lines from a terminal and from a pipe: none is lost, whatever pieces they come in.
import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { openLines } from "./lines.ts";

function terminal(): PassThrough & { readonly isTTY: true } {
  return Object.assign(new PassThrough(), { isTTY: true as const });
}
const line = (text: string) => ({ kind: "line", text });

describe("lines of a terminal", () => {
  it("come one at a time, also when pasted together, and an unfinished one is kept", async () => {
    const input = terminal();
    const lines = openLines(input, new PassThrough().resume());
    input.write("one\rtwo\rthr");
    expect(await lines.next()).toEqual(line("one"));
    expect(await lines.next()).toEqual(line("two"));
    input.write("ee\r");
    expect(await lines.next()).toEqual(line("three"));
    lines.close();
  });

  it("tell a Ctrl-C at the prompt from the end of the input", async () => {
    const input = terminal();
    const lines = openLines(input, new PassThrough().resume());
    input.write("\u0003");
    expect(await lines.next()).toEqual({ kind: "interrupt" });
    input.write("\u0004");
    expect(await lines.next()).toEqual({ kind: "end" });
  });
});

describe("lines of a pipe", () => {
  it("come one at a time until the pipe ends, the last without its line break", async () => {
    const input = new PassThrough();
    const lines = openLines(input, new PassThrough());
    input.end("one\ntwo");
    expect([await lines.next(), await lines.next(), await lines.next()]).toEqual([
      line("one"),
      line("two"),
      { kind: "end" },
    ]);
  });
});
