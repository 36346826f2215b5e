import { randomBytes } from "node:crypto";
import { appendFile, chmod, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CheckpointConflictError, CheckpointError, ConfigurationError } from "../../errors/errors.ts";
import { collect, eventsAfter, noteEvent } from "../../testing/checkpointer-events.ts";
import type { CheckpointerFixture } from "../../testing/checkpointer-fixture.ts";
import { describeCheckpointer } from "../../testing/describe-checkpointer.ts";
import { FileCheckpointer, type FileCheckpointerOptions } from "./file.ts";
import { fileNameOf } from "./name.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "locus-file-checkpointer-"));
});
afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

const OFFERS = [
  "acquire",
  "close",
  "dump",
  "leaseStore",
  "plant",
  "reopen",
  "snapshotEvery",
  "vacuum",
  "withEncryption",
  "withTtl",
] as const;

/** A fixture over a directory of its own; `always` goes for every store over it. */
function fixtureWith(always: Partial<FileCheckpointerOptions>): CheckpointerFixture {
  const directory = join(root, randomBytes(4).toString("hex"));
  const openWith = (options: Partial<FileCheckpointerOptions> = {}): FileCheckpointer =>
    new FileCheckpointer({ directory, fsync: false, snapshotEvery: 10, ...always, ...options });
  return {
    checkpointer: openWith(),
    reopen: openWith,
    leaseStore: (leaseMs) => openWith({ leaseMs }),
    withTtl: (ttlMs) => openWith({ ttlMs }),
    withEncryption: (encryption) => openWith({ encryption }),
    dump: async () => {
      const texts = (await readdir(directory)).map(async (name) => {
        return `${name} ${await readFile(join(directory, name), "utf8")}`;
      });
      return (await Promise.all(texts)).join("\n");
    },
    plant: async (threadId, schemaVersion, events) => {
      await openWith().append(threadId, 0, events);
      const path = join(directory, fileNameOf(threadId));
      const text = await readFile(path, "utf8");
      await writeFile(path, text.replaceAll('"schemaVersion":1', `"schemaVersion":${schemaVersion}`));
    },
  };
}

describeCheckpointer("FileCheckpointer", () => fixtureWith({}), { offers: OFFERS });

const KEYS = { keys: { test: randomBytes(32) }, current: "test" };
describeCheckpointer(
  "FileCheckpointer with encryption",
  () => {
    const {
      dump: _plain,
      withEncryption: _other,
      plant: _reads,
      ...fixture
    } = fixtureWith({ encryption: KEYS });
    return fixture;
  },
  { offers: OFFERS.filter((offer) => offer !== "dump" && offer !== "withEncryption" && offer !== "plant") },
);

describeCheckpointer(
  "FileCheckpointer with a time to live",
  () => {
    const { withTtl: _other, ...fixture } = fixtureWith({ ttlMs: 100 * 365 * 24 * 3_600_000 });
    return fixture;
  },
  { offers: OFFERS.filter((offer) => offer !== "withTtl") },
);

const pathOf = (threadId: string): string => join(root, fileNameOf(threadId));
const open = (): FileCheckpointer => new FileCheckpointer({ directory: root });

