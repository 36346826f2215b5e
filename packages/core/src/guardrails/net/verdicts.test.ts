/** Where a URL or a path may lead: by its spelling, by what the DNS says, and by links on the disk. */
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ConfigurationError } from "../../errors/errors.ts";
import { checkPath, checkUrl, type PathPolicy, type UrlPolicy } from "../verdicts.ts";

const urlCode = async (url: string, policy?: UrlPolicy): Promise<string> => {
  const verdict = await checkUrl(url, policy);
  return verdict.ok ? "ok" : verdict.code;
};

describe("checkUrl", () => {
  test.each<[string, UrlPolicy, string]>([
    ["http://127.0.0.1:8080/", { allowPrivate: true }, "ok"],
    ["http://localhost:8080/", { hosts: ["localhost"] }, "ok"],
    ["http://10.0.0.7/", { hosts: ["10.*"] }, "private"],
    ["https://api.example.com/", { hosts: ["*.example.com"] }, "ok"],
    ["https://example.com.evil.example/", { hosts: ["example.com"] }, "host"],
    ["https://EXAMPLE.com./", { denyHosts: ["example.com"] }, "host"],
    ["https://example.com:22/", { ports: [80, 443] }, "port"],
    ["https://example.com/", { ports: [443] }, "ok"],
    ["ftp://example.com/", { schemes: ["ftp"] }, "ok"],
    ["https://evil.com/", { denyHosts: ["EVIL.com"] }, "host"],
    ["https://evil.com/", { denyHosts: ["evil.com."] }, "host"],
    ["https://xn--exmple-cua.com/", { denyHosts: ["ex\u00e4mple.com"] }, "host"],
    ["https://a.xn--exmple-cua.com/", { denyHosts: ["*.ex\u00e4mple.com"] }, "host"],
    ["https://[2606:4700::1]/", { denyHosts: ["2606:4700:0::1"] }, "host"],
    ["https://[2606:4700::1]/", { denyHosts: ["2606:4700:*"] }, "host"],
    ["https://[2606:4700::1]/", { hosts: ["[2606:4700::1]"] }, "ok"],
    ["http://127.0.0.1/", { hosts: ["0x7f.1"] }, "ok"],
    ["/relative", {}, "invalid"],
    ["https://ada:pw1@example.com/", {}, "credentials"],
  ])("%s under %j is %s", async (url, policy, code) => {
    expect(await urlCode(url, policy)).toBe(code);
  });

  test.each(["https://example.com", "example.com:80", "a b", "example.com/x", "", "ex\u00e4*.com"])(
    "%j is no host to allow or deny",
    async (host) => {
      await expect(checkUrl("https://example.com/", { denyHosts: [host] })).rejects.toThrow(
        ConfigurationError,
      );
    },
  );

  test("a name is refused where any of its addresses is private, and where it has none", async () => {
    const resolve = (host: string) =>
      host === "mixed.example"
        ? ["93.184.216.34", "::ffff:10.0.0.1"]
        : host === "none.example"
          ? []
          : ["93.184.216.34"];
    expect(await urlCode("https://mixed.example/", { resolve })).toBe("private");
    expect(await urlCode("https://none.example/", { resolve })).toBe("unresolved");
    expect(await checkUrl("https://good.example/", { resolve })).toMatchObject({
      ok: true,
      addresses: ["93.184.216.34"],
    });
    const failing = () => Promise.reject(new Error("ENOTFOUND"));
    expect(await urlCode("https://good.example/", { resolve: failing })).toBe("unresolved");
  });

  test("a lookup ends with its signal", async () => {
    const controller = new AbortController();
    const looking = checkUrl("https://slow.example/", {
      resolve: () => new Promise(() => undefined),
      signal: controller.signal,
    });
    controller.abort(new Error("enough"));
    await expect(looking).rejects.toThrow("enough");
  });

  test("a reason never quotes what was given", async () => {
    const verdict = await checkUrl("https://ada:hunter2@10.0.0.1/secret");
    expect(JSON.stringify(verdict)).not.toMatch(/ada|hunter2|10\.0|secret/);
  });
});

test.each([undefined, null, 5, {}, Object.create(null), Symbol("x")])(
  "%o is refused and not thrown about",
  async (given) => {
    expect(await checkUrl(given as string)).toMatchObject({ ok: false, code: "invalid" });
    expect(await checkPath(given as string)).toMatchObject({ ok: false, code: "invalid" });
  },
);

describe("checkPath", () => {
  let root: string;
  beforeAll(async () => {
    root = await realpath(await mkdtemp(join(tmpdir(), "locus-paths-")));
    await mkdir(join(root, "files", "sub"), { recursive: true });
    await writeFile(join(root, "outside.txt"), "secret");
    await symlink(join(root, "outside.txt"), join(root, "files", "link.txt"));
    await symlink(root, join(root, "files", "up"));
    await symlink(join(root, "files", "sub"), join(root, "files", "inner"));
    await symlink("round", join(root, "files", "round"));
  });
  afterAll(() => rm(root, { recursive: true }));

  const pathCode = async (
    path: string,
    policy: PathPolicy = { roots: [join(root, "files")] },
  ): Promise<string> => {
    const verdict = await checkPath(path, policy);
    return verdict.ok ? "ok" : verdict.code;
  };

  test.each([
    ["new/deep/file.txt", "ok"],
    ["sub/../a.txt", "ok"],
    ["inner/a.txt", "ok"],
    ["../outside.txt", "outside"],
    ["../files-2/a.txt", "outside"],
    ["/etc/passwd", "outside"],
    ["link.txt", "link"],
    ["up/outside.txt", "link"],
    ["up/new.txt", "link"],
    ["round", "link"],
    ["round/x", "link"],
    ["x".repeat(300), "invalid"],
    ["a/".repeat(3000), "invalid"],
    [`${"./".repeat(2049)}../outside.txt`, "outside"],
    [`${"a/".repeat(2100)}${"../".repeat(2101)}outside.txt`, "outside"],
    ["", "invalid"],
    ["a\u0000.txt", "traversal"],
    ["%2e%2e/outside.txt", "traversal"],
    ["..\\outside.txt", "traversal"],
    ["~/x", "traversal"],
  ])("%j is %s", async (path, code) => {
    expect(await pathCode(path)).toBe(code);
  });

  test("an absolute path inside of a root is one unless that is not wanted, and links in it are followed", async () => {
    const given = join(root, "files", "inner", "a.txt");
    expect(await checkPath(given, { roots: [join(root, "files")] })).toEqual({
      ok: true,
      path: join(root, "files", "sub", "a.txt"),
    });
    expect(await pathCode(given, { roots: [join(root, "files")], allowAbsolute: false })).toBe("absolute");
  });
});
