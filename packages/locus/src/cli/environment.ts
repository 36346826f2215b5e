/** OCI where it is configured; otherwise the emulator in its place, for as long as it is needed. */
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ModelOptions } from "@locus-sdk/core";

/** Who answers an `oci:` model, and how to get there. Close it when the last answer has come. */
export interface OciEnvironment extends AsyncDisposable {
  readonly kind: "oci" | "emulator";
  /** One line for a person who would take the emulator's answers for a model's; `undefined` on OCI. */
  readonly notice: string | undefined;
  /** For a model made in this process: `new Agent({ model, modelOptions })`. Empty on OCI. */
  readonly modelOptions: ModelOptions;
  /** The same for a child process: to be put over `process.env`. Empty on OCI. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Finds the OCI configuration of this machine, or starts the emulator with one of its own in a temporary directory,
 * which is removed at the end.
 *
 * @param env stands in for `process.env`
 * @example
 * ```ts
 * import { Agent } from "locus-sdk";
 * import { openOciEnvironment } from "locus-sdk/emulator";
 *
 * await using oci = await openOciEnvironment();
 * await using agent = new Agent({ model: "oci:openai.gpt-oss-120b", modelOptions: oci.modelOptions });
 * const { text } = await agent.run("What is 17 * 23?");
 * ```
 */
export async function openOciEnvironment(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<OciEnvironment> {
  const { hasOciConfiguration } = await import("@locus-sdk/oci");
  const { configured, reason } = hasOciConfiguration(env);
  if (configured) {
    const nothing = () => Promise.resolve();
    return { kind: "oci", notice: undefined, modelOptions: {}, env: {}, [Symbol.asyncDispose]: nothing };
  }
  return startEmulator(
    `No OCI configuration found (${reason}): answering from the offline emulator; its answers are rule-made, not a model's.`,
  );
}

async function startEmulator(notice: string): Promise<OciEnvironment> {
  const { startOciEmulator } = await import("@locus-sdk/oci-emulator");
  const directory = await mkdtemp(join(tmpdir(), "locus-emulator-"));
  const remove = (): void => rmSync(directory, { recursive: true, force: true });
  // Keys lie there: they go away even when the process ends before it can put things in order.
  process.once("exit", remove);
  const forget = (): void => {
    process.off("exit", remove);
    remove();
  };
  try {
    const emulator = await startOciEmulator();
    const config = await emulator.writeTestConfig(directory);
    return {
      kind: "emulator",
      notice,
      env: config.env,
      modelOptions: {
        configFile: config.configFile,
        profile: "DEFAULT",
        authType: "api_key",
        region: config.region,
        compartmentId: config.compartmentId,
        project: config.projectId,
        endpoint: emulator.url,
        controlEndpoint: emulator.controlUrl,
      },
      [Symbol.asyncDispose]: async () => {
        await emulator.close();
        forget();
      },
    };
  } catch (error) {
    forget();
    throw error;
  }
}
