/** Locks: held by one, whatever a process left behind when it died and however many find it at once. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { ConfigurationError } from "@locus-sdk/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lockFile } from "./lock.ts";

const PROGRAM = new URL("../../../test/programs/lock.mjs", import.meta.url).pathname;
/** No system gives out so high an id. */
const DEAD = 2 ** 30;
let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "locus-lock-"));
  path = join(directory, "m.lock");
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const leave = (holder: object): Promise<void> =>
  writeFile(path, JSON.stringify({ pid: DEAD, host: hostname(), nonce: "n", ...holder }));
const failure = (): Promise<unknown> => lockFile(path).catch((thrown: unknown) => thrown);

describe("a lock", () => {
  it("is held by one, and nothing of it is left when it is released", async () => {
    const lock = await lockFile(path);
    expect(await failure()).toMatchObject({ code: "upload_busy" });
    await lock.release();
    await (await lockFile(path)).release();
    expect(await readdir(directory)).toEqual([]);
  });

  it("that is not one's own any more is not taken away", async () => {
    const lock = await lockFile(path);
    await writeFile(path, "somebody else's");
    await lock.release();
    expect(await readFile(path, "utf8")).toBe("somebody else's");
  });

  it("of a process that died is taken over by one of those who find it", async () => {
    for (let round = 0; round < 5; round += 1) {
      await leave({});
      const locks = await Promise.allSettled(Array.from({ length: 8 }, () => lockFile(path)));
      const held = locks.filter((lock) => lock.status === "fulfilled");
      expect(held).toHaveLength(1);
      for (const lock of locks) {
        if (lock.status === "rejected") expect(lock.reason).toBeInstanceOf(ConfigurationError);
      }
      await held[0]?.value.release();
      expect(await readdir(directory)).toEqual([]);
    }
  });

  it("of a process that died is taken over by one of several processes", async () => {
    await leave({});
    const racers = await Promise.all(Array.from({ length: 4 }, () => Racer.start(path)));
    try {
      for (const racer of racers) racer.go();
      const said = await Promise.all(racers.map((racer) => racer.line()));
      expect(said.filter((line) => line === "held")).toHaveLength(1);
      expect(said.filter((line) => line === "upload_busy")).toHaveLength(3);
    } finally {
      await Promise.all(racers.map((racer) => racer.end()));
    }
    expect(await readdir(directory)).toEqual([]);
  });

  it("whose process died while it took over another one is taken over as well", async () => {
    await leave({});
    await writeFile(`${path}.dead`, await readFile(path));
    await (await lockFile(path)).release();
    expect(await readdir(directory)).toEqual([]);
  });
});

describe("a lock of which it is not known whether it counts", () => {
  it.each([
    ["of another machine", { host: "elsewhere" }, /begun on elsewhere/],
    ["of this process, as far as can be seen", { pid: process.pid }, /delete that file/],
    ["without a process", { pid: 0 }, /delete that file/],
  ])("is believed, and it is said how to remove it: %s", async (_, holder, hint) => {
    await leave(holder);
    const error = await failure();
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ code: "upload_busy", hint: expect.stringMatching(hint) });
    expect(await readdir(directory)).toEqual(["m.lock"]);
  });

  it("is believed where it is empty, or half of one", async () => {
    for (const content of ["", '{"pid":1']) {
      await writeFile(path, content);
      expect(await failure()).toMatchObject({ code: "upload_busy" });
      expect(await readFile(path, "utf8")).toBe(content);
    }
  });
});

/** Another process that is to take the lock. */
class Racer {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcessByStdio<Writable, Readable, null>, lines: Interface) {
    this.#process = child;
    this.#lines = lines[Symbol.asyncIterator]();
  }

  static async start(lock: string): Promise<Racer> {
    const child = spawn(process.execPath, [PROGRAM, lock], { stdio: ["pipe", "pipe", "inherit"] });
    const racer = new Racer(child, createInterface(child.stdout));
    expect(await racer.line()).toBe("ready");
    return racer;
  }

  go(): void {
    this.#process.stdin.write("go\n");
  }

  async line(): Promise<string | undefined> {
    const next = await this.#lines.next();
    return next.done === true ? undefined : next.value;
  }

  async end(): Promise<void> {
    const closed = once(this.#process, "close");
    this.#process.stdin.end();
    await closed;
  }
}
