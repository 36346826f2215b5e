/** Asking a user's function about an error, whatever becomes of the function. */
import { type LocusError, messageOf } from "../errors/errors.ts";
import { redactSecrets } from "../text/redact.ts";

/**
 * Whether `on` chooses `error`. One that fails chooses nothing: the caller is to be told why the model failed, and not
 * why the choice did; that is a warning of the process.
 */
export function choose(on: (error: LocusError) => boolean, error: LocusError): boolean {
  try {
    return on(error);
  } catch (failure) {
    process.emitWarning(`\`on\` failed, and counts as false: ${redactSecrets(messageOf(failure))}`, {
      type: "LocusWarning",
      code: "on_failed",
    });
    return false;
  }
}
