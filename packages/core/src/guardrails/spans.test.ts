/** Whatever is found, redaction takes that out and nothing else. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { piiDetector, secretsDetector } from "./detectors.ts";
import { scan } from "./scan.ts";
import { mergeFindings, replaceFindings } from "./spans.ts";
import type { Finding } from "./types.ts";

const finding = fc.record({
  detector: fc.constantFrom("a", "b"),
  start: fc.integer({ min: -5, max: 60 }),
  end: fc.integer({ min: -5, max: 60 }),
  kind: fc.constantFrom("x", "y"),
});

test("merged findings are in order, apart from each other, and cover what was found", () => {
  fc.assert(
    fc.property(fc.array(finding), (findings) => {
      const merged = mergeFindings(findings, 50);
      for (const [at, one] of merged.entries()) {
        expect(one.start).toBeLessThan(one.end);
        const next = merged[at + 1];
        if (next !== undefined) expect(one.end).toBeLessThanOrEqual(next.start);
      }
      const covers = (spans: readonly Finding[], place: number): boolean =>
        spans.some(({ start, end }) => start <= place && place < end);
      for (let place = 0; place < 50; place++) expect(covers(merged, place)).toBe(covers(findings, place));
    }),
  );
});

test("what is outside of every finding stays as it is", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), fc.array(finding), (text, findings) => {
      const merged = mergeFindings(findings, text.length);
      const replaced = replaceFindings(text, merged, () => "\u0000");
      let at = 0;
      const kept = merged.map(({ start, end }) => {
        const before = text.slice(at, start);
        at = end;
        return before;
      });
      expect(replaced).toBe([...kept, text.slice(at)].join("\u0000"));
    }),
  );
});

const actions = {
  input: "redact",
  output: "redact",
  arguments: "redact",
  result: "redact",
  question: "redact",
  answer: "redact",
} as const;
const guards = [
  secretsDetector(),
  piiDetector({ kinds: ["card", "iban", "email", "phone", "national_id", "public_ip"] }),
].map((detector) => ({ detector, actions }));
const redact = (text: string) =>
  scan(text, (each: string, rewrite) => rewrite(each, "\n\n"), {
    guards,
    where: "input",
    label: "input",
    acts: ["redact"],
    timeoutMs: 1000,
  });
const fragment = fc.oneof(
  fc.constantFrom(
    "4111 1111 1111 1111",
    "DE89370400440532013000",
    "ada@example.com",
    "+49 30 901820",
    "219-09-9998",
    "password=hunter22",
    "Bearer abc123def456ghi",
    "sk-proj-abcdef1234567890",
    "postgres://u:pass1word@h/x",
    "-----BEGIN PRIVATE KEY-----\nabc1",
    "tel: 4155552671",
    "93.184.216.34",
    "password: ",
    "@",
    ":",
    " ",
    "\n",
    "1",
    "-",
  ),
  fc.string({ maxLength: 8 }),
);

test("what was redacted is not found again", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fragment, { maxLength: 8 }), async (fragments) => {
      const { value } = await redact(fragments.join(""));
      for (const { detector } of guards)
        expect(
          await detector.detect(value, { where: "input", signal: new AbortController().signal }),
        ).toEqual([]);
    }),
    { numRuns: 500 },
  );
});
