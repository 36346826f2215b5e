/** Runs a snippet as a reader would: in a Node process of its own, with the emulator in the place of OCI. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startOciEmulator } from "@locus-sdk/oci-emulator";

/** What came of a run. */
export interface Ran {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs modules until it is disposed of. */
export interface Runner extends AsyncDisposable {
  run(module: string): Promise<Ran>;
}

/** So long a snippet may take; the slowest takes a few seconds. */
const TIMEOUT_MS = 60_000;

/** Starts an emulator that the snippets find through their environment. */
export async function startRunner(): Promise<Runner> {
  const directory = await mkdtemp(join(tmpdir(), "locus-docs-"));
  const emulator = await startOciEmulator();
  const { env } = await emulator.writeTestConfig(join(directory, "oci"));
  let count = 0;
  return {
    run: async (module) => {
      // Each has a directory of its own to leave files in.
      const cwd = join(directory, `run-${++count}`);
      await mkdir(cwd);
      const cache = { NODE_COMPILE_CACHE: join(directory, "cache") };
      return runNode(module, cwd, { ...ownEnvironment(), ...env, ...cache, HOME: directory });
    },
    [Symbol.asyncDispose]: async () => {
      await emulator.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** This process's environment without what would point a snippet at a real service. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const foreign = /^(?:OCI|LOCUS|OPENAI|ANTHROPIC|OLLAMA|VITEST|NODE_OPTIONS|NODE_ENV)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}

async function runNode(module: string, cwd: string, env: NodeJS.ProcessEnv): Promise<Ran> {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", module], {
    cwd,
    env,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: TIMEOUT_MS,
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  await once(child, "close");
  return { exitCode: child.exitCode, stdout, stderr };
}
