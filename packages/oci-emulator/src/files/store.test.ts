// The store of files itself: how much it keeps, and whom it tells when files go.
import { describe, expect, it } from "vitest";
import { createClock } from "../clock.ts";
import { FileStore, type NewFile } from "./store.ts";

const file = (bytes: number, expiresAfterSeconds?: number): NewFile => ({
  scope: "project a",
  filename: "a.txt",
  purpose: "assistants",
  contentType: "text/plain",
  bytes: new Uint8Array(bytes),
  expiresAfterSeconds,
});

describe("the store of files", () => {
  it("is full at so many bytes, and has room again when files are deleted or expire", () => {
    const clock = createClock();
    const files = new FileStore(clock, 100);
    const { id } = files.add(file(40));
    files.add(file(60, 3600));
    expect(files.isFullFor(1)).toBe(true);
    files.delete(id);
    expect([files.isFullFor(40), files.isFullFor(41)]).toEqual([false, true]);
    clock.advance(3_600_000);
    expect(files.isFullFor(100)).toBe(false);
    files.add(file(100));
    files.clear();
    expect(files.isFullFor(100)).toBe(false);
  });

  it("tells of every file that goes, once", () => {
    const clock = createClock();
    const files = new FileStore(clock);
    const gone: string[] = [];
    files.whenGone((id) => gone.push(id));
    const [first, second, third] = [files.add(file(1)), files.add(file(1, 3600)), files.add(file(1, 7200))];
    const other = files.add({ ...file(1), scope: "project b" });
    files.delete(first.id);
    files.delete(first.id);
    clock.advance(3_600_000);
    expect([...files.all].map(({ id }) => id)).toEqual([third.id, other.id]);
    files.deleteScope("project a");
    expect([...files.all].map(({ id }) => id)).toEqual([other.id]);
    expect(gone).toEqual([first.id, second.id, third.id]);
  });
});
