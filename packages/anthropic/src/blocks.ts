/** How what only Claude understands is kept in our messages: as a provider's parts, verbatim. */

/** The provider of such a part: a content block that has no part of its own (`redacted_thinking`, server tools). */
export const ANTHROPIC_BLOCK = "anthropic";

/** Citations stand beside a text on the wire and behind it in a message. */
export const CITATIONS = "anthropic.citations";
