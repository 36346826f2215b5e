// What a person sees: columns, sizes, times, and a bar that leaves nothing behind.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createOutput, type OutputStream } from "../output.ts";
import { detailsOf } from "../show/details.ts";
import { layOut } from "../show/table.ts";
import { futureTime, localTime, size, span } from "../show/units.ts";
import { openProgress } from "./progress.ts";

describe("a table", () => {
  it("has columns as wide as their widest cell, also where it is long, and cuts none", async () => {
    const rows = Array.from({ length: 1_200 }, (_, index) => [`id-${index}`, "x".repeat(index % 50), "end"]);
    const lines = await layOut(rows);
    expect(lines).toHaveLength(1_200);
    expect(new Set(lines.map((line) => line.indexOf("end")))).toEqual(new Set([7 + 2 + 49 + 2]));
    expect(lines[49]).toContain("x".repeat(49));
  });

  it("knows that some characters are wide, and keeps each row on a line of its own", async () => {
    const lines = await layOut([
      ["日本語", "a"],
      ["x\r\n\u001b[2Jy", "b"],
    ]);
    expect(lines).toEqual(["日本語  a", "x [2Jy  b"]);
  });
});

describe("details", () => {
  it("tell all of it, times in local time, and leave out what is empty", () => {
    const time = "2026-11-21T19:27:31.000Z";
    expect(
      detailsOf({
        id: "x",
        timeCreated: time,
        created_at: Date.parse(time) / 1000,
        usage_bytes: 1536,
        a: {},
        b: [{ c: false }],
        d: null,
      }),
    ).toEqual([
      ["id", "x"],
      ["timeCreated", localTime(time)],
      ["created_at", localTime(time)],
      ["usage_bytes", "1.5 KiB"],
      ["b.0.c", "false"],
    ]);
  });
});

describe("units", () => {
  it("show local time to the minute, and what is no time as it is", () => {
    const date = new Date(2026, 0, 2, 3, 4);
    expect(localTime(date.toISOString())).toBe("2026-01-02T03:04");
    expect(localTime("soon")).toBe("soon");
  });

  it("show sizes that are never far off", () => {
    expect([size(0), size(1023), size(1024), size(5 * 1024 ** 3)]).toEqual([
      "0 B",
      "1023 B",
      "1.0 KiB",
      "5.0 GiB",
    ]);
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 50 }), (bytes) => {
        const [value = "", unit = ""] = size(bytes).split(" ");
        const back = Number(value) * 1024 ** ["B", "KiB", "MiB", "GiB", "TiB"].indexOf(unit);
        expect(Math.abs(back - bytes)).toBeLessThanOrEqual(0.05 * Math.max(bytes, 1) + 0);
      }),
    );
  });

  it("read spans and dates, and refuse what is neither", () => {
    expect([span("90s"), span("10m"), span("2h"), span("1d")]).toEqual([
      90_000, 600_000, 7_200_000, 86_400_000,
    ]);
    expect(futureTime("2090-01-31")).toBe("2090-01-31T00:00:00.000Z");
    for (const wrong of ["", "0s", "-1d", "1.5h", "1w", "2090-13-01", "2001-01-01", "99999999999d"]) {
      expect(() => futureTime(wrong)).toThrow();
    }
  });
});

class Screen implements OutputStream {
  readonly isTTY: boolean;
  readonly columns = 40;
  text = "";
  constructor(isTTY: boolean) {
    this.isTTY = isTTY;
  }
  write(text: string | Uint8Array): void {
    this.text += String(text);
  }
  on(): void {}
}

describe("progress", () => {
  it("is drawn on a terminal, no wider than it is, and wiped away in the end", async () => {
    const screen = new Screen(true);
    const progress = await openProgress(createOutput(new Screen(true), screen, {}), "bar");
    progress.say(`reading\u001b[2J ${"long ".repeat(20)}`);
    progress.update(3, 4);
    progress[Symbol.dispose]();
    expect(screen.text).toContain("3/4 [==================------] 75%");
    expect(screen.text).not.toContain("\u001b[2J");
    expect(screen.text.endsWith("\u001b[1G\u001b[2K")).toBe(true);
    progress[Symbol.dispose]();
  });

  it("is nothing at all where there is none", async () => {
    for (const [isTTY, env] of [
      [false, { FORCE_COLOR: "1" }],
      [true, { TERM: "dumb" }],
    ] as const) {
      const screen = new Screen(isTTY);
      using progress = await openProgress(createOutput(new Screen(false), screen, env), "line", "waiting");
      progress.update(1, 2);
      expect(screen.text).toBe("");
    }
  });
});
