/** What a judge quotes is looked up: reworded, invented or torn out of a word, it counts for nothing. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { quoteCheck } from "./quote.ts";

const sources = [
  { id: "log", text: "14:02 ERROR  database: “out of\n connections” (max 100) — took 15.7 s" },
  { id: "json", text: '{"city":"Oslo","temp":-4,"note":"It\'s \\"cold\\"\\nand dry","tags":["a","b"]}' },
  { id: "empty", text: "[]" },
  {
    id: "minus",
    text: '{"temp": -5, "range":"3-7", "change":"(-8 percent)", "loss":"-$9", "all":"10 000 000"} -13',
  },
  { id: "animals", text: `The dog is not a cat. ${"It barks at night. ".repeat(30)}The owl hoots.` },
  { id: "jp", text: "東京は雨です。気温は12度。" },
];
const find = (quote: string, source = "log") => quoteCheck(sources)([{ source, quote }]);

describe("a quote", () => {
  it.each([
    ['database: "out of connections"', "log"],
    ["DATABASE: 'out of   connections'", "log"],
    ["took 15.7 s", "log"],
    ["error ... (max 100)", "log"],
    ['"temp": -4', "json"],
    ['"city": "Oslo", "temp": -4', "json"],
    ['It\'s "cold" and dry', "json"],
    ["100", "log"],
    ["[]", "empty"],
    ['"temp": -5', "minus"],
    ["7", "minus"],
    ["-13", "minus"],
    ["-$9", "minus"],
    ["10 000 000", "minus"],
    ["dog … a cat", "animals"],
    ["barks … owl hoots", "animals"],
    ["気温は12度", "jp"],
    ["雨", "jp"],
  ])("is found whatever its white space, case, quotation marks or JSON spacing: %s", (quote, source) => {
    expect(find(quote, source).found).toEqual([{ source, quote }]);
  });

  it.each([
    ["database out of disk", "log"],
    ["connections out of", "log"],
    ["(max 100) ... error", "log"],
    ["5.7", "log"],
    ["15", "log"],
    ["temp: 4", "json"],
    ["slo", "json"],
    ["", "log"],
    ["…", "log"],
    [".", "log"],
    ["a", "json"],
    ["5", "minus"],
    ["13", "minus"],
    ["8 percent", "minus"],
    ["$9", "minus"],
    ["10 ", "minus"],
    ["10 000", "minus"],
    ["000 000", "minus"],
    ["the", "animals"],
    ["is not a", "animals"],
    ["the … cat", "animals"],
    ["the dog … owl", "animals"],
    ["cat … dog", "animals"],
    [Array.from({ length: 9 }, () => "barks").join(" … "), "animals"],
  ])("is not found where nobody wrote it: %s", (quote, source) => {
    expect(find(quote, source)).toEqual({ found: [], rejected: [{ source, quote }] });
  });

  it("of the wrong source, or of one that there is not, is told under the one that holds it", () => {
    expect(find("took 15.7 s", "json").found).toEqual([{ source: "log", quote: "took 15.7 s" }]);
    expect(find("took 15.7 s", "invented").found).toEqual([{ source: "log", quote: "took 15.7 s" }]);
  });

  it("of whole words of a text is found, however it is spaced and written", () => {
    const words = fc.array(fc.stringMatching(/^[a-zA-Z]{3,8}$/), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(words, fc.nat(), fc.nat(), fc.constantFrom(" ", "\n", "  \t"), (list, a, b, gap) => {
        const from = a % list.length;
        const to = from + 1 + (b % (list.length - from));
        const quote = list.slice(from, to).join(gap).toUpperCase();
        const { found } = quoteCheck([{ id: "s", text: list.join(" ") }])([{ source: "s", quote }]);
        expect(found).toHaveLength(1);
      }),
    );
  });
});
