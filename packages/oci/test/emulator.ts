/** An emulator and a directory of profiles it trusts: the counterpart of end-to-end tests. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type OciEmulator,
  type OciEmulatorOptions,
  startOciEmulator,
  type TestConfig,
} from "@locus-sdk/oci-emulator";

export interface Cloud extends AsyncDisposable {
  readonly emulator: OciEmulator;
  readonly config: TestConfig;
  /** Options that point at it and see nothing of the real environment. */
  readonly options: {
    readonly endpoint: string;
    readonly controlEndpoint: string;
    readonly configFile: string;
    readonly compartmentId: string;
    readonly env: Readonly<Record<string, string>>;
  };
}

export async function startCloud(options: OciEmulatorOptions = {}): Promise<Cloud> {
  const emulator = await startOciEmulator(options);
  const config = await emulator.writeTestConfig(mkdtempSync(join(tmpdir(), "locus-cloud-")));
  return {
    emulator,
    config,
    options: {
      endpoint: emulator.url,
      controlEndpoint: emulator.controlUrl,
      configFile: config.configFile,
      compartmentId: config.compartmentId,
      env: {},
    },
    [Symbol.asyncDispose]: () => emulator.close(),
  };
}
