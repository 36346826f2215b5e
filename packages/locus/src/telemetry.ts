/** `locus-sdk/telemetry`: spans and metrics by OpenTelemetry's GenAI conventions; needs `@opentelemetry/api`. */
export * from "@locus-sdk/core/telemetry";
