// Files and containers on the command line: bytes go up and come down as they are.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { linesOf, Oci } from "../../../test/support/oci.ts";

let oci: Oci;
beforeAll(async () => {
  oci = await Oci.make();
});
beforeEach(() => oci.emulator.reset());
afterAll(() => oci[Symbol.asyncDispose]());

const local = (name: string): string => join(oci.home.directory, name);

describe("locus oci files", { timeout: 60_000 }, () => {
  it("uploads, lists, shows, gives back byte for byte, and deletes", async () => {
    const bytes = Uint8Array.from({ length: 200_000 }, (_, index) => (index * 7919) % 256);
    await writeFile(local("data.bin"), bytes);
    await writeFile(local("note.txt"), "Hello.");
    const up = await oci.run(["files", "upload", "data.bin", "note.txt", "--purpose", "user_data"]);
    expect(up.stdout).toMatch(/^file-\w+ {2}data\.bin\nfile-\w+ {2}note\.txt\n$/);
    const [id = ""] = up.stdout.split(" ");

    const listed = await oci.run(["files", "list", "--purpose", "user_data"]);
    expect(listed.stdout).toMatch(new RegExp(`^${id}  data\\.bin  user_data  195\\.3 KiB  \\d{4}-`, "m"));
    expect(await oci.json("files", "list", "--purpose", "batch")).toEqual([]);
    expect((await oci.run(["files", "get", id])).stdout).toMatch(/^bytes +195\.3 KiB$/m);

    await writeFile(local("back.bin"), "something older");
    const written = await oci.run(["files", "content", id, "-o", "back.bin", "--json"]);
    expect(linesOf(written.stdout)).toEqual([{ id, path: "back.bin" }]);
    expect(new Uint8Array(await readFile(local("back.bin")))).toEqual(bytes);
    expect((await readdir(oci.home.directory)).filter((name) => name.endsWith(".part"))).toEqual([]);
    const note = up.stdout.split("\n")[1]?.split(" ")[0] ?? "";
    expect((await oci.run(["files", "content", note])).stdout).toBe("Hello.\n".trim());

    expect((await oci.run(["files", "delete", id, note, "--yes"])).stdout).toBe(
      `deleted ${id}\ndeleted ${note}\n`,
    );
    expect(await oci.json("files", "list")).toEqual([]);
  });

  it("goes on after a file that cannot be sent, and fails", async () => {
    await writeFile(local("fine.txt"), "Fine.");
    const { code, stdout, stderr } = await oci.run(["files", "upload", "nowhere.txt", "fine.txt"]);
    expect(stdout).toMatch(/^file-\w+ {2}fine\.txt\n$/);
    expect(stderr).toMatch(/^nowhere\.txt: .*cannot be read/);
    expect(code).toBe(1);
  });
});

describe("locus oci containers", { timeout: 60_000 }, () => {
  it("makes one with files, adds to it, downloads from it over nothing that is there, and deletes it", async () => {
    await writeFile(local("sales.csv"), "month,sales\n1,2\n");
    await writeFile(local("more.csv"), "month,sales\n2,3\n");
    const made = await oci.run(["containers", "create", "sales", "--memory", "4g", "--file", "sales.csv"]);
    expect(made.stdout).toMatch(/^memory_limit +4g$/m);
    expect(made.stdout).toMatch(/^files\.0\.path +\/mnt\/data\/sales\.csv$/m);
    const id = /^id +(\S+)$/m.exec(made.stdout)?.[1] ?? "";
    expect((await oci.run(["containers", "list"])).stdout).toMatch(
      new RegExp(`^${id}  sales~[0-9a-f]{12}  running  4g `, "m"),
    );

    expect(await oci.json("containers", "upload", id, "more.csv")).toMatchObject([
      { path: "/mnt/data/more.csv" },
    ]);
    expect((await oci.run(["containers", "files", id])).stdout).toMatch(/\/mnt\/data\/more\.csv +user +16 B/);
    expect(await oci.run(["containers", "download", id, "-d", "out"])).toMatchObject({
      code: 0,
      stdout: "",
      stderr: expect.stringContaining("--all"),
    });
    const down = await oci.run(["containers", "download", id, "--all", "-d", "out"]);
    expect(down.stdout.split("\n").sort()).toEqual(["", "out/more.csv  16 B", "out/sales.csv  16 B"]);
    expect(await readFile(local("out/sales.csv"), "utf8")).toBe("month,sales\n1,2\n");
    const again = await oci.run(["containers", "download", id, "--all", "-d", "out"]);
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining("is there already") });
    expect(await oci.json("containers", "download", id, "--all", "-d", "out", "--overwrite")).toHaveLength(2);

    expect(await oci.json("containers", "delete", id, "--yes")).toEqual([{ id, deleted: true }]);
    expect(await oci.run(["containers", "get", id])).toMatchObject({ code: 1 });
  });
});
