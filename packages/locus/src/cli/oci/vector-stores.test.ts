// Vector stores on the command line: filled from folders, interrupted and taken up again, searched, deleted.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { linesOf, Oci } from "../../../test/support/oci.ts";

let oci: Oci;
let onUpload: (() => void) | undefined;
let serial = 0;
beforeAll(async () => {
  oci = await Oci.make({
    vectorStores: { fail: (filename) => filename.startsWith("broken") },
    onRequest: ({ method, path }) => {
      if (method === "POST" && path.endsWith("/files")) onUpload?.();
    },
  });
});
beforeEach(() => oci.emulator.reset());
afterEach(() => {
  onUpload = undefined;
});
afterAll(() => oci[Symbol.asyncDispose]());

/** A folder in the home with these files; its name. */
async function folder(files: Readonly<Record<string, string>>): Promise<string> {
  serial += 1;
  const name = `folder-${serial}`;
  for (const [path, text] of Object.entries(files)) {
    const absolute = join(oci.home.directory, name, path);
    await mkdir(join(absolute, ".."), { recursive: true });
    await writeFile(absolute, text);
  }
  return name;
}

describe("a person's session", { timeout: 120_000 }, () => {
  it("goes from a project and a key to a search, and leaves nothing behind", async () => {
    const project = await oci.idOf("projects", "create", "handbook", "--wait");
    const [key] = await oci.json("api-keys", "create", "handbook", "--key-name", "blue", "--wait");
    expect(key?.keys).toMatchObject([{ keyName: "blue", key: expect.stringMatching(/^sk-/) }]);
    const inProject = ["--project", project];
    const store = await oci.idOf(
      "vector-stores",
      "create",
      "handbook",
      "--metadata",
      "team=hr",
      ...inProject,
    );
    const name = await folder({
      "refunds.md": "Refunds are paid within 14 days.",
      "guide/umbrellas.md": "Umbrellas are in the closet.",
    });

    const added = await oci.run(["vector-stores", "add", store, name, ...inProject]);
    expect([added.code, added.stdout, added.stderr]).toEqual([0, "2 files added, 0 skipped, 0 failed\n", ""]);
    const files = await oci.run(["vector-stores", "files", store, ...inProject]);
    expect(files.stdout).toMatch(/^ID +PATH +STATUS +SIZE +ADDED/);
    expect(files.stdout).toMatch(/guide\/umbrellas\.md +completed +28 B/);
    const found = await oci.run([
      "vector-stores",
      "search",
      store,
      "when",
      "are",
      "refunds",
      "paid?",
      ...inProject,
    ]);
    expect(found.stdout).toMatch(
      /^0\.\d{3} {2}refunds\.md {2}file-\w+\n {2}Refunds are paid within 14 days\.\n/,
    );
    const best = await oci.json("vector-stores", "search", store, "refunds", "--limit", "1", ...inProject);
    expect(best).toMatchObject([{ attributes: { path: "refunds.md" } }]);

    expect((await oci.run(["vector-stores", "list", ...inProject])).stdout).toMatch(
      new RegExp(`^${store}  handbook  completed  2 +60 B  \\d{4}-`, "m"),
    );
    expect(await oci.json("vector-stores", "get", store, ...inProject)).toMatchObject([
      { id: store, metadata: { team: "hr" } },
    ]);
    expect(
      await oci.json(
        "vector-stores",
        "update",
        store,
        "--name",
        "old",
        "--expires-after-days",
        "3",
        ...inProject,
      ),
    ).toMatchObject([{ name: "old", expires_after: { anchor: "last_active_at", days: 3 } }]);
    for (const args of [
      ["vector-stores", "delete", store, ...inProject],
      ["api-keys", "delete", String(key?.id), "--wait"],
      ["projects", "delete", project, "--wait"],
    ]) {
      expect(await oci.run([...args, "--yes"])).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^deleted /),
      });
    }
  });
});

