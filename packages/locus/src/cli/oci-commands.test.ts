// `locus doctor` and `locus models`: as a person runs them, against the emulator.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type OciEmulator, startOciEmulator, type TestConfig } from "@locus-sdk/oci-emulator";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Home } from "../../test/support/locus.ts";

let home: Home;
let emulator: OciEmulator;
let config: TestConfig;
beforeAll(async () => {
  home = await Home.make();
  emulator = await startOciEmulator();
  config = await emulator.writeTestConfig(mkdtempSync(join(tmpdir(), "locus-commands-")));
});
beforeEach(() => emulator.reset());
afterAll(async () => {
  await emulator.close();
  await home[Symbol.asyncDispose]();
});

const env = () => ({ ...config.env, OCI_CONTROL_ENDPOINT: emulator.controlUrl });

describe("locus doctor", { timeout: 60_000 }, () => {
  it("has a line for every check and succeeds where all is well, asking no model unless told to", async () => {
    const { code, stdout } = await home.run(["doctor"], { env: env() });
    expect(stdout.split("\n").map((line) => line.split(/\s+/)[1])).toEqual(
      expect.arrayContaining([
        "configuration",
        "credentials",
        "clock",
        "region",
        "authentication",
        "compartment",
        "streaming",
      ]),
    );
    expect([code, emulator.generations]).toEqual([0, 0]);
  });

  it("asks the model it is given, plain and streamed", async () => {
    const { code, stdout } = await home.run(["doctor", "--model", "openai.gpt-oss-120b"], { env: env() });
    expect(stdout).toMatch(/✓ model/);
    expect(stdout).toMatch(/✓ streaming/);
    expect([code, emulator.generations]).toEqual([0, 2]);
  });

  it("fails with the cause and the cure, skips what rests on it, and speaks JSON", async () => {
    const { code, stdout } = await home.run(["doctor", "--profile", "NOWHERE", "--json"], { env: env() });
    const checks: { name: string; status: string; detail: string }[] = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(checks[0]).toMatchObject({
      name: "configuration",
      status: "fail",
      detail: expect.stringContaining("NOWHERE"),
    });
    expect(checks.slice(1).every(({ status }) => status === "skipped")).toBe(true);
    expect(code).toBe(1);
  });
});

describe("locus models", { timeout: 60_000 }, () => {
  it("lists what the compartment is offered, with the transport each would take", async () => {
    const { code, stdout } = await home.run(["models"], { env: env() });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^MODEL +VENDOR +CAPABILITIES +TRANSPORT/);
    expect(stdout).toMatch(/cohere\.command-\S+ +cohere .*\bsdk\b/i);
    expect(stdout).toMatch(/openai\.gpt-oss-120b .*\bv1\b/);
  });

  it("filters, and writes one object a line with --json", async () => {
    const { stdout } = await home.run(["models", "--vendor", "cohere", "--json"], { env: env() });
    const vendors = stdout
      .trim()
      .split("\n")
      .map((line): unknown => JSON.parse(line).vendor);
    expect(new Set(vendors)).toEqual(new Set(["cohere"]));
  });

  it("says what is missing where nothing is configured", async () => {
    const { code, stderr } = await home.run(["models"], {});
    expect(code).toBe(1);
    expect(stderr).toMatch(/config/);
  });
});
