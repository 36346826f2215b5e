/**
 * Makes Node's fetch wait as long as it was told. Its own limits, 300 s for headers and between two pieces of a body,
 * would end a long generation that has been allowed 600 s.
 */

/** As much of undici's dispatcher as is needed to set limits for one request. */
interface Dispatcher {
  compose(interceptor: (dispatch: Dispatch) => Dispatch): unknown;
}
type Dispatch = (options: object, handler: unknown) => boolean;

function isDispatcher(value: unknown): value is Dispatcher {
  return (
    typeof value === "object" && value !== null && "compose" in value && typeof value.compose === "function"
  );
}

/**
 * The process's dispatcher (a proxy's, a test's, or Node's own) with these limits, as an addition to fetch's second
 * argument; empty where the runtime has none.
 */
export function withTimeouts(timeoutMs: number): object {
  // Node publishes its dispatcher under this symbol, shared by every copy of undici.
  const dispatcher: unknown = Reflect.get(globalThis, Symbol.for("undici.globalDispatcher.1"));
  if (!isDispatcher(dispatcher)) return {};
  const limits = { headersTimeout: timeoutMs, bodyTimeout: timeoutMs };
  return {
    dispatcher: dispatcher.compose(
      (dispatch) => (options, handler) => dispatch({ ...options, ...limits }, handler),
    ),
  };
}
