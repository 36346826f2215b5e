/** `locus emulator`: the emulator's own command, under this one's name. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** Runs it with those arguments; resolves to its exit code. */
export async function emulator(args: readonly string[]): Promise<number> {
  const command = fileURLToPath(new URL("./bin.js", import.meta.resolve("@locus-sdk/oci-emulator")));
  const child = spawn(process.execPath, [command, ...args], { stdio: "inherit" });
  // A terminal sends Ctrl-C to both; the emulator decides when it is over.
  const wait = (): void => undefined;
  const pass = (): void => void child.kill("SIGTERM");
  process.on("SIGINT", wait);
  process.on("SIGTERM", pass);
  try {
    await once(child, "exit");
    return child.exitCode ?? 1;
  } finally {
    process.off("SIGINT", wait);
    process.off("SIGTERM", pass);
  }
}
