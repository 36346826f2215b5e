// What the command does: start, say where, log a line a request, stop on a signal.
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { offline } from "../answers/offline/index.ts";
import { readScript } from "../answers/script-file.ts";
import { scripted } from "../answers/scripted.ts";
import type { AnswerSource } from "../answers/source.ts";
import { upstream } from "../answers/upstream.ts";
import type { TestConfig } from "../config/write-test-config.ts";
import { startOciEmulator } from "../emulator.ts";
import { EmulatorError } from "../errors.ts";
import type { JournalEntry } from "../journal.ts";

interface CommandOptions {
  readonly port: number;
  readonly controlPort: number;
  readonly configDir?: string;
  readonly upstream?: string;
  readonly upstreamModel?: string;
  readonly script?: string;
  readonly json?: true;
  readonly quiet?: true;
}

function port(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535) {
    throw new InvalidArgumentError("A port is a number from 0 to 65535.");
  }
  return value;
}

const program = (): Command =>
  new Command("locus-oci-emulator")
    .description(
      "OCI Generative AI on 127.0.0.1: verifies signatures, answers by rules, a script or another server.",
    )
    .option("--port <number>", "port of the data plane, 0 for a free one", port, 0)
    .option("--control-port <number>", "port of the control plane, 0 for a free one", port, 0)
    .option(
      "--config-dir <dir>",
      "write an OCI config directory there and print the environment that uses it",
    )
    .option(
      "--upstream <baseURL>",
      "take answers from an OpenAI-compatible server, such as http://127.0.0.1:11434/v1",
    )
    .option("--upstream-model <id>", "model to ask the upstream for, whatever the client asks for")
    .option("--script <file>", "play the turns of a JSON file, then go on with the other answers")
    .option("--json", "print JSON, one object a line")
    .option("--quiet", "do not log requests")
    .exitOverride();

/** Runs the command until a signal ends it; resolves to the exit code. */
export async function runCommand(args: readonly string[]): Promise<number> {
  try {
    const command = program().parse([...args], { from: "user" });
    await serve(command.opts<CommandOptions>());
    return 0;
  } catch (error) {
    // Commander has printed its own message, or the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode;
    if (!(error instanceof EmulatorError)) throw error;
    process.stderr.write(`locus-oci-emulator: ${error.message}\n`);
    return 1;
  }
}

async function answersOf(options: CommandOptions): Promise<AnswerSource> {
  // The upstream's key comes from the environment: arguments are visible to every user of the machine.
  const apiKey = process.env.LOCUS_UPSTREAM_API_KEY;
  const rest =
    options.upstream === undefined
      ? offline()
      : upstream(options.upstream, {
          ...(apiKey === undefined ? {} : { apiKey }),
          ...(options.upstreamModel === undefined ? {} : { model: options.upstreamModel }),
        });
  return options.script === undefined
    ? rest
    : scripted(await readScript(options.script), { afterwards: rest });
}

async function serve(options: CommandOptions): Promise<void> {
  const stopped = untilSignal();
  try {
    await using emulator = await startOciEmulator({
      port: options.port,
      controlPort: options.controlPort,
      answers: await answersOf(options),
      ...(options.upstream === undefined ? {} : { models: "any" as const }),
      ...(options.quiet ? {} : { onRequest: (entry) => logRequest(entry, options.json === true) }),
    });
    const config =
      options.configDir === undefined ? undefined : await emulator.writeTestConfig(options.configDir);
    announce(emulator, config, options.json === true);
    await stopped.promise;
  } finally {
    stopped.dispose();
  }
}

function announce(
  emulator: { readonly url: string; readonly controlUrl: string },
  config: TestConfig | undefined,
  asJson: boolean,
): void {
  const { url, controlUrl } = emulator;
  const env = config?.env ?? {};
  if (asJson) {
    process.stdout.write(`${JSON.stringify({ url, controlUrl, env, apiKey: config?.apiKey.secrets[0] })}\n`);
    return;
  }
  process.stdout.write(
    `OCI Generative AI emulator\n  data plane     ${url}\n  control plane  ${controlUrl}\n`,
  );
  if (config === undefined) {
    process.stdout.write(
      "Without --config-dir nobody has credentials: every request is answered with 401.\n",
    );
    return;
  }
  const lines = Object.entries(env).map(
    ([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'\n`,
  );
  process.stdout.write(lines.join(""));
}

function logRequest(entry: JournalEntry, asJson: boolean): void {
  const { method, target, status, durationMs, principal, refusal, charged, aborted, cut, id, plane } = entry;
  if (asJson) {
    const line = {
      method,
      target,
      status,
      durationMs,
      principal: principal?.kind,
      refusal,
      charged,
      aborted,
      cut,
      id,
      plane,
    };
    process.stderr.write(`${JSON.stringify(line)}\n`);
    return;
  }
  const end = aborted ? " aborted by the client" : cut ? " cut" : "";
  const why = refusal === undefined ? "" : ` (${refusal})`;
  process.stderr.write(
    `${method} ${target} ${status ?? "-"} ${Math.round(durationMs ?? 0)} ms${end}${why}\n`,
  );
}

function untilSignal(): { readonly promise: Promise<void>; dispose(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  process.once("SIGINT", resolve);
  process.once("SIGTERM", resolve);
  return {
    promise,
    dispose: () => {
      process.off("SIGINT", resolve);
      process.off("SIGTERM", resolve);
    },
  };
}
