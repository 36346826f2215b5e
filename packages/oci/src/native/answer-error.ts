/** A failing answer as an error that the mapping of this package, and the repair of parameters, can read. */
import { excerpt } from "@locus-sdk/openai";

/** Status, headers and body of an answer that is none; never shown to a user, who gets the typed error made of it. */
export class FailedAnswer extends Error {
  readonly status: number;
  readonly headers: Headers;
  /** The body: parsed where it is JSON, otherwise its text. */
  readonly error: unknown;

  constructor(status: number, headers: Headers, body: unknown) {
    super(typeof body === "string" ? `${status} ${excerpt(body)}` : `${status} status code (no body)`);
    this.name = "FailedAnswer";
    this.status = status;
    this.headers = headers;
    this.error = body;
  }
}
