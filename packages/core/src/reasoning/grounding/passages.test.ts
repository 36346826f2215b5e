import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pieces } from "./answer.ts";
import { passagesFor } from "./passages.ts";

const filler = (about: string, count: number): string =>
  Array.from({ length: count }, (_, n) => `Paragraph ${n} is about ${about} and nothing else at all.`).join(
    "\n\n",
  );

describe("passages of long sources", () => {
  it("are whole where they fit", () => {
    const sources = [{ id: "a", title: "t", text: "short" }];
    expect(passagesFor(["x"], sources, 100)).toEqual([{ id: "a", title: "t", passages: ["short"] }]);
  });

  it("are those that the claims are about, wherever they stand, and no more than there is room for", () => {
    const text = `${filler("gardening", 900)}\n\nThe reactor of Halden was shut down in 2018.\n\n${filler("fishing", 900)}`;
    const sources = [
      { id: "book", text },
      { id: "other", text: filler("cooking", 900) },
    ];
    const shown = passagesFor(
      ["Halden's reactor was shut down in 2018.", "It had 3 workers."],
      sources,
      6000,
    );
    expect(shown.flatMap(({ passages }) => passages).join(" ")).toContain("Halden was shut down in 2018");
    expect(shown.flatMap(({ passages }) => passages).join("").length).toBeLessThanOrEqual(6000);
    expect(shown[0]?.id).toBe("book");
  });

  it("leave the claim of few words its turn beside one that shares words with everything", () => {
    const text = `${filler("gardening", 900)}\n\nZyx 77.`;
    const shown = passagesFor(
      ["Paragraph is about gardening and nothing else.", "Zyx has 77."],
      [{ id: "book", text }],
      4000,
    );
    expect(shown[0]?.passages.join(" ")).toContain("Zyx 77.");
  });
});

it("pieces of an answer leave nothing out but the white space between them", () => {
  fc.assert(
    fc.property(
      fc.string({ maxLength: 400, unit: "grapheme" }),
      fc.integer({ min: 5, max: 60 }),
      (text, size) => {
        const parts = pieces(text, size);
        expect(parts.every((part) => part.length <= size)).toBe(true);
        expect(parts.join("").replaceAll(/\s/gu, "")).toBe(text.replaceAll(/\s/gu, ""));
      },
    ),
  );
});
