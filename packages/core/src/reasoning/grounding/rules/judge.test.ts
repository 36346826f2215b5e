/** The judge that is no model: what it takes for a claim, and what it can tell apart. */
import { describe, expect, it } from "vitest";
import { evaluateGrounding } from "../evaluate.ts";
import { claimsByRules } from "./claims.ts";

describe("claims of an answer", () => {
  it("are its sentences, bullets and rows, without what only asks, greets, leads in or is code", () => {
    const answer = [
      "# The weather",
      "Sure! Here is what I found:",
      "- Oslo has **4 °C**, e.g. at the harbour.",
      "1. Bergen has [rain](https://example.com/rain).",
      "| city | temp |",
      "| ---- | ---- |",
      "| Lima | 18 |",
      "```js\nconst claim = 1;\n```",
      "The log does not say why. Would you like to know more? Let me know if so.",
    ].join("\n");
    expect(claimsByRules(answer)).toEqual([
      "Oslo has 4 °C, e.g. at the harbour.",
      "Bergen has rain.",
      "city temp",
      "Lima 18",
    ]);
  });

  it("are none where nothing is stated", () => {
    for (const answer of [
      "",
      "Hello!",
      "Which city do you mean?",
      "I could not find that.",
      "I do not know.",
      "Ich weiß es nicht.",
      "You should restart the server.",
      "OK.",
    ])
      expect(claimsByRules(answer)).toEqual([]);
  });
});

const verdictOf = async (claim: string, ...texts: readonly string[]): Promise<string | undefined> => {
  const sources = texts.map((text, index) => ({ id: `s${index}`, text }));
  const { claims } = await evaluateGrounding({ answer: "", claims: [claim], sources, judge: "rules" });
  return claims[0]?.verdict;
};

describe("the rules", () => {
  const record = JSON.stringify({
    order: { id: "A-1", refundable: false, total_eur: 1200.5, items: [{ name: "lamp", quantity: 2 }] },
  });
  it.each([
    ["Revenue was $4,200 million.", "Revenue was $4.2 billion.", "grounded"],
    ["Revenue was about 4.2 million.", "Revenue: 4,187,332", "grounded"],
    ["The pool has three workers.", "The pool has 3 workers.", "grounded"],
    ["The trial began on March 3, 2026.", "The trial began on 2026-03-03.", "grounded"],
    ["The trial began on March 4, 2026.", "The trial began on 2026-03-03.", "contradicted"],
    ["The order A-1 is not refundable.", record, "grounded"],
    ["The order A-1 is refundable.", record, "contradicted"],
    ["The order has 2 lamps.", record, "grounded"],
    ["The order has 5 lamps.", record, "contradicted"],
    ["The server is not available.", "The server is available.", "contradicted"],
    ["The temperature rose to -5 degrees.", "The temperature fell to -5 degrees.", "contradicted"],
    ["The temperature is 5 degrees.", "The temperature is -5 degrees.", "contradicted"],
    ["The meeting is on 3 May 2024.", "The meeting is on 5 March 2024.", "contradicted"],
    ["The parcel weighs 5 kg.", "The parcel weighs 5 g.", "contradicted"],
    ["All tests of the build passed.", "Some tests of the build passed.", "contradicted"],
    ["The dose is 50 mg twice a day.", "The dose is 50 mg once a day.", "contradicted"],
    ["Nobody knows the cause of the fire.", "The ship sank in the harbour.", "ungrounded"],
    ["Das Café öffnet um 9 Uhr.", "Das Cafe öffnet um 9 Uhr.", "grounded"],
  ])("tell %s from %s: %s", async (claim, text, verdict) => {
    expect(await verdictOf(claim, text)).toBe(verdict);
  });

  it("put two sources together for a claim of two halves", async () => {
    const both = "The pump was repaired and the valve was replaced.";
    expect(await verdictOf(both, "The pump was repaired.", "The valve was replaced.")).toBe("grounded");
    expect(await verdictOf(both, "The pump was repaired.")).not.toBe("grounded");
  });

  it("quote nothing that is not there, however long or strange the source is", async () => {
    const strange = ["a".repeat(200_000), " ".repeat(200_000), "[".repeat(5000), `${"x-".repeat(50_000)}1`];
    for (const text of strange) {
      const found = await evaluateGrounding({
        answer: "The pump has 12 valves.",
        sources: [{ id: "s", text: `${text} The pump has 12 valves.` }],
        judge: "rules",
      });
      expect(found.claims[0]?.rejected).toBeUndefined();
    }
  });
});

it("much evidence and many claims leave the process its turns, and are left when the signal says so", async () => {
  const rows = Array.from({ length: 20_000 }, (_, n) => `Server ${n} in rack ${n % 97} has ${n % 64} cpus.`);
  const controller = new AbortController();
  let turns = 0;
  const counting = setInterval(() => {
    turns++;
    if (turns === 3) controller.abort();
  }, 1);
  const evaluation = evaluateGrounding({
    answer: Array.from({ length: 200 }, (_, n) => `Server ${n} in rack 5 has 77 cpus.`).join(" "),
    sources: [{ id: "s", text: rows.join("\n") }],
    judge: "rules",
    signal: controller.signal,
  });
  await expect(evaluation).rejects.toThrow("aborted");
  clearInterval(counting);
  expect(turns).toBeGreaterThanOrEqual(3);
});
