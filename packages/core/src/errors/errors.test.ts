/** Errors as they are written down. */
import { expect, it } from "vitest";
import { LocusError, ServerError } from "./errors.ts";

class OwnError extends LocusError {
  readonly containerId = "c1";
}

it("as JSON an error tells what it tells otherwise: its message too, and what its class adds", () => {
  const cause = new Error("inner");
  const error = new ServerError("it failed", { hint: "Wait.", status: 503, requestId: "r1", cause });
  expect(JSON.parse(JSON.stringify({ error }))).toEqual({
    error: {
      name: "ServerError",
      message: "it failed",
      code: "server_error",
      retryable: true,
      hint: "Wait.",
      status: 503,
      requestId: "r1",
    },
  });
  expect(JSON.parse(JSON.stringify(new OwnError("gone")))).toMatchObject({
    name: "OwnError",
    message: "gone",
    containerId: "c1",
  });
});

it("as JSON an error does not take the conversation with it", () => {
  const error = new LocusError("no");
  Object.defineProperty(error, "result", { value: { text: "secret" }, enumerable: false });
  expect(JSON.stringify(error)).not.toContain("secret");
});
