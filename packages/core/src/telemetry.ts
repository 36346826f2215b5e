/** `@locus-sdk/core/telemetry`: OpenTelemetry, for those who have `@opentelemetry/api` installed. */
export { type TelemetryOptions, telemetryHook } from "./hooks/builtin/telemetry/hook.ts";
