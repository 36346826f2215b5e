// `locus chat`, with its input from a pipe.
import { join } from "node:path";
import { type OciEmulator, startOciEmulator } from "@locus-sdk/oci-emulator";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Home } from "../../test/support/locus.ts";

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

describe("locus chat", { timeout: 60_000 }, () => {
  it("remembers what was said, until a new conversation begins", async () => {
    const input = ["My name is Ada.", "What is my name?", "/new", "What is my name?", "/exit", "Not read."];
    const { code, stdout } = await home.run(["chat", "--quiet"], { input: input.join("\n") });
    const [hello, known, unknown, ...rest] = stdout.trimEnd().split("\n");
    expect(hello).toContain("Nice to meet you, Ada.");
    expect(known).toContain("Your name is Ada.");
    expect(unknown).toContain("You have not told me your name.");
    expect(rest).toEqual([]);
    expect(code).toBe(0);
  });

  it("keeps a named thread for another time", async () => {
    const kept = ["--store", join(home.directory, "threads")];
    const first = await home.run(["chat", ...kept, "--thread", "trip"], {
      input: "My name is Ada.\n/new\nHello.\n",
    });
    expect(first.stderr).toMatch(/^thread trip\na new conversation\n.*^thread chat_[-0-9a-f]{36}\n$/ms);
    await home.run(["chat", "--quiet", ...kept, "--thread", "trip"], { input: "Thank you.\n" });
    const { stdout, stderr } = await home.run(["chat", ...kept, "--continue"], {
      input: "What is my name?\n",
    });
    expect(stdout).toContain("Your name is Ada.");
    expect(stderr).toMatch(/^thread trip$/m);
  });

  it("lists its commands, and suggests the one that was meant", async () => {
    const { stderr } = await home.run(["chat"], { input: "/halp\n" });
    expect(stderr).toContain('there is no command /halp; did you mean "/help"?');
    expect(stderr).toMatch(/^\/new +begin a new conversation$/m);
  });

  it("goes on after an answer that failed, and says at the end that one did", async () => {
    emulator.script({ error: "NotAuthorizedOrNotFound" }, { text: "Better now." });
    const { code, stdout, stderr } = await home.run(["chat"], { env: configured, input: "One?\nTwo?\n" });
    expect(stderr).toContain("  hint: ");
    expect(stdout).toBe("Better now.\n");
    expect(code).toBe(1);
  });

  it("cancels an answer on Ctrl-C and goes on with the thread; twice, it quits", async () => {
    const reached = Promise.withResolvers<void>();
    emulator.script(
      () => {
        reached.resolve();
        return { delayMs: 600_000 };
      },
      { text: "Here again." },
    );
    const { child, finished, seen } = home.start(["chat"], { env: configured, stdin: "open" });
    child.stdin.write("Are you there?\n");
    await reached.promise;
    child.kill("SIGINT");
    await seen("stderr", "cancelled\nCtrl-C again to quit\n");
    child.stdin.write("And now?\n");
    await seen("stdout", "Here again.");
    await seen("stderr", "1 iteration ");
    child.kill("SIGINT");
    await seen("stderr", " ms\nCtrl-C again to quit\n");
    child.kill("SIGINT");
    expect((await finished).code).toBe(130);
    const last = emulator.requests.at(-1)?.body;
    expect(last).toMatchObject({ messages: [{ content: "Are you there?" }, { content: "And now?" }] });
  });
});
