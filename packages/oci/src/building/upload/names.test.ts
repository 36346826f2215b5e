import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pathOfUpload, tokenIn, uploadName, uploadToken } from "./names.ts";

const TOKEN = "3f9a0c1e5b7d";
const segment = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 12 })
  .map((text) => text.replaceAll("/", "~").replaceAll("\0", "%"));
const path = fc.array(segment, { minLength: 1, maxLength: 3 }).map((segments) => segments.join("/"));

describe("a name on the service", () => {
  it("tells the path and the token, and survives what services do to names", () => {
    fc.assert(
      fc.property(path, (given) => {
        const name = uploadName(given, TOKEN);
        expect(name).toMatch(/^[\x20-\x7e]+$/);
        expect(name).not.toMatch(/[/\\":*?<>|]/);
        expect(tokenIn(name)).toBe(TOKEN);
        if (!name.startsWith("~")) expect(pathOfUpload(name)).toBe(given);
      }),
    );
  });

  it("reads as the path it stands for", () => {
    expect(uploadName("guide/a start.md", TOKEN)).toBe("guide%2Fa start~3f9a0c1e5b7d.md");
    expect(uploadName("LICENSE", TOKEN)).toBe("LICENSE~3f9a0c1e5b7d");
  });

  it("is cut where the path is long, keeps token and extension, and does not pretend to tell the path", () => {
    const name = uploadName(`${"folder/".repeat(60)}end.md`, TOKEN);
    expect(name.length).toBeLessThanOrEqual(202);
    expect(name).toMatch(/end~3f9a0c1e5b7d\.md$/);
    expect(pathOfUpload(name)).toBeUndefined();
  });

  it("of somebody else's file tells nothing", () => {
    expect(pathOfUpload("readme.md")).toBeUndefined();
    expect(tokenIn("notes~2024.md")).toBeUndefined();
    expect(pathOfUpload("100%~3f9a0c1e5b7d.md")).toBeUndefined();
  });
});

it("a token is that of one manifest, one path and one content", () => {
  const token = uploadToken("key", "a.md", "00");
  expect(token).toMatch(/^[0-9a-f]{12}$/);
  const others = [
    uploadToken("yek", "a.md", "00"),
    uploadToken("key", "b.md", "00"),
    uploadToken("key", "a.md", "01"),
  ];
  expect(new Set([token, ...others]).size).toBe(4);
});
