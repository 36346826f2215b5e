// Questions at the terminal, and answers as they are written on the command line.
import type { PendingInterrupt } from "@locus-sdk/core";
import { describe, expect, it } from "vitest";
import { createOutput, type OutputStream } from "../output.ts";
import { howToAnswer, readAnswers } from "./answers.ts";
import { askOn } from "./questions.ts";

const approval: PendingInterrupt = {
  interruptId: "int_1",
  kind: "approval",
  question: "May charge be called?",
  options: ["yes", "no"],
  name: "charge",
  arguments: { amount: 7 },
  digest: "d1",
};
const question: PendingInterrupt = {
  interruptId: "int_2",
  kind: "question",
  question: "Which one?",
  options: ["red", "blue"],
};

/** What comes of those lines, typed one after the other, and what was shown; `^C` is Ctrl-C. */
async function typing(questions: readonly PendingInterrupt[], ...typed: readonly string[]) {
  let shown = "";
  const screen: OutputStream = {
    isTTY: true,
    write: (text) => {
      shown += String(text);
    },
    on: () => undefined,
  };
  const lines = [...typed];
  const next = () => {
    const text = lines.shift();
    if (text === "^C") return Promise.resolve({ kind: "interrupt" } as const);
    return Promise.resolve(
      text === undefined ? ({ kind: "end" } as const) : ({ kind: "line", text } as const),
    );
  };
  const output = createOutput({ write: () => undefined, on: () => undefined }, screen, { NO_COLOR: "1" });
  return { answers: await askOn({ next }, output)(questions), shown };
}

describe("a question at the terminal", () => {
  it.each([
    [["y"], { approved: true, digest: "d1" }],
    [["perhaps", "YES"], { approved: true, digest: "d1" }],
    [["n"], { approved: false, digest: "d1" }],
    [["no, too much"], { approved: false, reason: "too much", digest: "d1" }],
    [['e {"amount":5}'], { approved: true, arguments: { amount: 5 }, digest: "d1" }],
    [["e", "[5]", '{"amount":5}'], { approved: true, arguments: { amount: 5 }, digest: "d1" }],
  ])("about a call takes %j for an answer to what was shown", async (typed, expected) => {
    const { answers, shown } = await typing([approval], ...typed);
    expect(answers).toEqual({ int_1: expected });
    expect(shown).toContain('? May charge be called?\n  charge {"amount":7}\n');
  });

  it.each([
    ["2", "blue"],
    ["red", "red"],
    ["3", "3"],
    ["neither", "neither"],
  ])("with options takes %j for %j", async (typed, expected) => {
    const { answers, shown } = await typing([question], "", typed);
    expect(answers).toEqual({ int_2: expected });
    expect(shown).toContain("? Which one?\n  1) red\n  2) blue\n");
  });

  it("is one of several, and leaves all of them open where one is declined", async () => {
    expect((await typing([approval, question], "y", "1")).answers).toMatchObject({ int_2: "red" });
    expect((await typing([approval, question], "y", "^C")).answers).toBe("interrupt");
    expect((await typing([approval], "e")).answers).toBe("end");
  });
});

describe("an answer on the command line", () => {
  it.each([
    ["int_1", "yes", { approved: true }],
    ["int_1", "No: not today", { approved: false, reason: "not today" }],
    ["int_1", "false", { approved: false }],
    ["int_1", '{"approved":true,"arguments":{"amount":5}}', { approved: true, arguments: { amount: 5 } }],
    ["int_2", "blue", "blue"],
    ["int_2", '{"colour":"blue"}', { colour: "blue" }],
    ["int_2", "42", 42],
    ["int_2", '"42"', "42"],
    ["int_9", "for core to refuse", "for core to refuse"],
  ])("%s=%s is read for what it is", (id, text, expected) => {
    expect(readAnswers([[id, text]], [approval, question])).toEqual({ [id]: expected });
  });

  it("is refused where it is neither yes nor no, or there are two", () => {
    expect(() => readAnswers([["int_1", "nothing"]], [approval])).toThrow("int_1 is answered with yes, no");
    const two = [
      ["int_2", "a"],
      ["int_2", "b"],
    ] as const;
    expect(() => readAnswers(two, [question])).toThrow("two answers to int_2");
  });

  it("is asked for with what a shell takes for one word each", () => {
    expect(howToAnswer("it's mine", [approval], ["--store", "my threads.db"])[1]).toBe(
      "  locus run --resume 'it'\\''s mine' --answer int_1=yes --store 'my threads.db'",
    );
    expect(howToAnswer("t", [approval], undefined)).toEqual([
      "It waits for an answer, and nothing is kept of it: it is over.",
    ]);
  });
});
