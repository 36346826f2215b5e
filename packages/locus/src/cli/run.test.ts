// `locus run`, as its users run it: a child process, offline or against an emulator that this test holds.
import { once } from "node:events";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { type OciEmulator, startOciEmulator } from "@locus-sdk/oci-emulator";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Home } from "../../test/support/locus.ts";

let home: Home;
let emulator: OciEmulator;
/** The environment of a machine that has OCI. */
let configured: Readonly<Record<string, string>>;

beforeAll(async () => {
  home = await Home.make();
  emulator = await startOciEmulator();
  configured = (await emulator.writeTestConfig(join(home.directory, "oci"))).env;
});
beforeEach(() => emulator.reset());
afterAll(async () => {
  await emulator.close();
  await home[Symbol.asyncDispose]();
});

const umbrella = "Should I take an umbrella in Chicago?";
const bodies = (): readonly unknown[] => emulator.requests.map(({ body }) => body);

describe("locus run, without any OCI configuration", { timeout: 60_000 }, () => {
  it("answers from a tool's result and shows calls and usage beside the answer, not in it", async () => {
    const { code, stdout, stderr } = await home.run(["run", umbrella]);
    expect(stdout).toMatch(/^Here is what the tools say\. .*light rain.*\(offline emulator\)\n$/);
    const lines = stderr.trimEnd().split("\n");
    expect(lines).toHaveLength(5);
    expect(lines[0]).toMatch(/^No OCI configuration found .*rule-made, not a model's\.$/);
    expect(lines[1]).toBe('→ get_weather {"city":"Chicago"}');
    expect(lines[2]).toMatch(/^← get_weather \{"city":"Chicago","condition":"light rain".* \(\d+ ms\)$/);
    expect(lines[3]).toMatch(/^2 iterations · \d+ tokens \(\d+ in, \d+ out\) · \d+ ms · offline emulator$/);
    expect(lines[4]).toMatch(/^thread thread_[-0-9a-f]{36}$/);
    expect(code).toBe(0);
  });

  it("leaves nothing behind in the temporary directory", async () => {
    const temporary = join(home.directory, "tmp");
    await mkdir(temporary);
    await home.run(["run", "What is 17 * 23?"], { env: { TMPDIR: temporary } });
    expect(await readdir(temporary)).toEqual([]);
  });

  it("writes nothing but events to stdout with --json, and nothing but the answer anywhere with --quiet", async () => {
    const json = await home.run(["run", "--json", "What is 17 * 23?"]);
    const events = json.stdout
      .trimEnd()
      .split("\n")
      .map((line): unknown => JSON.parse(line));
    expect(events[0]).toMatchObject({ type: "run_start", sequence: 1 });
    expect(events).toContainEqual(expect.objectContaining({ type: "tool_complete", name: "calculate" }));
    expect(events.at(-1)).toMatchObject({ type: "terminate", reason: "complete" });

    const quiet = await home.run(["run", "--quiet", "What is 17 * 23?"]);
    expect(quiet.stdout).toMatch(/391.*\n$/);
    expect(quiet.stderr).toBe("");
  });

  it("tells all that happens with --pretty, the answer alone on stdout, and not together with --quiet", async () => {
    const { stdout, stderr } = await home.run(["run", "--pretty", "What is 17 * 23?"]);
    expect(stdout).toMatch(/391.*\n$/);
    expect(stderr).toMatch(/^▶ locus What is 17 \* 23\?\n→ .*\n← calculate .*391/ms);
    expect((await home.run(["run", "--pretty", "--quiet", "Hi"])).code).toBe(2);
  });

  it("takes the prompt from stdin, and asks for one where there is none", async () => {
    const piped = await home.run(["run"], { input: "What is 6 * 7?\n" });
    expect(piped.stdout).toContain("42");
    const none = await home.run(["run"]);
    expect(none.stderr).toContain("there is no prompt");
    expect([none.stdout, none.code]).toEqual(["", 2]);
  });

  it("goes on with a thread in another process", async () => {
    const kept = ["--thread", "trip", "--store", join(home.directory, "threads"), "--quiet"];
    await home.run(["run", ...kept, "My name is Ada."]);
    const { stdout } = await home.run(["run", ...kept, "What is my name?"]);
    expect(stdout).toContain("Your name is Ada.");
  });

  it("colours what is beside the answer where that is asked for, and never against NO_COLOR", async () => {
    const forced = await home.run(["run", umbrella], { env: { FORCE_COLOR: "1" } });
    expect(forced.stderr).toContain("\u001b[2m→ get_weather");
    expect(forced.stdout).not.toContain("\u001b[");
    const refused = await home.run(["run", umbrella], { env: { FORCE_COLOR: "1", NO_COLOR: "1" } });
    expect(refused.stderr).not.toContain("\u001b[");
  });
});

describe("locus run, with an OCI configuration", { timeout: 60_000 }, () => {
  it("asks OCI and says nothing about an emulator", async () => {
    emulator.script({ text: "Forty-two." });
    const { code, stdout, stderr } = await home.run(["run", "What is the answer?"], { env: configured });
    expect([code, stdout]).toEqual([0, "Forty-two.\n"]);
    expect(stderr).not.toContain("emulator");
    expect(emulator.generations).toBe(1);
    expect(emulator.violations).toEqual([]);
  });

  it("hands the model what the options say", async () => {
    emulator.script({ text: "Ja." });
    const args = [
      "--system",
      "Answer in German.",
      "--temperature",
      "0.5",
      "--no-tools",
      "--model",
      "oci:meta.llama-4-scout",
    ];
    await home.run(["run", ...args, "Is", "it", "cold?"], { env: configured });
    expect(bodies()).toHaveLength(1);
    expect(bodies()[0]).toMatchObject({
      model: "meta.llama-4-scout",
      temperature: 0.5,
      messages: [
        { role: "system", content: "Answer in German." },
        { role: "user", content: "Is it cold?" },
      ],
    });
    expect(bodies()[0]).not.toHaveProperty("tools");
  });

  it("says what, why and what to do when the run fails, with the request id and without a stack", async () => {
    emulator.script({ error: "NotAuthorizedOrNotFound" });
    const { code, stdout, stderr } = await home.run(["run", "Hello?"], { env: configured });
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^locus: .+$/m);
    expect(stderr).toMatch(/^ {2}hint: .+$/m);
    expect(stderr).toMatch(new RegExp(`^ {2}request id: ${emulator.requests[0]?.id}$`, "m"));
    expect(stderr).not.toMatch(/^\s+at /m);

    emulator.script({ error: "NotAuthorizedOrNotFound" });
    const debug = await home.run(["run", "--debug", "Hello?"], { env: configured });
    expect(debug.stderr).toMatch(/^\s+at /m);
  });

  it("exits with 1 when the run ends without success", async () => {
    const again = { toolCalls: [{ name: "calculate", arguments: { expression: "1+1" } }], times: 9 };
    emulator.script(again);
    const { code, stderr } = await home.run(["run", "--max-iterations", "5", "Add."], { env: configured });
    expect(stderr).toContain("locus: the run ended without success: tool_loop");
    expect(code).toBe(1);
  });

  it("shows the arguments of a call that could not be made", async () => {
    emulator.script({ toolCalls: [{ name: "get_wether", arguments: { city: "Oslo" } }] }, { text: "Sorry." });
    const { code, stderr } = await home.run(["run", "Weather?"], { env: configured });
    expect(stderr).toContain(
      '→ get_wether {"city":"Oslo"}\n← get_wether: there is no tool named "get_wether"',
    );
    expect(code).toBe(0);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("cancels the run on %s, in order, and exits with %d", async (name, expected) => {
    const reached = Promise.withResolvers<void>();
    emulator.script(() => {
      reached.resolve();
      return { text: ["It ", "rains."], faults: [{ type: "stall", after: 1 }] };
    });
    const { child, finished } = home.start(["run", "Weather?"], { env: configured });
    await reached.promise;
    child.kill(name);
    const { code, stderr } = await finished;
    expect(stderr).toContain("locus: cancelled");
    expect(code).toBe(expected);
    await emulator.idle();
    expect(emulator.requests.map(({ aborted }) => aborted)).toEqual([true]);
  });

  it("ends quietly, and the model's answer with it, when nobody reads any more", async () => {
    emulator.script({ text: Array.from({ length: 2000 }, () => "word "), wire: { delayMs: 5 } });
    const { child, finished } = home.start(["run", "Talk."], { env: configured });
    await once(child.stdout, "data");
    child.stdout.destroy();
    const { code, stderr } = await finished;
    expect(stderr).not.toMatch(/EPIPE|cancelled/);
    expect(code).toBe(0);
    await emulator.idle();
    expect(emulator.requests.map(({ aborted }) => aborted)).toEqual([true]);
  });
});

describe("locus, used wrongly", { timeout: 60_000 }, () => {
  it.each([
    [["rnu", "Hello?"], "Did you mean run?"],
    [["run", "--modle", "x", "Hello?"], "Did you mean --model?"],
    [["run", "--model", "ocii:x", "Hello?"], 'did you mean "oci"?'],
    [["run", "--model", "gpt", "Hello?"], 'expected "<provider>:<model id>"'],
    [["run", "--max-iterations", "0", "Hello?"], "from 1 to 500"],
    [["run", "--temperature", "hot", "Hello?"], "from 0 to 2"],
  ])("%j is refused with what would be right", async (args, expected) => {
    const { code, stdout, stderr } = await home.run(args);
    expect(stderr).toContain(expected);
    expect([code, stdout]).toEqual([2, ""]);
  });

  it("explains itself and tells its version", async () => {
    for (const args of [
      ["--help"],
      ["run", "--help"],
      ["chat", "--help"],
      ["help", "run"],
      ["emulator", "--help"],
    ]) {
      const { code, stdout } = await home.run(args);
      expect(stdout).toMatch(/^Usage: /);
      expect(code).toBe(0);
    }
    const { stdout } = await home.run(["--version"]);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