describe("FileCheckpointer's files", () => {
  it("are for their owner only, as is the directory it makes", async () => {
    const directory = join(root, "deep", "threads");
    await new FileCheckpointer({ directory }).append("t", 0, eventsAfter("t", 0, 1));
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
    expect((await stat(join(directory, fileNameOf("t")))).mode & 0o777).toBe(0o600);
    expect(await readdir(directory)).toEqual([fileNameOf("t")]);
  });

  it("have what was asked for before the store was closed, also where that was the first of all", async () => {
    const store = open();
    const appended = store.append("t", 0, eventsAfter("t", 0, 1));
    await store.close();
    await appended;
    expect((await open().read("t"))?.version).toBe(1);
    await expect(store.read("t")).rejects.toThrow("the FileCheckpointer is closed");
  });

  it("grow by what is appended, however long the thread", async () => {
    const store = open();
    await store.append("t", 0, eventsAfter("t", 0, 2_000));
    const before = (await stat(pathOf("t"))).size;
    await store.append("t", 2_000, [noteEvent("t", 2_001, "x")]);
    const grown = (await stat(pathOf("t"))).size - before;
    expect(grown).toBeLessThan(400);
    expect((await readFile(pathOf("t"), "utf8")).split("\n")).toHaveLength(3);
  });

  it("are not read again for an append by who wrote them", async () => {
    const store = open();
    await store.append("t", 0, eventsAfter("t", 0, 3));
    await store.append("t", 3, eventsAfter("t", 3, 1));
    // Damage that any reading would meet; size and file stay what they were.
    const text = await readFile(pathOf("t"), "utf8");
    await writeFile(pathOf("t"), text.replace('"from":0', '"from":!'), { flag: "r+" });
    await store.append("t", 4, eventsAfter("t", 4, 1));
    await expect(open().append("t", 5, eventsAfter("t", 5, 1))).rejects.toThrow(/line 2 is damaged/);
  });

  it("are a fork whole or not there: nothing half made is left behind", async () => {
    const store = open();
    await store.append("t", 0, eventsAfter("t", 0, 2));
    const text = await readFile(pathOf("t"), "utf8");
    await writeFile(pathOf("t"), text.replace('"origin":"test"', '"origin":12345'));
    await expect(open().fork("t", 2, "copy")).rejects.toThrow(CheckpointError);
    expect(await readdir(root)).toEqual([fileNameOf("t")]);
  });

  it("left half made by a dead process are cleared away after an hour", async () => {
    const old = join(root, ".0123456789abcdef.tmp");
    const young = join(root, ".fedcba9876543210.tmp");
    const foreign = join(root, "notes.tmp");
    for (const path of [old, young, foreign]) await writeFile(path, "x");
    for (const path of [old, foreign]) await utimes(path, 0, 0);
    await open().append("t", 0, eventsAfter("t", 0, 1));
    expect((await readdir(root)).sort()).toEqual(
      [".fedcba9876543210.tmp", "notes.tmp", fileNameOf("t")].sort(),
    );
    expect(await collect(open().list())).toHaveLength(1);
  });
});

describe("a FileCheckpointer after a crash", () => {
  it("ignores a batch that was torn, and goes on behind it", async () => {
    const quick = (): FileCheckpointer => new FileCheckpointer({ directory: root, fsync: false });
    await quick().append("t", 0, eventsAfter("t", 0, 2));
    const intact = await readFile(pathOf("t"));
    await quick().append("t", 2, eventsAfter("t", 2, 2));
    const whole = await readFile(pathOf("t"));
    for (let length = intact.length; length < whole.length; length += 1) {
      await writeFile(pathOf("t"), whole.subarray(0, length));
      const store = quick();
      expect((await store.read("t"))?.version, `torn at byte ${length}`).toBe(2);
      await store.append("t", 2, eventsAfter("t", 2, 1));
      await store.append("t", 3, eventsAfter("t", 3, 1));
      expect((await quick().read("t"))?.events, `torn at byte ${length}`).toEqual(eventsAfter("t", 0, 4));
    }
  }, 20_000);

  it("goes on behind what another process tore while this one lived", async () => {
    const store = open();
    await store.append("t", 0, eventsAfter("t", 0, 2));
    await appendFile(pathOf("t"), '\n{"batch":"00","schemaVersion":1,"from":2,"eve');
    await store.append("t", 2, eventsAfter("t", 2, 1));
    await store.append("t", 3, eventsAfter("t", 3, 1));
    expect((await open().read("t"))?.events).toEqual(eventsAfter("t", 0, 4));
  });

  it("names file and line of damage that is no torn write", async () => {
    const store = open();
    for (let version = 0; version < 4; version += 1)
      await store.append("t", version, eventsAfter("t", version, 1));
    const lines = (await readFile(pathOf("t"), "utf8")).split("\n");
    const damages: Record<string, readonly [number, (line: string) => string]> = {
      "a header that is none": [1, () => "{}"],
      "an empty header": [1, () => ""],
      "a header of another thread": [1, (line) => line.replace('"t"', '"u"')],
      "a line cut short in the middle": [3, (line) => line.slice(0, 40)],
      "a line overwritten": [3, () => "\u0000".repeat(40)],
      "a byte changed in the middle": [3, (line) => line.replace(":", "!")],
      "a byte changed in the last line": [5, (line) => line.replace('"from":', '"from"!')],
      "a sequence changed": [4, (line) => line.replace('"sequence":3', '"sequence":9')],
      "an event of no known type": [4, (line) => line.replace('"tool_complete"', '"tool_completed"')],
    };
    for (const [what, [number, damage]] of Object.entries(damages)) {
      const text = lines.map((line, index) => (index === number - 1 ? damage(line) : line)).join("\n");
      await writeFile(pathOf("t"), text);
      const error = await open()
        .read("t")
        .catch((reason: unknown) => reason);
      expect(error, what).toBeInstanceOf(CheckpointError);
      expect(error, what).toMatchObject({
        message: expect.stringContaining(`${pathOf("t")}, line ${number}`),
      });
    }
    await writeFile(pathOf("t"), lines.filter((_, index) => index !== 2).join("\n"));
    await expect(open().append("t", 4, [])).rejects.toThrow(/events 2 to 2 are missing/);
  });
});

