// `locus oci` as somebody meets it: help, slips of the finger, nothing there yet.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Oci } from "../../../test/support/oci.ts";

let oci: Oci;
beforeAll(async () => {
  oci = await Oci.make();
});
afterAll(() => oci[Symbol.asyncDispose]());

const GROUPS = [
  "projects",
  "api-keys",
  "vector-stores",
  "files",
  "containers",
  "semantic-stores",
  "endpoints",
  "clusters",
  "work-requests",
];

describe("locus oci", { timeout: 60_000 }, () => {
  it("lists its groups, and needs one of them", async () => {
    const { code, stdout } = await oci.run(["--help"]);
    for (const group of [...GROUPS, "models"]) expect(stdout).toMatch(new RegExp(`^ {2}${group} `, "m"));
    expect(code).toBe(0);
    expect((await oci.run([])).code).toBe(2);
  });

  it("shows an example in the help of each command", async () => {
    const { code, stdout } = await oci.run(["vector-stores", "add", "--help"]);
    expect(stdout).toMatch(/Example:\n {2}locus oci vector-stores add vs_1 \.\/handbook/);
    expect(stdout).toContain("--project <ocid>");
    expect(code).toBe(0);
  });

  it.each([
    [["projcts", "list"], "Did you mean projects?"],
    [["projects", "lst"], "Did you mean list?"],
    [["projects", "list", "--jsn"], "Did you mean --json?"],
    [["projects", "list", "--state", "ACTVE"], 'did you mean "ACTIVE"?'],
    [["projects", "update", "ocid1.x"], "nothing to change"],
    [["projects", "create", "x", "--responses-retention-hours", "soon"], "whole number"],
    [["api-keys", "create", "x", "--expires", "2001-01-01"], "in the past"],
    [["files", "upload", "x", "--purpose", "fun"], "assistants, user_data"],
    [["vector-stores", "add", "vs_1", "nowhere"], "no file or folder nowhere"],
    [["projects", "delete", "ocid1.x"], "give --yes"],
  ])("takes %j for wrong usage, says what is right, and asks nothing of OCI", async (args, wanted) => {
    const before = oci.emulator.requests.length;
    const { code, stdout, stderr } = await oci.run(args);
    expect(stderr).toContain(wanted);
    expect([code, stdout, oci.emulator.requests.length]).toEqual([2, "", before]);
  });

  it.each(GROUPS)("says on stderr that there are no %s", async (group) => {
    const { code, stdout, stderr } = await oci.run([group, "list"]);
    expect(stderr).toContain(`There are no ${group.replaceAll("-", " ")} here`);
    expect([code, stdout]).toEqual([0, ""]);
  });

  it("tells what failed with a hint and the request's id", async () => {
    for (const args of [
      ["projects", "get", "ocid1.generativeaiproject.oc1..nobody"],
      ["vector-stores", "get", "vs_nobody"],
    ]) {
      const { code, stdout, stderr } = await oci.run(args);
      expect(stderr).toMatch(/locus: .* answered 404/);
      expect(stderr).toMatch(/hint: OCI does not say which/);
      expect(stderr).toMatch(/request id: \w+/);
      expect([code, stdout]).toEqual([1, ""]);
    }
  });

  it("has the models as well", async () => {
    const { stdout } = await oci.run(["models", "--vendor", "cohere"]);
    expect(stdout).toMatch(/^MODEL +VENDOR +CAPABILITIES +TRANSPORT/);
  });

  it("is not loaded where it is not used", async () => {
    // Tells on stderr of each module that is loaded.
    const hooks = `import { registerHooks } from "node:module";
      registerHooks({ load: (url, context, next) => (process.stderr.write(url + "\\n"), next(url, context)) });`;
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(hooks)}` };
    const { stderr } = await oci.home.run(["run", "--quiet", "What is 17 * 23?"], {
      env: { ...oci.env, ...env },
    });
    // As `tsc -b` calls it, and as a bundle does.
    expect(stderr).toMatch(/\/(cli\/run|chunks\/run-\w+)\.js$/m);
    expect(stderr).not.toMatch(/cli-table3|cli-progress|\/cli\/oci\//);
    expect((await oci.run(["models"], env)).stderr).toMatch(/cli-table3/);
  });
});
