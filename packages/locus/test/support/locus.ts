/** Runs the built `locus` command as its users do: a process of its own, an environment of its own. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const command = fileURLToPath(new URL("../../dist/bin/locus.js", import.meta.url));

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcessWithoutNullStreams;
  readonly finished: Promise<Finished>;
  /** Resolves when that text has come out of that stream. */
  readonly seen: (stream: "stdout" | "stderr", text: string) => Promise<void>;
}

export interface Setting {
  readonly env?: Readonly<Record<string, string>>;
  /** What stdin holds; nothing by default. */
  readonly input?: string;
}

/** A home without any configuration, for one test file. */
export class Home implements AsyncDisposable {
  readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async make(): Promise<Home> {
    return new Home(await mkdtemp(join(tmpdir(), "locus-test-")));
  }

  /** Starts the command; its stdin stays open where `input` is `"open"`. */
  start(args: readonly string[], setting: Setting & { readonly stdin?: "open" } = {}): Started {
    const child = spawn(process.execPath, [command, ...args], {
      env: { PATH: process.env.PATH, HOME: this.directory, ...setting.env },
      cwd: this.directory,
      stdio: ["pipe", "pipe", "pipe"],
    });
    // A process that ends before it has read its input is what some tests are about.
    child.stdin.on("error", () => undefined);
    if (setting.stdin !== "open") child.stdin.end(setting.input ?? "");
    const heard = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (text: string) => {
        heard[name] += text;
      });
    }
    const finished = once(child, "close").then(() => ({ code: child.exitCode, ...heard }));
    return {
      child,
      finished,
      seen: async (stream, wanted) => {
        while (!heard[stream].includes(wanted)) await once(child[stream], "data");
      },
    };
  }

  run(args: readonly string[], setting: Setting = {}): Promise<Finished> {
    return this.start(args, setting).finished;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }
}
