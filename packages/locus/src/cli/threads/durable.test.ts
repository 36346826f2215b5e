// Runs that outlive their process: continued, killed and resumed, waiting for an answer, cancelled.
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { type OciEmulator, startOciEmulator } from "@locus-sdk/oci-emulator";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Home, type Setting } from "../../../test/support/locus.ts";
import { linesOf } from "../../../test/support/oci.ts";

let home: Home;
let emulator: OciEmulator;
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

const locus = (args: readonly string[], { env = {}, ...setting }: Setting = {}) =>
  home.run(args, { ...setting, env: { ...configured, ...env } });

const eventsOf = async (thread: string): Promise<readonly Record<string, unknown>[]> =>
  linesOf((await locus(["threads", "show", thread, "--events"])).stdout);

const clock = { toolCalls: [{ name: "current_time", arguments: { timeZone: "UTC" } }] };
const weather = { toolCalls: [{ name: "get_weather", arguments: { city: "Chicago" } }] };

/** Kills the process by itself in the middle of `current_time`. */
const deadly = `data:text/javascript,${encodeURIComponent(
  'Date.prototype.toLocaleString=()=>{process.kill(process.pid,"SIGKILL");for(;;);}',
)}`;

describe("a run outlives its process", { timeout: 90_000 }, () => {
  it("and the next one goes on with it, by name, or as the one written to last", async () => {
    emulator.script({ text: "Hello, Ada." }, { text: "Ada." }, { text: "Ada, still." });
    await locus(["run", "--thread", "names", "My name is Ada."]);
    await locus(["run", "--thread", "names", "What is my name?"]);
    const { stdout, stderr } = await locus(["run", "--continue", "And now?"]);
    expect(stdout).toBe("Ada, still.\n");
    expect(stderr).toMatch(/^thread names$/m);
    expect(emulator.requests.at(-1)?.body).toMatchObject({
      messages: [
        { content: "My name is Ada." },
        { content: "Hello, Ada." },
        { content: "What is my name?" },
        { content: "Ada." },
        { content: "And now?" },
      ],
    });
  });

  it("in a file for its owner alone, where XDG_DATA_HOME or LOCUS_STORE say", async () => {
    const file = join(home.directory, ".locus", "threads.db");
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(join(file, ".."))).mode & 0o777).toBe(0o700);
    const data = join(home.directory, "data");
    await locus(["run", "Hello."], { env: { XDG_DATA_HOME: data } });
    expect((await stat(join(data, "locus", "threads.db"))).mode & 0o777).toBe(0o600);
    await locus(["run", "Hello."], { env: { XDG_DATA_HOME: data, LOCUS_STORE: "here.sqlite" } });
    expect((await stat(join(home.directory, "here.sqlite"))).isFile()).toBe(true);
    await locus(["run", "Hello."], {
      env: { LOCUS_STORE: "none", XDG_DATA_HOME: join(home.directory, "no") },
    });
    await expect(stat(join(home.directory, "no"))).rejects.toThrow("ENOENT");
  });

  it("and goes on after it was killed in the middle of a tool", async () => {
    emulator.script(clock, { text: "It is noon." });
    const killed = await locus(["run", "--thread", "killed", "What time is it?"], {
      env: { NODE_OPTIONS: `--import=${deadly}` },
    });
    expect([killed.code, killed.stdout]).toEqual([null, ""]);
    expect((await eventsOf("killed")).map(({ type }) => type)).toEqual([
      "run_start",
      "model_complete",
      "tool_start",
    ]);
    const { code, stdout } = await locus(["run", "--resume", "kill"]);
    expect([code, stdout]).toEqual([0, "It is noon.\n"]);
    expect(emulator.generations).toBe(2);
    expect((await eventsOf("killed")).at(-1)).toMatchObject({ type: "terminate", reason: "complete" });

    const again = await locus(["run", "--resume", "killed"]);
    expect([again.code, again.stdout, emulator.generations]).toEqual([0, "It is noon.\n", 2]);
    expect(again.stderr).toContain("that run was over already");
  });

  it("and waits for an approval that comes from another process", async () => {
    emulator.script(weather, { text: "Take one." });
    const waiting = await locus(["run", "--ask", "--thread", "approval", "An umbrella?"]);
    expect([waiting.code, waiting.stdout]).toEqual([1, ""]);
    expect(waiting.stderr).toContain('get_weather {"city":"Chicago"}');
    const [, told = ""] = /^ {2}locus (run --resume .*)$/m.exec(waiting.stderr) ?? [];
    expect(told).toMatch(/^run --resume approval --answer int_\S+=yes --ask$/);

    const unanswered = await locus(["run", "--resume", "approval", "--ask"]);
    expect([unanswered.code, unanswered.stdout]).toEqual([1, ""]);
    expect(unanswered.stderr).toContain(`  locus ${told}\n`);

    const { code, stdout, stderr } = await locus(told.split(" "));
    expect([code, stdout]).toEqual([0, "Take one.\n"]);
    expect(stderr).toContain('→ get_weather {"city":"Chicago"}');
  });

  it("and takes a no with its reason, or other arguments, for an answer", async () => {
    const answerTo = async (thread: string, answer: string) => {
      emulator.script(weather, { text: "Well." });
      await locus(["run", "--ask", "--thread", thread, "An umbrella?"]);
      const question = (await eventsOf(thread)).find(({ type }) => type === "interrupt");
      const done = await locus([
        "run",
        "--resume",
        thread,
        "--answer",
        `${String(question?.interruptId)}=${answer}`,
      ]);
      expect([done.code, done.stdout]).toEqual([0, "Well.\n"]);
      return (await eventsOf(thread)).find(({ type }) => type === "tool_complete");
    };
    expect(await answerTo("no", "no, it costs too much")).toMatchObject({
      source: "denied",
      error: { message: expect.stringContaining("it costs too much") },
    });
    expect(await answerTo("other", '{"approved":true,"arguments":{"city":"Oslo"}}')).toMatchObject({
      result: { city: "Oslo" },
    });
  });

  it("and is ended, not without a word, where a prompt comes instead of an answer", async () => {
    emulator.script(weather, { text: "Never mind." });
    await locus(["run", "--ask", "--thread", "left", "An umbrella?"]);
    const { code, stderr } = await locus(["run", "--thread", "left", "Forget it."]);
    expect(stderr).toContain("the thread's last run waited for an answer; this prompt ends it unanswered");
    expect(code).toBe(0);
  });

  it("is cancelled by Ctrl-C and on record as that", async () => {
    const reached = Promise.withResolvers<void>();
    emulator.script(() => {
      reached.resolve();
      return { text: ["It ", "rains."], faults: [{ type: "stall", after: 1 }] };
    });
    const { child, finished } = home.start(["run", "--thread", "stopped", "Weather?"], { env: configured });
    await reached.promise;
    child.kill("SIGINT");
    const { code, stderr } = await finished;
    expect(stderr).toMatch(/^thread stopped$/m);
    expect(code).toBe(130);
    expect((await eventsOf("stopped")).at(-1)).toMatchObject({ type: "terminate", reason: "cancelled" });
  });
});

