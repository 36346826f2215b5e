/** Runs a command to its end and resolves to what it printed. */
import { execFile } from "node:child_process";

/** @throws Error with the end of what the command said where it failed. */
export function execute(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { ...options, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else
        reject(
          new Error(
            `${command} ${args[0] ?? ""}: ${`${stdout}${stderr}`.trim().slice(-600) || error.message}`,
          ),
        );
    });
  });
}
