// What the emulator throws at the person who runs it; what it answers on the wire lives in http/envelopes.ts.

/** Why the emulator refused to do what its caller asked. */
export type EmulatorErrorCode =
  | "hostname_refused"
  | "port_unavailable"
  | "invalid_option"
  | "invalid_script"
  | "invalid_trust"
  | "script_unreadable"
  | "encoding_unsupported"
  | "answer_source_failed";

/**
 * Thrown for mistakes in how the emulator is used. `code` is stable, `hint` says what to do.
 *
 * @example
 * ```ts
 * import { EmulatorError, startOciEmulator } from "@locus-sdk/oci-emulator";
 *
 * try {
 *   await startOciEmulator({ port: 1 });
 * } catch (error) {
 *   if (error instanceof EmulatorError) process.stderr.write(`${error.code}: ${error.hint}\n`);
 * }
 * ```
 */
export class EmulatorError extends Error {
  override readonly name: string = "EmulatorError";
  readonly code: EmulatorErrorCode;
  readonly hint: string;

  constructor(code: EmulatorErrorCode, message: string, hint: string, options?: ErrorOptions) {
    super(`${message} ${hint}`, options);
    this.code = code;
    this.hint = hint;
  }
}