describe("a thread that cannot be gone on with", { timeout: 60_000 }, () => {
  it.each([
    [["run", "--resume", "nowhere"], 1, 'there is no thread "nowhere" in ~/.locus/threads.db'],
    [["run", "--resume", "names", "What?"], 2, "--resume goes on with a run and takes no prompt"],
    [["run", "--answer", "int_1=yes", "What?"], 2, "--answer needs --resume"],
    [["run", "--resume", "names", "--thread", "names"], 2, "cannot be used with option '-t, --thread <id>'"],
    [["run", "--continue", "--store", "empty.db", "What?"], 1, "there is no thread to go on with in"],
    [["run", "--store", "postgres://localhost", "What?"], 2, "is no place for threads: expected a file"],
  ])("%j ends with %d and says why", async (args, expected, why) => {
    const { code, stdout, stderr } = await locus(args);
    expect(stderr).toContain(why);
    expect([code, stdout]).toEqual([expected, ""]);
    await expect(stat(join(home.directory, "empty.db"))).rejects.toThrow("ENOENT");
  });

  it("is not looked for in a file of another kind", async () => {
    const file = join(home.directory, "notes.txt");
    await locus(["threads", "export", "names", "-o", file]);
    const { code, stderr } = await locus(["run", "--store", file, "What?"]);
    expect(stderr).toContain("is a file whose name says nothing about SQLite");
    expect(code).toBe(2);
  });
});
