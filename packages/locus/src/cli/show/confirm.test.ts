// The question before something is gone: what counts as yes, and what happens otherwise.
import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { UsageError } from "../options.ts";
import { createOutput, type Output, type OutputStream } from "../output.ts";
import { agreed } from "./confirm.ts";

class Screen implements OutputStream {
  readonly isTTY: boolean;
  text = "";
  constructor(isTTY: boolean) {
    this.isTTY = isTTY;
  }
  write(text: string | Uint8Array): void {
    this.text += String(text);
  }
  on(): void {}
}

const typed = (keys: string): PassThrough & { readonly isTTY: true } => {
  const input = Object.assign(new PassThrough(), { isTTY: true as const });
  input.write(keys);
  return input;
};

function asked(keys: string, { yes, terminal = true }: { yes?: boolean; terminal?: boolean } = {}) {
  const screen = new Screen(terminal);
  const output: Output = createOutput(new Screen(false), screen, {});
  const flags = yes === undefined ? {} : { yes };
  const answer = agreed(
    { flags, view: { json: false, output } },
    { question: "Delete it?", otherwise: "Nothing was deleted.", input: typed(keys) },
  );
  return { answer, screen };
}

describe("a question on the terminal", () => {
  it.each(["y\r", "YES\r", " yes \r"])("takes %j for yes", async (keys) => {
    const { answer, screen } = asked(keys);
    expect(await answer).toBeUndefined();
    expect(screen.text).toContain("Delete it? [y/N]");
    expect(screen.text).not.toContain("Nothing was deleted.");
  });

  it.each([
    ["n\r", 1],
    ["\r", 1],
    ["yikes\r", 1],
    ["\u0004", 1],
    ["\u0003", 130],
  ])("takes %j for no, which is exit code %i", async (keys, code) => {
    const { answer, screen } = asked(keys);
    expect(await answer).toBe(code);
    expect(screen.text).toContain("Nothing was deleted.");
  });

  it("is not asked after --yes, and cannot be asked without a terminal", async () => {
    const { answer, screen } = asked("", { yes: true, terminal: false });
    expect([await answer, screen.text]).toEqual([undefined, ""]);
    await expect(asked("y\r", { terminal: false }).answer).rejects.toThrow(UsageError);
  });
});
