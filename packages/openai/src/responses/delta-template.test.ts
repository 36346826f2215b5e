import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DeltaTemplate } from "./delta-template.ts";

interface Shape {
  readonly numbered: boolean;
  readonly labelled: boolean;
  readonly padded: boolean;
  readonly numberLast: boolean;
}
const eventOf = (text: string, number: number, shape: Shape): string =>
  JSON.stringify({
    type: "response.output_text.delta",
    ...(shape.numbered && !shape.numberLast ? { sequence_number: number } : {}),
    ...(shape.labelled ? { item_id: 'msg_"1"', output_index: 0, content_index: 0 } : {}),
    delta: text,
    ...(shape.padded ? { logprobs: [], obfuscation: "x".repeat(number % 9) } : {}),
    ...(shape.numbered && shape.numberLast ? { sequence_number: number } : {}),
  });

const shape = fc.record({
  numbered: fc.boolean(),
  labelled: fc.boolean(),
  padded: fc.boolean(),
  numberLast: fc.boolean(),
});
const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom('"', "\\", "\n", "é", "}", "a") }),
);

describe("the template of a text delta", () => {
  it("reads the text of every event like the first, whatever is in it", () => {
    fc.assert(
      fc.property(shape, text, fc.array(fc.tuple(text, fc.nat())), (one, first, others) => {
        const template = new DeltaTemplate();
        template.learn(eventOf(first, 1, one), first);
        for (const [said, number] of others) {
          const wire = JSON.parse(eventOf(said, number, one)) as { readonly delta: string };
          expect(template.textIn(eventOf(said, number, one))).toBe(wire.delta);
        }
      }),
    );
  });

  it("knows nothing before it has learned, and nothing of other events", () => {
    const template = new DeltaTemplate();
    const event = eventOf("a", 1, { numbered: true, labelled: true, padded: true, numberLast: false });
    expect(template.textIn(event)).toBeUndefined();
    template.learn(event, "a");
    expect(template.textIn(event.replace("msg_", "msx_"))).toBeUndefined();
    expect(template.textIn(event.replace("output_text.delta", "output_text.done"))).toBeUndefined();
    expect(template.textIn(event.slice(0, -1))).toBeUndefined();
    expect(template.textIn("")).toBeUndefined();
  });

  it("does not learn from a member that only looks like the text", () => {
    const template = new DeltaTemplate();
    const tricky = '{"type":"response.output_text.delta","meta":{"delta":"a"},"delta":"a"}';
    template.learn(tricky, "a");
    expect(template.textIn(tricky)).toBeUndefined();
    const spaced = '{"type":"response.output_text.delta","delta" : "a"}';
    template.learn(spaced, "a");
    expect(template.textIn(spaced)).toBeUndefined();
  });
});
