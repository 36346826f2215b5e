import { CommanderError } from "commander";
import { describe, expect, it } from "vitest";
import { AXES } from "./budgets.ts";
import { readOptions } from "./options.ts";

const read = (...argv: string[]) => readOptions(argv, () => undefined);

describe("the command's options", () => {
  it("measure every axis unless told otherwise", () => {
    expect(read()).toMatchObject({ quick: false, peers: false, json: false });
    expect(read().axes).toEqual(AXES.map(({ id }) => id));
  });

  it("name the axes to measure, one or more", () => {
    expect(read("--only", "answer", "tools").axes).toEqual(["answer", "tools"]);
    expect(read("--only", "answer", "--only", "import").axes).toEqual(["answer", "import"]);
  });

  it("go through pnpm's separator", () => {
    expect(read("--", "--quick").quick).toBe(true);
  });

  it("make fewer rounds of a quick run, or as many as are asked for", () => {
    expect(read("--quick").rounds).toBeLessThan(read().rounds);
    expect(read("--quick", "--rounds", "5").rounds).toBe(5);
  });

  it.each([
    [["--only", "nonsense"]],
    [["--rounds", "0"]],
    [["--rounds", "many"]],
    [["--nonsense"]],
    [["answer"]],
    [["--quick", "--peers"]],
  ])("refuse %j", (argv) => {
    expect(() => read(...argv)).toThrow(CommanderError);
  });

  it("are told by --help, which is no error", () => {
    let printed = "";
    const help = (): unknown => readOptions(["--help"], (text) => (printed += text));
    expect(help).toThrow(expect.objectContaining({ exitCode: 0 }));
    for (const option of ["--quick", "--peers", "--only", "--rounds", "--json"])
      expect(printed).toContain(option);
  });
});
