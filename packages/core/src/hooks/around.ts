/** Runs a call within the hooks that want to be around it, outermost the lowest priority. None of them can lose or repeat it. */
import type { Hook } from "./types.ts";

/** Puts one hook around `next`; `undefined` where the hook does not want to be. */
export type Wrap<Outcome> = (
  hook: Hook,
  next: () => Promise<Outcome>,
) => { readonly said: unknown } | undefined;

/** What the call itself comes to, whatever the hooks do. */
export function callWithin<Outcome>(
  hooks: readonly Hook[],
  wrap: Wrap<Outcome>,
  call: () => Promise<Outcome>,
  failed: (hook: Hook, error: unknown) => void,
): Promise<Outcome> {
  return hooks.reduceRight((inner, hook) => () => within(hook, wrap, inner, failed), call)();
}

function within<Outcome>(
  hook: Hook,
  wrap: Wrap<Outcome>,
  inner: () => Promise<Outcome>,
  failed: (hook: Hook, error: unknown) => void,
): Promise<Outcome> {
  let begun: Promise<Outcome> | undefined;
  const once = (): Promise<Outcome> => {
    begun ??= inner();
    return begun;
  };
  try {
    const said = wrap(hook, once)?.said;
    if (said instanceof Promise) {
      // The call's own failure, handed on, is none of the hook's.
      said.catch((error: unknown) =>
        once().then(
          () => failed(hook, error),
          (own: unknown) => (own === error ? undefined : failed(hook, error)),
        ),
      );
    }
  } catch (error) {
    failed(hook, error);
  }
  // A hook that did not begin the call at once is not waited for.
  return once();
}
