/**
 * A process that works on a group of orders until it is killed, by itself and for good, at one of its writes: before the
 * store gets it, while the store has it, or after the store has taken it. Told to kill at write 0, it works to the end.
 */
import { appendFileSync } from "node:fs";
import type { Checkpointer } from "@locus-sdk/core";
import { openWorld, orderAgent } from "./order.ts";
import { openStore, type StoreName } from "./stores.ts";

const [name, place, scope, worldPath, journal, killAtText, when, ...orders] = process.argv.slice(2);
const killAt = Number(killAtText);
const die = (): void => {
  process.kill(process.pid, "SIGKILL");
};

let writes = 0;
/** The store, whose acknowledged writes are on another record as well, and which dies at the appointed one. */
function mortal(store: Checkpointer): Checkpointer {
  return new Proxy(store, {
    get: (target, property) => {
      if (property === "append") {
        return async (...args: Parameters<Checkpointer["append"]>) => {
          writes += 1;
          const last = writes === killAt;
          if (last && when === "before") die();
          const appending = target.append(...args);
          if (last && when === "during") {
            appending.catch(() => undefined);
            die();
          }
          await appending;
          const [threadId, , events] = args;
          const lines = events.map((event) =>
            JSON.stringify([threadId, event.sequence, event.type, event.timestamp]),
          );
          appendFileSync(journal ?? "", `${lines.join("\n")}\n`);
          if (last) die();
        };
      }
      const member: unknown = Reflect.get(target, property, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

const store = await openStore(name as StoreName, place ?? "", scope ?? "");
using world = openWorld(worldPath ?? "");
const agent = orderAgent(mortal(store), world);
const outcomes = await Promise.all(
  orders.map(async (order) => {
    const known = await store.read(order);
    // What had begun is gone on with; what had not even begun begins.
    const { text, stopReason } = await (known === undefined
      ? agent.run(order, { threadId: order })
      : agent.resume(order));
    return { order, text, stopReason };
  }),
);
await store.close?.();
process.stdout.write(JSON.stringify(outcomes));
