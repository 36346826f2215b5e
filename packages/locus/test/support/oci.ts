/** The built `locus` command with an emulator of its own, as a person has it who has configured OCI. */
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type OciEmulator,
  type OciEmulatorOptions,
  startOciEmulator,
  type TestConfig,
} from "@locus-sdk/oci-emulator";
import { type Finished, Home, type Started } from "./locus.ts";

export class Oci implements AsyncDisposable {
  readonly home: Home;
  readonly emulator: OciEmulator;
  readonly config: TestConfig;
  readonly #keys: string;

  private constructor(home: Home, emulator: OciEmulator, config: TestConfig, keys: string) {
    this.home = home;
    this.emulator = emulator;
    this.config = config;
    this.#keys = keys;
  }

  static async make(options: OciEmulatorOptions = {}): Promise<Oci> {
    const keys = mkdtempSync(join(tmpdir(), "locus-oci-"));
    const emulator = await startOciEmulator(options);
    return new Oci(await Home.make(), emulator, await emulator.writeTestConfig(keys), keys);
  }

  get env(): Record<string, string> {
    return { ...this.config.env, OCI_CONTROL_ENDPOINT: this.emulator.controlUrl };
  }

  start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Started {
    return this.home.start(["oci", ...args], { env: { ...this.env, ...env } });
  }

  run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Finished> {
    return this.start(args, env).finished;
  }

  /** What the command says with `--json`, which is all that it says on stdout; it has to succeed. */
  async json(...args: readonly string[]): Promise<readonly Record<string, unknown>[]> {
    const { code, stdout, stderr } = await this.run([...args, "--json"]);
    if (code !== 0) throw new Error(`locus oci ${args.join(" ")} ended with ${code}: ${stderr}`);
    return linesOf(stdout);
  }

  /** The id in the one line that the command says. */
  async idOf(...args: readonly string[]): Promise<string> {
    const [line] = await this.json(...args);
    return String(line?.id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.emulator.close();
    await this.home[Symbol.asyncDispose]();
    await rm(this.#keys, { recursive: true, force: true });
  }
}

/** Lines of JSON. */
export const linesOf = (stdout: string): readonly Record<string, unknown>[] =>
  stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
