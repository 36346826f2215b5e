/** Whether a call that failed may have been paid for: then nothing sends it again of its own accord. */
import {
  AuthenticationError,
  BudgetExceededError,
  ConfigurationError,
  ConnectionError,
  ContextLengthError,
  IncompleteStreamError,
  InvalidRequestError,
  type LocusError,
  PermissionOrNotFoundError,
  ProjectRequiredError,
} from "../../errors/errors.ts";

/** Refused before a model was at work, or not arrived: free of charge even where no status says so. */
const FREE = [
  ConnectionError,
  ConfigurationError,
  BudgetExceededError,
  AuthenticationError,
  PermissionOrNotFoundError,
  ProjectRequiredError,
  InvalidRequestError,
  ContextLengthError,
] as const;

/** Held back on this side, before anything was sent: whoever does so knows by itself when there is room again. */
export const heldBack = ({ code }: LocusError): boolean => code === "rate_limit_local";

/**
 * A failing status refuses the whole call. Without one, an error was told inside an answer that had begun, or nobody
 * knows how far the call came: both may be paid.
 */
export function maybePaid(error: LocusError): boolean {
  if (error instanceof IncompleteStreamError) return true;
  if (error.status !== undefined && error.status >= 300) return false;
  return !heldBack(error) && !FREE.some((kind) => error instanceof kind);
}