describe("locus oci vector-stores add", { timeout: 120_000 }, () => {
  it("is interrupted by Ctrl-C, says how to go on, and goes on from there: each file is sent once", async () => {
    const names = Array.from({ length: 300 }, (_, index) => `${index}.md`);
    const name = await folder(Object.fromEntries(names.map((file) => [file, `This is file ${file}.`])));
    const store = await oci.idOf("vector-stores", "create", "many");
    const { child, finished } = oci.start(["vector-stores", "add", store, name]);
    let uploads = 0;
    onUpload = () => {
      uploads += 1;
      if (uploads === 100) child.kill("SIGINT");
    };
    const first = await finished;
    expect(first.stderr).toMatch(
      /interrupted with \d+ files done; the same command again goes on from there/,
    );
    expect(first.stderr).toContain("locus: cancelled");
    expect([first.code, first.stdout]).toEqual([130, ""]);
    expect(uploads).toBeLessThan(300);

    const second = await oci.run(["vector-stores", "add", store, name]);
    expect(second).toMatchObject({ code: 0, stderr: "" });
    const sum = /^(\d+) files added, (\d+) skipped, 0 failed$/.exec(second.stdout.trim());
    expect(Number(sum?.[1]) + Number(sum?.[2])).toBe(300);
    const inStore = await oci.json("vector-stores", "files", store);
    expect(inStore.map(({ attributes }) => (attributes as { path: string }).path).sort()).toEqual(
      names.sort(),
    );
    expect(await oci.json("files", "list")).toHaveLength(300);
  });

  it("goes on after a file that the store cannot take in, names it at the end, and fails", async () => {
    const name = await folder({ "broken.md": "?", "empty.md": "", "fine.md": "All is well." });
    const store = await oci.idOf("vector-stores", "create", "odd");
    const { code, stdout, stderr } = await oci.run(["vector-stores", "add", store, name]);
    expect([code, stdout]).toEqual([1, "1 file added, 1 skipped, 1 failed\n"]);
    expect(stderr).toMatch(new RegExp(`^${name}/broken\\.md: `, "m"));
    expect(stderr).toContain(`${name}/empty.md: left out, because it is empty`);

    const again = await oci.run(["vector-stores", "add", store, name, "--json"]);
    expect(linesOf(again.stdout)).toMatchObject([
      { path: `${name}/broken.md`, status: "failed", error: { message: expect.any(String) } },
      { path: `${name}/empty.md`, status: "skipped", reason: "empty" },
      { path: `${name}/fine.md`, status: "skipped", reason: "unchanged" },
    ]);
    expect((await oci.run(["vector-stores", "files", store, "--failed"])).stdout).toMatch(
      /broken\.md +failed/,
    );
    const waited = await oci.run(["vector-stores", "wait", store]);
    expect(waited).toMatchObject({ code: 1, stdout: "1 file taken in, 1 failed\n" });
    expect(waited.stderr).toMatch(/^broken\.md: /);
  });

  it("takes single files, whatever their names, and folders in part", async () => {
    const name = await folder({
      "a[b].md": "One.",
      "*.md": "Two.",
      "c.md": "Three.",
      "drafts/d.md": "Four.",
    });
    const store = await oci.idOf("vector-stores", "create", "picked");
    const single = await oci.run(["vector-stores", "add", store, `${name}/a[b].md`, `${name}/*.md`]);
    expect(single).toMatchObject({ code: 0, stdout: "2 files added, 0 skipped, 0 failed\n" });
    const part = await oci.run([
      "vector-stores",
      "add",
      store,
      name,
      "--exclude",
      "drafts/**",
      "--exclude",
      "a*",
    ]);
    expect(part).toMatchObject({ code: 0, stdout: "1 file added, 1 skipped, 0 failed\n" });
  });

  it("draws nothing and colours nothing where no terminal is, also on the way to head", async () => {
    const name = await folder({ "a.md": "One." });
    const store = await oci.idOf("vector-stores", "create", "plain");
    for (const args of [
      ["vector-stores", "add", store, name],
      ["vector-stores", "list"],
      ["vector-stores", "search", store, "one"],
    ]) {
      const { stdout, stderr } = await oci.run(args);
      expect(`${stdout}${stderr}`).not.toContain("\u001b");
    }
    const { child, finished } = oci.start(["vector-stores", "list", "--json"]);
    child.stdout.destroy();
    expect(await finished).toMatchObject({ code: 0, stderr: "" });
  });
});
