/** Walks over directed graphs, without recursion: a long chain is no deep stack. */

type Next = (id: string) => readonly string[];

/** Ids from `from` to `to`, both included, over the fewest edges. */
export function shortestPath(from: string, to: string, next: Next): readonly string[] | undefined {
  if (from === to) return [from];
  const cameFrom = new Map<string, string>();
  let edge = [from];
  while (edge.length > 0) {
    const further: string[] = [];
    for (const id of edge) {
      for (const after of next(id)) {
        if (after === from || cameFrom.has(after)) continue;
        cameFrom.set(after, id);
        if (after === to) return wayBack(cameFrom, from, to);
        further.push(after);
      }
    }
    edge = further;
  }
  return undefined;
}

function wayBack(cameFrom: ReadonlyMap<string, string>, from: string, to: string): readonly string[] {
  const path = [to];
  for (let at = cameFrom.get(to); at !== undefined; at = at === from ? undefined : cameFrom.get(at))
    path.push(at);
  return path.reverse();
}

/** Cycles that are told, and edges that are walked to find them: what is beyond is not looked for. */
const MOST_CYCLES = 1000;
const MOST_STEPS = 2_000_000;

/**
 * The shortest cycle through each edge that is in one, each cycle once. All elementary cycles can be exponentially many; these
 * are at most as many as the edges, and up to the bounds above no edge of a cycle is missing. Where there is a cycle, one is found.
 */
export function cyclesIn(ids: readonly string[], next: Next): readonly (readonly string[])[] {
  const component = componentsOf(ids, next);
  const order = new Map(ids.map((id, index) => [id, index]));
  const found = new Map<string, readonly string[]>();
  const inside = new Map(
    ids.map((id) => [id, next(id).filter((after) => component.get(after) === component.get(id))]),
  );
  let steps = 0;
  // One walk from where an edge leads to finds the way back to all that have such an edge.
  const into = Map.groupBy(
    ids.flatMap((from) => (inside.get(from) ?? []).map((to) => ({ from, to }))),
    ({ to }) => to,
  );
  for (const [to, edges] of into) {
    if (steps > MOST_STEPS || found.size >= MOST_CYCLES) break;
    const cameFrom = walkFrom(to, (id) => {
      const after = inside.get(id) ?? [];
      steps += after.length;
      return after;
    });
    for (const { from } of edges) {
      if (!cameFrom.has(from) || found.size >= MOST_CYCLES) continue;
      const cycle = fromFirst(wayBack(cameFrom, to, from), order);
      found.set(JSON.stringify(cycle), cycle);
    }
  }
  return [...found.values()];
}

/** By which node each other one is reached over the fewest edges. */
function walkFrom(start: string, next: Next): ReadonlyMap<string, string> {
  const cameFrom = new Map<string, string>();
  const open = [start];
  for (let at = 0; at < open.length; at++) {
    const id = open[at] ?? start;
    for (const after of next(id)) {
      if (after === start || cameFrom.has(after)) continue;
      cameFrom.set(after, id);
      open.push(after);
    }
  }
  return cameFrom;
}

/** The cycle, begun at the node that comes first. */
function fromFirst(cycle: readonly string[], order: ReadonlyMap<string, number>): readonly string[] {
  const places = cycle.map((id) => order.get(id) ?? 0);
  const first = places.indexOf(Math.min(...places));
  return [...cycle.slice(first), ...cycle.slice(0, first)];
}

/** Strongly connected components, by Kosaraju: nodes that can reach each other have the same number. */
function componentsOf(ids: readonly string[], next: Next): ReadonlyMap<string, number> {
  const before = new Map<string, string[]>();
  for (const id of ids) {
    for (const after of next(id)) {
      const list = before.get(after);
      if (list === undefined) before.set(after, [id]);
      else list.push(id);
    }
  }
  const component = new Map<string, number>();
  for (const [number, root] of finished(ids, next).toReversed().entries()) {
    const open = component.has(root) ? [] : [root];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      if (component.has(id)) continue;
      component.set(id, number);
      open.push(...(before.get(id) ?? []));
    }
  }
  return component;
}

/** Ids in the order in which a walk in depth is done with them. */
function finished(ids: readonly string[], next: Next): readonly string[] {
  const seen = new Set<string>();
  const done: string[] = [];
  for (const root of ids) {
    if (seen.has(root)) continue;
    seen.add(root);
    const stack = [{ id: root, rest: next(root).values() }];
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const step = top.rest.next();
      if (step.done === true) {
        done.push(top.id);
        stack.pop();
      } else if (!seen.has(step.value)) {
        seen.add(step.value);
        stack.push({ id: step.value, rest: next(step.value).values() });
      }
    }
  }
  return done;
}
