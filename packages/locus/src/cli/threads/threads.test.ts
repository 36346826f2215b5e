// `locus threads`, as a person runs it, on threads that `locus run` has kept.
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type OciEmulator, startOciEmulator } from "@locus-sdk/oci-emulator";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Home } from "../../../test/support/locus.ts";
import { linesOf } from "../../../test/support/oci.ts";

let home: Home;
let emulator: OciEmulator;
let configured: Readonly<Record<string, string>>;

beforeAll(async () => {
  home = await Home.make();
  emulator = await startOciEmulator();
  configured = (await emulator.writeTestConfig(join(home.directory, "oci"))).env;
  emulator.script(
    { text: "Hello, Ada." },
    { text: "Ada." },
    { toolCalls: [{ name: "calculate", arguments: { expression: "6*7" } }] },
    { text: "42." },
  );
  await locus("run", "--thread", "names", "My name\nis Ada.");
  await locus("run", "--thread", "names", "What is my name?");
  await locus("run", "--thread", "sums", "What is 6 * 7?");
}, 60_000);
beforeEach(() => emulator.reset());
afterAll(async () => {
  await emulator.close();
  await home[Symbol.asyncDispose]();
});

const locus = (...args: readonly string[]) => home.run(args, { env: configured });
const threads = (...args: readonly string[]) => locus("threads", ...args);
const json = async (...args: readonly string[]) => {
  const { code, stdout, stderr } = await threads(...args, "--json");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return linesOf(stdout);
};

