/** The short cut must never say anything but what parsing would have said. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FrameTemplate } from "./frame-template.ts";

const frameOf = (content: unknown, more: object = {}): string =>
  JSON.stringify({ id: "c", choices: [{ index: 0, delta: { content }, finish_reason: null }], ...more });

/** A template that has seen `data` with `text` in it. */
function taught(data: string, text: string): FrameTemplate {
  const template = new FrameTemplate();
  template.learn(data, text);
  return template;
}

describe("FrameTemplate", () => {
  it("knows nothing before it has learned", () => {
    expect(new FrameTemplate().textIn(frameOf("a"))).toBeUndefined();
  });

  it("finds short, long, escaped and empty texts in frames like the one it learned", () => {
    const template = taught(frameOf("hello"), "hello");
    for (const text of [
      "a",
      "",
      'say "hi"',
      "line\nbreak",
      "\\",
      "a text of more than thirteen characters",
      "🎉",
      "\u2028",
    ]) {
      expect(template.textIn(frameOf(text))).toBe(text);
    }
  });

  it("leaves every other frame to the parser", () => {
    const template = taught(frameOf("hello"), "hello");
    const others = [
      frameOf("a", { usage: {} }),
      frameOf(["a"]),
      frameOf(null),
      "",
      "[DONE]",
      '{"id":"c","choices":[{"index":0,"delta":{"content":"a","tool_calls":[]},"finish_reason":null}]}',
      '{"id":"c","choices":[{"index":0,"delta":{"content":"a","x":"y"},"finish_reason":null}]}',
      '{"id":"c","choices":[{"index":0,"delta":{"content":"a\\"},"finish_reason":null}]}',
    ];
    for (const other of others) expect(template.textIn(other)).toBeUndefined();
  });

  it("does not mistake another member with the same text for the content", () => {
    const decoy = JSON.stringify({ content: "a", choices: [{ delta: { content: "a" } }] });
    const template = taught(decoy, "a");
    expect(template.textIn(decoy.replace('"content":"a"', '"content":"b"'))).toBeUndefined();
  });

  it("agrees with the parser on any text, in any frame, however the server spaces its JSON", () => {
    const json = fc.record({ id: fc.string(), extra: fc.jsonValue(), pad: fc.string() });
    fc.assert(
      fc.property(
        json,
        fc.string(),
        fc.string({ unit: "grapheme" }),
        fc.nat(3),
        fc.boolean(),
        (rest, first, second, space, same) => {
          const write = (content: string): string =>
            JSON.stringify(
              {
                ...rest,
                choices: [{ delta: { content }, finish_reason: null }],
                end: same ? rest.pad : content,
              },
              null,
              space,
            ).replaceAll("\n", "");
          const found = taught(write(first), first).textIn(write(second));
          if (found !== undefined) expect(found).toBe(second);
          const plain = /^[\w ]+$/;
          if (same && space === 0 && plain.test(first) && plain.test(second)) expect(found).toBe(second);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("looks past padding, whatever is in it", () => {
    for (const name of ["pad", "obfuscation"]) {
      const template = taught(frameOf("hello", { [name]: "aXb" }), "hello");
      for (const pad of ["", "Q", "0123456789abcdef", "é"]) {
        expect(template.textIn(frameOf("a", { [name]: pad }))).toBe("a");
        expect(template.textIn(frameOf('"', { [name]: pad }))).toBe('"');
      }
      expect(template.textIn(frameOf("a", { [name]: '"' }))).toBeUndefined();
      expect(template.textIn(frameOf("a", { other: "aXb" }))).toBeUndefined();
      expect(template.textIn(frameOf("a", { usage: null, [name]: "aXb" }))).toBeUndefined();
    }
  });

  it("gives up learning where no two frames are alike", () => {
    const template = new FrameTemplate();
    for (let pad = 0; pad < 20; pad += 1) template.learn(frameOf("a", { noise: pad }), "a");
    expect(template.textIn(frameOf("b", { noise: 7 }))).toBe("b");
    expect(template.textIn(frameOf("b", { noise: 19 }))).toBeUndefined();
  });
});
