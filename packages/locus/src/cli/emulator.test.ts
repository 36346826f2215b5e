// `locus emulator`: the other command, reached through this one.
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { Home } from "../../test/support/locus.ts";

let home: Home;
beforeAll(async () => {
  home = await Home.make();
});
afterAll(() => home[Symbol.asyncDispose]());

const announcement = z.object({ url: z.string(), env: z.record(z.string(), z.string()) });

describe("locus emulator", { timeout: 60_000 }, () => {
  it("serves with the emulator's options until a signal ends it, and locus run can use it", async () => {
    const started = home.start([
      "emulator",
      "--json",
      "--quiet",
      "--config-dir",
      join(home.directory, "oci"),
    ]);
    const [line]: unknown[] = await once(createInterface({ input: started.child.stdout }), "line");
    const { url, env } = announcement.parse(JSON.parse(String(line)));
    expect(env.OCI_ENDPOINT).toBe(url);
    const { code, stdout } = await home.run(["run", "What is 6 * 7?"], { env });
    expect([code, stdout]).toEqual([0, expect.stringContaining("42")]);
    started.child.kill("SIGTERM");
    expect((await started.finished).code).toBe(0);
  });

  it("passes on what the emulator thinks of its options", async () => {
    const { code, stderr } = await home.run(["emulator", "--port", "99999"]);
    expect(stderr).toContain("0 to 65535");
    expect(code).not.toBe(0);
  });
});