describe("locus threads", { timeout: 60_000 }, () => {
  it("lists threads, latest first, with how they ended and how they began", async () => {
    const { stdout } = await threads("list");
    const [header, ...rows] = stdout.trimEnd().split("\n");
    expect(header).toMatch(/^ID +UPDATED +VERSION +AGENT +STATUS +FIRST WORDS$/);
    expect(rows[0]).toMatch(/^sums +\S+ +6 +locus +complete +What is 6 \* 7\?$/);
    expect(rows[1]).toMatch(/^names +\S+ +6 +locus +complete +My name is Ada\.$/);
    expect(await json("list")).toMatchObject([
      { threadId: "sums", version: 6, status: "complete", firstWords: "What is 6 * 7?" },
      { threadId: "names", version: 6, agent: "locus" },
    ]);
  });

  it("says how many more there are, and that there are none", async () => {
    const { stdout, stderr } = await threads("list", "--limit", "1");
    expect(stdout.split("\n")[1]).toMatch(/^sums /);
    expect([stdout.split("\n").length, stderr]).toEqual([3, "1 more; --limit shows them\n"]);
    const none = await threads("list", "--metadata", "tenant=acme");
    expect([none.code, none.stdout, none.stderr]).toEqual([
      0,
      "",
      "There are no threads in ~/.locus/threads.db like that.\n",
    ]);
    const elsewhere = await threads("list", "--store", "nowhere.db");
    expect(elsewhere.stderr).toBe("There are no threads in ~/nowhere.db.\n");
    await expect(stat(join(home.directory, "nowhere.db"))).rejects.toThrow("ENOENT");
  });

  it("shows versions, with node, usage and what happened", async () => {
    const { stdout } = await threads("show", "su");
    expect(stdout).toMatch(/^thread +sums$/m);
    expect(stdout).toMatch(/^status +complete$/m);
    expect(stdout).toMatch(/^3 +\S+ +execute +tool_start +calculate\(\{"expression":"6\*7"\}\)$/m);
    expect(stdout).toMatch(/^5 +\S+ +think +model_complete +\d+ +42\.$/m);
    const versions = await json("show", "sums", "--at", "2");
    expect(versions).toMatchObject([
      { version: 1, node: "input" },
      { version: 2, node: "think", usage: { totalTokens: expect.any(Number) } },
    ]);
  });

  it("shows the conversation as text, and as it was at a version", async () => {
    const { stdout } = await threads("show", "sums", "--messages");
    expect(stdout).toContain('user\n  What is 6 * 7?\n\nassistant\n  → calculate {"expression":"6*7"}\n\n');
    expect(stdout).toMatch(/^tool calculate\n {2}.*42.*\n\nassistant\n {2}42\.\n\n$/m);
    const before = await json("show", "names", "--messages", "--at", "3");
    expect(before).toMatchObject([{ content: "My name\nis Ada." }, { role: "assistant" }]);
  });

  it("forks a thread at a version; the two are independent", async () => {
    const { stdout } = await threads("fork", "names", "--at", "3", "--as", "twin");
    expect(stdout).toBe("twin\n");
    emulator.script({ text: "Bye." });
    await locus("run", "--thread", "twin", "Goodbye.");
    expect(emulator.requests[0]?.body).toMatchObject({
      messages: [{ content: "My name\nis Ada." }, { content: "Hello, Ada." }, { content: "Goodbye." }],
    });
    expect(await json("fork", "names")).toMatchObject([
      { threadId: expect.stringMatching(/^thread_/), version: 6, forkedFrom: "names" },
    ]);
    const taken = await threads("fork", "names", "--as", "sums");
    expect(taken.code).toBe(1);
    expect(taken.stderr).toContain('thread "sums" exists already');
  });

  it("replays the last run on a copy, with another model and prompt, and streams the answer", async () => {
    emulator.script({ text: ["Still ", "Ada."] });
    const changed = ["--model", "oci:meta.llama-4-scout", "--system", "Be brief.", "--as", "again"];
    const { code, stdout, stderr } = await threads("replay", "names", ...changed);
    expect([code, stdout]).toEqual([0, "Still Ada.\n"]);
    expect(stderr).toMatch(/^thread again$/m);
    expect(emulator.requests[0]?.body).toMatchObject({
      model: "meta.llama-4-scout",
      stream: true,
      messages: [{ role: "system", content: "Be brief." }, {}, {}, { content: "What is my name?" }],
    });
    expect((await json("show", "names")).length).toBe(6);
    const over = await threads("replay", "names", "--at", "3");
    expect([over.code, over.stdout]).toEqual([2, ""]);
    expect(over.stderr).toContain("no run was under way at version 3");
  });

  it("exports a thread that imports as the same, into another store as well, and not twice", async () => {
    const file = join(home.directory, "names.jsonl");
    await threads("export", "names", "-o", file);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const { stdout } = await threads("export", "names");
    expect(stdout).toBe(await readFile(file, "utf8"));
    const other = ["--store", join(home.directory, "others")];
    expect((await threads("import", file, ...other)).stdout).toBe("names\n");
    expect((await threads("export", "names", ...other)).stdout).toBe(stdout);
    const piped = await home.run(["threads", "import", "-", "--as", "ada", ...other], { input: stdout });
    expect(piped.stdout).toBe("ada\n");
    expect((await threads("show", "ada", "--events", ...other)).stdout).toBe(
      stdout.replaceAll('"threadId":"names"', '"threadId":"ada"'),
    );
    const nothing = await threads("import", "nowhere.jsonl");
    expect([nothing.code, nothing.stdout]).toEqual([2, ""]);
    expect(nothing.stderr).toContain("nowhere.jsonl cannot be read");
    const twice = await threads("import", file);
    expect([twice.code, twice.stdout]).toEqual([1, ""]);
    expect(twice.stderr).toContain('thread "names" is at version 6, expected 0');
  });

  it.each([
    ["cut off in the middle", (lines: string[]) => [lines[0] ?? "", '{"type":"mod'], ":2 is not an event"],
    ["with a gap", (lines: string[]) => lines.toSpliced(1, 1), "has sequence 3, expected 2"],
    [
      "of a later Locus",
      ([first = ""]: string[]) => [first.replace('"schemaVersion":1', '"schemaVersion":9')],
      "schema version 9",
    ],
    ["empty", () => [], "holds no event"],
  ])("stores nothing of a file that is %s", async (name, change, why) => {
    const { stdout } = await threads("export", "names");
    const file = join(home.directory, "broken.jsonl");
    await writeFile(file, change(stdout.trimEnd().split("\n")).join("\n"));
    const { code, stderr } = await threads("import", file, "--as", `broken ${name}`);
    expect(stderr).toContain(why);
    expect(code).not.toBe(0);
    expect((await threads("show", `broken ${name}`)).stderr).toContain("there is no thread");
  });

  it("deletes after asking, which takes a terminal or --yes, and none of several that could be meant", async () => {
    await threads("fork", "names", "--as", "old-1");
    await threads("fork", "names", "--as", "old-10");
    const unasked = await threads("delete", "old-1");
    expect([unasked.code, unasked.stdout]).toEqual([2, ""]);
    expect(unasked.stderr).toContain('"Delete 1 thread for good: old-1?"; give --yes');
    const several = await threads("delete", "sums", "old", "--yes");
    expect([several.code, several.stdout]).toEqual([2, ""]);
    expect(several.stderr).toContain('several threads begin with "old": old-1, old-10');
    expect(await json("delete", "old-1", "old-10", "--yes")).toEqual([
      { threadId: "old-1", deleted: true },
      { threadId: "old-10", deleted: true },
    ]);
    const young = await threads("delete", "--older-than", "30d", "--yes");
    expect([young.code, young.stdout]).toEqual([0, ""]);
    expect((await threads("delete", "--yes")).code).toBe(2);
    const [report] = await json("vacuum");
    expect(report).toMatchObject({ deletedThreads: 0, bytes: expect.any(Number) });
  });

  it("deletes what was not written to for long", async () => {
    const old = (await threads("export", "sums")).stdout.replaceAll(
      /"timestamp":"\d{4}/g,
      '"timestamp":"2020',
    );
    await home.run(["threads", "import", "-", "--as", "ancient"], { input: old });
    expect((await threads("delete", "--older-than", "30d", "--yes")).stdout).toBe("ancient deleted\n");
  });
});
