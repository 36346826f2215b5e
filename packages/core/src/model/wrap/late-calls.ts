/** The calls of a wrapper whose working is loaded with the first of them: a model that was only wrapped has no use for it. */
import type { ChatModel } from "../types.ts";
import { OpenedStream } from "./opened-stream.ts";

export type Calls = Pick<ChatModel, "complete" | "stream">;

export function lateCalls(load: () => Promise<Calls>): Calls {
  let loaded: Calls | undefined;
  let loading: Promise<Calls> | undefined;
  /** One promise for all, so that calls are begun in their order. */
  const calls = (): Promise<Calls> => {
    loading ??= load().then((made) => {
      loaded = made;
      return made;
    });
    return loading;
  };
  return {
    complete: (request) =>
      loaded === undefined ? calls().then(({ complete }) => complete(request)) : loaded.complete(request),
    stream: (request) =>
      loaded === undefined
        ? new OpenedStream(request.signal, async ({ signal, begin }) =>
            begin((await calls()).stream({ ...request, signal })),
          )
        : loaded.stream(request),
  };
}
