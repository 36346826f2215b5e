/** An emulated control plane, our resources over it, and the vendor's client beside them. */
import type { OciEmulatorOptions } from "@locus-sdk/oci-emulator";
import {
  CircuitBreaker,
  ConfigFileAuthenticationDetailsProvider,
  MaxAttemptsTerminationStrategy,
} from "oci-common";
import { GenerativeAiClient } from "oci-generativeai";
import { vi } from "vitest";
import type { OciOptions } from "../src/config/options.ts";
import { resolveOciConfig } from "../src/config/resolve.ts";
import { type ControlPlaneResources, createControlPlane } from "../src/control/index.ts";
import { createFetch } from "../src/http/signed-fetch.ts";
import { type Cloud, startCloud } from "./emulator.ts";

export function controlPlane(options: OciOptions): ControlPlaneResources {
  const config = resolveOciConfig(options);
  return createControlPlane(config, createFetch(config));
}

export interface ControlCloud extends Cloud {
  /** Ours. */
  readonly control: ControlPlaneResources;
  /** The same with other options. */
  controlWith(options: OciOptions): ControlPlaneResources;
  /** The vendor's; it does not try again. */
  readonly vendor: GenerativeAiClient;
}

export async function startControlCloud(options: OciEmulatorOptions = {}): Promise<ControlCloud> {
  const cloud = await startCloud(options);
  const { emulator, config } = cloud;
  const controlWith = (more: OciOptions): ControlPlaneResources =>
    controlPlane({ ...cloud.options, controlEndpoint: emulator.controlUrl, ...more });
  return {
    ...cloud,
    vendor: vendorClient(emulator.controlUrl, config.configFile),
    controlWith,
    control: controlWith({}),
  };
}

function vendorClient(url: string, configFile: string): GenerativeAiClient {
  // The vendor's retrier prints every error that it hands on.
  vi.spyOn(console, "warn").mockImplementation(() => {});
  const client = new GenerativeAiClient(
    { authenticationDetailsProvider: new ConfigFileAuthenticationDetailsProvider(configFile, "DEFAULT") },
    {
      retryConfiguration: { terminationStrategy: new MaxAttemptsTerminationStrategy(1) },
      circuitBreaker: new CircuitBreaker({ enabled: false }),
    },
  );
  client.endpoint = url;
  return client;
}

/** The items of a list. */
export async function all<Item>(list: AsyncIterable<Item>): Promise<readonly Item[]> {
  const items: Item[] = [];
  for await (const item of list) items.push(item);
  return items;
}
