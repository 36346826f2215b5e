// The ways tool calls come in a stream, by name.

/**
 * How tool calls are spread over a stream's frames. The default is the model family's own way.
 *
 * - `fragments`: the first fragment carries id and name, the next ones only `index` and more arguments
 * - `fragments-at-zero`: calls one after another, all at index 0; a new id opens the next call
 * - `fragments-without-index`: the same without any `index`
 * - `whole`: each call complete in its own frame, counted by index
 * - `whole-at-zero`: each call complete in its own frame, all at index 0
 * - `without-ids`: complete calls, no ids
 * - `double-encoded`: complete calls whose arguments are JSON text encoded as JSON once more
 * - `re-announced`: every fragment repeats id and name
 * - `final-frame`: all calls in the frame that carries the finish reason, without ids
 * - `text-tags`: `<tool_call>{…}</tool_call>` in the text, split over frames
 */
export type ToolDeltaStyle =
  | "fragments"
  | "fragments-at-zero"
  | "fragments-without-index"
  | "whole"
  | "whole-at-zero"
  | "without-ids"
  | "double-encoded"
  | "re-announced"
  | "final-frame"
  | "text-tags";
