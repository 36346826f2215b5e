// The two bases of files and vector stores: one for every credential, a dated one for API keys.
import type { Route } from "../http/route.ts";

/** Routes for a path on both bases; `tail` is a pattern, such as `/files/[^/]+`. */
export function onBothBases(
  method: Route["method"],
  tail: string,
  handle: Route["handle"],
): readonly [Route, Route] {
  return [
    { method, path: new RegExp(`^/openai/v1${tail}$`), credentials: ["signature", "api_key"], handle },
    { method, path: new RegExp(`^/20231130/openai/v1${tail}$`), credentials: ["api_key"], handle },
  ];
}