describe("two FileCheckpointers on one directory", () => {
  it("settle by the order of lines who has a version, where both had looked before either wrote", async () => {
    const store = open();
    await store.append("t", 0, eventsAfter("t", 0, 1));
    await store.append("t", 1, [noteEvent("t", 2, "winner")]);
    const won = await readFile(pathOf("t"), "utf8");
    // What the other process's write looks like, had it come to the disk a moment later.
    await appendFile(pathOf("t"), `\n${won.split("\n").at(-1)?.replace("winner", "loser")}`);
    expect((await open().read("t"))?.events[1]).toEqual(noteEvent("t", 2, "winner"));
    await store.append("t", 2, eventsAfter("t", 2, 1));
    expect((await open().read("t"))?.version).toBe(3);
  });

  it("notice that the thread was deleted and made anew by the other", async () => {
    const [first, second] = [open(), open()];
    await first.append("t", 0, eventsAfter("t", 0, 2));
    await first.append("t", 2, eventsAfter("t", 2, 1));
    await second.delete("t");
    await expect(first.append("t", 3, eventsAfter("t", 3, 1))).rejects.toThrow(CheckpointConflictError);
    await second.append("t", 0, [noteEvent("t", 1, "a much longer text".repeat(100))]);
    await expect(first.append("t", 3, eventsAfter("t", 3, 1))).rejects.toThrow(CheckpointConflictError);
    await first.append("t", 1, [noteEvent("t", 2, "x")]);
    expect((await second.read("t"))?.version).toBe(2);
  });
});

describe("a fork while its source is deleted", () => {
  it("is whole or refused", async () => {
    const store = new FileCheckpointer({ directory: root, fsync: false });
    let forked = 0;
    for (let round = 0; round < 60; round += 1) {
      await store.append("t", 0, eventsAfter("t", 0, 3));
      const fork = store.fork("t", 2, "copy").then(
        () => true,
        (error: unknown) => !(error instanceof CheckpointError),
      );
      // Later in each round, to meet every step of the fork.
      for (let turn = 0; turn < round % 30; turn += 1) await new Promise(setImmediate);
      await store.delete("t");
      const isForked = await fork;
      expect((await store.read("copy"))?.events).toEqual(isForked ? eventsAfter("copy", 0, 2) : undefined);
      if (await store.delete("copy")) forked += 1;
    }
    expect(forked).toBeGreaterThan(0);
  });
});

describe("a FileCheckpointer that cannot reach its files", () => {
  it("says so instead of taking the thread for absent", async () => {
    await writeFile(join(root, "file"), "");
    const store = new FileCheckpointer({ directory: join(root, "file") });
    await expect(store.read("t")).rejects.toThrow(CheckpointError);
    await expect(store.append("t", 0, eventsAfter("t", 0, 1))).rejects.toThrow(CheckpointError);
    await expect(collect(store.list())).rejects.toThrow(CheckpointError);
  });

  it.skipIf(process.getuid?.() === 0)("names the file that it may not read", async () => {
    await open().append("t", 0, eventsAfter("t", 0, 1));
    await chmod(pathOf("t"), 0);
    await expect(open().read("t")).rejects.toThrow(`cannot open ${pathOf("t")}`);
  });

  it("refuses to be made without a directory", () => {
    expect(() => new FileCheckpointer({ directory: "" })).toThrow(ConfigurationError);
  });
});
