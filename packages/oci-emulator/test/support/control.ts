// The vendor's control-plane client, its own retries and circuit breaker off, and waiters that do not wait long.
import {
  CircuitBreaker,
  ConfigFileAuthenticationDetailsProvider,
  FixedTimeDelayStrategy,
  MaxAttemptsTerminationStrategy,
} from "oci-common";
import { GenerativeAiClient } from "oci-generativeai";
import { vi } from "vitest";
import type { OciEmulator, TestConfig } from "../../src/index.ts";

export function controlClient(emulator: OciEmulator, config: TestConfig): GenerativeAiClient {
  // The vendor's retrier prints every error that it hands on.
  vi.spyOn(console, "warn").mockImplementation(() => {});
  const authenticationDetailsProvider = new ConfigFileAuthenticationDetailsProvider(
    config.configFile,
    "DEFAULT",
  );
  const client = new GenerativeAiClient(
    { authenticationDetailsProvider },
    {
      retryConfiguration: { terminationStrategy: new MaxAttemptsTerminationStrategy(1) },
      circuitBreaker: new CircuitBreaker({ enabled: false }),
    },
  );
  client.endpoint = emulator.controlUrl;
  client.createWaiters({
    terminationStrategy: new MaxAttemptsTerminationStrategy(20),
    delayStrategy: new FixedTimeDelayStrategy(0),
  });
  return client;
}

/** What the vendor's client throws for an answer of this status and code. */
export const refusedWith = (
  statusCode: number,
  serviceCode: string,
): { readonly statusCode: number; readonly serviceCode: string } => ({ statusCode, serviceCode });
