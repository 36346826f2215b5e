/** Threads behind another service, over HTTP: the client, and the handler that serves any store. */
export type { FetchFunction, RequestHeaders } from "../shared/requester.ts";
export { HttpCheckpointer } from "./client.ts";
export {
  type Authorize,
  type CheckpointerHandler,
  type CheckpointerHandlerOptions,
  checkpointerHandler,
} from "./handler.ts";
export { nodeListener } from "./node.ts";
export type { OperationName } from "./operations.ts";
export type { HttpCheckpointerOptions } from "./options.ts";
export type { RequestedAction } from "./request.ts";
