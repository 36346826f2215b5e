// The command as its users run it: a child process.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { ConfigFileAuthenticationDetailsProvider } from "oci-common";
import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { model, say, signedFetch, temporaryDirectory } from "../../test/support/client.ts";

const bin = fileURLToPath(new URL("../bin.ts", import.meta.url));

interface Run {
  readonly child: ChildProcess;
  /** Lines of stdout and stderr, in order of arrival. */
  readonly out: AsyncIterator<string>;
  readonly errors: string[];
  readonly exit: Promise<number | null>;
}

function run(...args: readonly string[]): Run {
  const child = spawn(process.execPath, [bin, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const errors: string[] = [];
  createInterface({ input: child.stderr }).on("line", (line) => errors.push(line));
  const out = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return { child, out, errors, exit: once(child, "close").then(([code]) => code as number | null) };
}

const line = async ({ out }: Run): Promise<string> => String((await out.next()).value);

describe("locus-oci-emulator", () => {
  it("serves with the configuration it wrote, logs a line a request, and stops on SIGTERM", async () => {
    await using directory = await temporaryDirectory();
    const script = path.join(directory.path, "script.json");
    await writeFile(script, '[{ "text": "from the script" }]');
    const started = run("--json", "--config-dir", directory.path, "--script", script);
    try {
      const ready = JSON.parse(await line(started)) as {
        url: string;
        controlUrl: string;
        env: Record<string, string>;
      };
      expect(ready.env.OCI_ENDPOINT).toBe(ready.url);
      const client = new OpenAI({
        apiKey: "unused",
        maxRetries: 0,
        baseURL: `${ready.env.OCI_ENDPOINT}/openai/v1`,
        fetch: signedFetch(
          new ConfigFileAuthenticationDetailsProvider(ready.env.OCI_CONFIG_FILE, ready.env.OCI_PROFILE),
          ready.env.OCI_COMPARTMENT,
        ),
      });
      const first = await client.chat.completions.create({ model, messages: say("Hi") });
      const second = await client.chat.completions.create({ model, messages: say("Hi") });
      expect(first.choices[0]?.message.content).toBe("from the script");
      expect(second.choices[0]?.message.content).toContain("(offline emulator)");
      expect((await fetch(ready.controlUrl)).status).toBe(401);
    } finally {
      started.child.kill("SIGTERM");
    }
    expect(await started.exit).toBe(0);
    expect(
      started.errors.map((text) => JSON.parse(text) as { status: number }).map(({ status }) => status),
    ).toEqual([200, 200, 401]);
  });

  it("prints what to export, in words a shell takes", async () => {
    await using directory = await temporaryDirectory();
    const started = run("--config-dir", directory.path, "--quiet");
    const lines: string[] = [];
    while (!lines.at(-1)?.startsWith("export OCI_ENDPOINT=")) lines.push(await line(started));
    started.child.kill("SIGINT");
    expect(await started.exit).toBe(0);
    expect(lines).toContain(`export OCI_CONFIG_FILE='${path.join(directory.path, "config")}'`);
    expect(started.errors).toEqual([]);
  });

  it("explains itself, and refuses what it does not understand", async () => {
    const help = run("--help");
    expect(await line(help)).toMatch(/^Usage: locus-oci-emulator/);
    expect(await help.exit).toBe(0);
    const wrong = run("--port", "99999");
    expect(await wrong.exit).toBe(1);
    expect(wrong.errors.join("\n")).toMatch(/0 to 65535/);
    const missing = run("--script", "nowhere.json");
    expect(await missing.exit).toBe(1);
    expect(missing.errors.join("\n")).toMatch(/Cannot read the script/);
  });
});
