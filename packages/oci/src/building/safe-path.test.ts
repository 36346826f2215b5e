import { mkdtemp, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { isAbsolute, join, relative } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { placeFor, safeSegments } from "./safe-path.ts";

const nasty = fc.oneof(
  fc.constantFrom(
    "..",
    ".",
    "",
    "C:",
    "con",
    "NUL.txt",
    "a\0b",
    "...",
    " ",
    "\\",
    "//",
    "~",
    "-rf",
    "ä".repeat(300),
  ),
  fc.string({ unit: "binary", maxLength: 12 }),
);

it("no name leads out of the folder, whatever a model calls its files", () => {
  fc.assert(
    fc.property(fc.array(nasty, { maxLength: 6 }), fc.constantFrom("/", "\\", "/../"), (parts, separator) => {
      const segments = safeSegments(parts.join(separator));
      expect(segments.length).toBeGreaterThan(0);
      const inside = relative("/root", join("/root", ...segments));
      expect(inside === "" || inside.startsWith("..") || isAbsolute(inside)).toBe(false);
      for (const segment of segments) {
        expect(segment).not.toMatch(/[/\\\0<>:"|?*]|^\.\.?$|[. ]$/);
        expect(Buffer.byteLength(segment)).toBeLessThanOrEqual(255);
      }
      expect(safeSegments(segments.join("/"))).toEqual(segments);
    }),
  );
});

it("a name that is fine stays as it is", () => {
  expect(safeSegments("/plots/Umsätze 2026.final.png")).toEqual(["plots", "Umsätze 2026.final.png"]);
});

it("no folder on the way is a link", async () => {
  const root = await realpath(await mkdtemp(join(tmpdir(), "locus-place-")));
  await symlink(tmpdir(), join(root, "out"));
  await expect(placeFor(root, ["out", "a.txt"])).rejects.toMatchObject({ code: "unsafe_path" });
  expect(await placeFor(root, ["in", "deep", "a.txt"])).toBe(join(root, "in", "deep", "a.txt"));
  await rm(root, { recursive: true });
});
