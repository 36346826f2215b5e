// The vendor's native client, its own retries and circuit breaker off, and a reader for its raw streams.
import {
  CircuitBreaker,
  ConfigFileAuthenticationDetailsProvider,
  MaxAttemptsTerminationStrategy,
} from "oci-common";
import { GenerativeAiInferenceClient, type models } from "oci-generativeaiinference";
import { vi } from "vitest";
import type { OciEmulator, TestConfig } from "../../src/index.ts";

export function nativeClient(emulator: OciEmulator, config: TestConfig): GenerativeAiInferenceClient {
  // The vendor's retrier prints every error that it hands on.
  vi.spyOn(console, "warn").mockImplementation(() => {});
  const authenticationDetailsProvider = new ConfigFileAuthenticationDetailsProvider(
    config.configFile,
    "DEFAULT",
  );
  const client = new GenerativeAiInferenceClient(
    { authenticationDetailsProvider },
    {
      retryConfiguration: { terminationStrategy: new MaxAttemptsTerminationStrategy(1) },
      circuitBreaker: new CircuitBreaker({ enabled: false }),
    },
  );
  client.endpoint = emulator.url;
  return client;
}

export const onDemand = (modelId: string): models.OnDemandServingMode => ({
  servingType: "ON_DEMAND",
  modelId,
});

/** The data of a stream as the vendor's client hands it over: raw bytes, no parser of its own. */
export async function framesOf(body: unknown): Promise<readonly unknown[]> {
  if (!(body instanceof ReadableStream)) throw new Error(`no stream, but ${JSON.stringify(body)}`);
  const text = await new Response(body).text();
  return text
    .split("\n\n")
    .filter((event) => event !== "")
    .map((event) => {
      const data = event.replace(/^data: /, "");
      return data === "[DONE]" ? data : JSON.parse(data);
    });
}
