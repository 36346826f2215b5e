/** Chains of causes: what they answer, what they refuse, what they look like. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CausalChain } from "./chain.ts";
import type { CausalRelation } from "./types.ts";

/** `a>b` causes, `a|b` inhibits, `a~b` correlates, `a<b`… written from left to right: `a.b` precedes. */
const RELATIONS: Readonly<Record<string, CausalRelation>> = {
  ">": "causes",
  "|": "inhibits",
  "~": "correlates_with",
  ".": "precedes",
};
function chainOf(...links: readonly string[]): CausalChain {
  const ids = [...new Set(links.flatMap((link) => link.split(/[>|~.]/)))];
  return new CausalChain({
    nodes: ids.map((id) => ({ id, label: id.toUpperCase(), type: "unknown" })),
    edges: links.map((link) => {
      const [from = "", to = ""] = link.split(/[>|~.]/);
      return { from, to, relation: RELATIONS[link.charAt(from.length)] ?? "causes", confidence: 1 };
    }),
  });
}
const ids = (nodes: readonly { readonly id: string }[]): readonly string[] => nodes.map(({ id }) => id);

describe("a causal chain", () => {
  it("does not change: what is added makes a new one", () => {
    const empty = new CausalChain();
    const one = empty.addNode("a", "A");
    const two = one.addNode("b", "B").link("a", "b", { confidence: 0.5, reason: "seen" });
    expect([empty.nodes.length, one.nodes.length, two.nodes.length]).toEqual([0, 1, 2]);
    expect(two.edgesTo("b")).toEqual([
      { from: "a", to: "b", relation: "causes", confidence: 0.5, reason: "seen" },
    ]);
    expect(Object.isFrozen(two.edges[0]) && Object.isFrozen(two.node("a"))).toBe(true);
  });

  it("finds what nothing causes, also where something else points at it, and what causes nothing", () => {
    const chain = chainOf("x.a", "y~a", "a>b", "b>c", "z|c");
    expect(ids(chain.rootCauses())).toEqual(["a"]);
    expect(ids(chain.symptoms())).toEqual(["c"]);
    expect(chain.classified().nodes.map(({ id, type }) => `${id} ${type}`)).toEqual([
      "x unknown",
      "a root_cause",
      "y unknown",
      "b intermediate",
      "c symptom",
      "z unknown",
    ]);
  });

  it("finds the shortest way along causes alone", () => {
    const chain = chainOf("a>b", "b>c", "c>d", "a.d", "b>d", "d>a");
    expect(chain.path("a", "d")).toEqual(["a", "b", "d"]);
    expect(chain.path("a", "a")).toEqual(["a"]);
    expect(chainOf("a>b", "c>b").path("a", "c")).toBeUndefined();
  });

  it("finds cycles and no others: what was left behind on the way to one is none", () => {
    expect(chainOf("a>b", "b>c", "c>a").cycles()).toEqual([["a", "b", "c"]]);
    // After the circle b, c is found, a walk that forgets to clear its stack calls d>b one, too.
    expect(chainOf("a>b", "b>c", "c>b", "a>d", "d>c").cycles()).toEqual([["b", "c"]]);
    expect(chainOf("a>b", "a>c", "b>d", "c>d").cycles()).toEqual([]);
    expect(chainOf("a>b", "b.a").cycles()).toEqual([]);
  });

  it("finds each of several cycles once", () => {
    const found = chainOf("a>b", "b>a", "b>c", "c>d", "d>b", "x>y", "y>x").cycles();
    expect(found).toEqual([
      ["a", "b"],
      ["b", "c", "d"],
      ["x", "y"],
    ]);
  });

  it("is not too deep for a long chain", () => {
    const links = Array.from({ length: 20_000 }, (_, index) => `n${index}>n${index + 1}`);
    const chain = chainOf(...links);
    expect(chain.cycles()).toEqual([]);
    expect(chain.path("n0", "n20000")).toHaveLength(20_001);
  });

  it("finds what cannot all be true", () => {
    expect(chainOf("a>b", "b>a", "c>d", "c|d", "e>f", "f.e", "g>h", "h|g", "g~h").contradictions()).toEqual([
      { kind: "bidirectional_causation", nodes: ["a", "b"] },
      { kind: "causes_and_inhibits", nodes: ["c", "d"] },
      { kind: "effect_precedes_cause", nodes: ["e", "f"] },
    ]);
  });

  it.each<[string, (chain: CausalChain) => unknown, string]>([
    ["an id that is taken", (chain) => chain.addNode("a", "again"), 'two nodes have the id "a"'],
    ["a node that is not there", (chain) => chain.link("a", "z"), 'there is no node "z"'],
    ["a node and itself", (chain) => chain.link("a", "a"), "cannot be linked to itself"],
    ["the same twice", (chain) => chain.link("a", "b"), '"a" causes "b" is said twice'],
    ["more than certainty", (chain) => chain.link("b", "a", { confidence: 1.5 }), "confidence"],
    ["no id", (chain) => chain.addNode("", "x"), "id"],
  ])("refuses %s", (_, attempt, wrong) => {
    expect(() => attempt(chainOf("a>b"))).toThrow(wrong);
  });
});

describe("a chain as JSON", () => {
  it("comes back as it was", () => {
    const node = fc.constantFrom("a", "b", "c", "d", "e");
    const edge = fc.record({
      from: node,
      to: node,
      relation: fc.constantFrom<CausalRelation>("causes", "precedes", "inhibits", "correlates_with"),
      confidence: fc.double({ min: 0, max: 1, noNaN: true }).map((value) => value + 0),
    });
    const edges = fc.uniqueArray(edge, { selector: ({ from, to, relation }) => `${from}${to}${relation}` });
    fc.assert(
      fc.property(edges, fc.string(), (all, label) => {
        const chain = new CausalChain({
          nodes: ["a", "b", "c", "d", "e"].map((id) => ({ id, label, type: "unknown" })),
          edges: all.filter(({ from, to }) => from !== to),
        });
        const text = JSON.stringify(chain);
        expect(JSON.stringify(CausalChain.fromJSON(JSON.parse(text)))).toBe(text);
        for (const cycle of chain.cycles()) {
          const steps = cycle.map((id, index) => [id, cycle[(index + 1) % cycle.length]] as const);
          const isThere = steps.every(([from, to]) =>
            chain.edgesFrom(from).some((link) => link.to === to && link.relation === "causes"),
          );
          expect(isThere && new Set(cycle).size === cycle.length).toBe(true);
        }
      }),
    );
  });

  it.each<[unknown, string]>([
    [{ nodes: [] }, "edges"],
    [{ nodes: [{ id: "a" }], edges: [] }, "label"],
    [{ nodes: [], edges: [{ from: "a", to: "b", relation: "causes" }] }, 'no node "a"'],
    [{ nodes: [], edges: [], more: 1 }, "more"],
    ["[]", "causal chain"],
  ])("refuses %j", (value, wrong) => {
    expect(() => CausalChain.fromJSON(value)).toThrow(wrong);
  });
});

describe("a chain as a picture", () => {
  it("has a shape for each type and an arrow for each relation", () => {
    const chain = chainOf("a>b", "b|c", "a.c").classified();
    expect(chain.toMermaid().split("\n")).toEqual([
      "flowchart LR",
      '  n0(["A"])',
      '  n1{{"B"}}',
      '  n2["C"]',
      '  n0 -->|"causes"| n1',
      '  n1 --x|"inhibits"| n2',
      '  n0 -.->|"precedes"| n2',
    ]);
  });

  it("cannot be written on by a label or an id", () => {
    const hostile = 'x"]\nclick n0 "javascript:alert(1)"\n%%{init}%% <script>`#';
    const picture = new CausalChain().addNode(hostile, hostile).toMermaid();
    expect(picture.split("\n")).toHaveLength(2);
    expect(picture.match(/"/g)).toHaveLength(2);
    expect(picture).not.toMatch(/[<>`%]/);
  });
});

it("circles of a dense chain are found at a bounded cost, each a circle", () => {
  const count = 400;
  const nodes = Array.from({ length: count }, (_, n) => ({
    id: `n${n}`,
    label: "l",
    type: "unknown" as const,
  }));
  const edges = nodes.flatMap(({ id }, n) =>
    Array.from({ length: 20 }, (_, k) => ({
      from: id,
      to: `n${(n + k + 1) % count}`,
      relation: "causes" as const,
      confidence: 1,
    })),
  );
  const chain = new CausalChain({ nodes, edges });
  const cycles = chain.cycles();
  expect(cycles).toHaveLength(1000);
  for (const cycle of cycles.slice(0, 20)) {
    for (const [index, id] of cycle.entries()) {
      const after = cycle[(index + 1) % cycle.length];
      expect(chain.edgesFrom(id).some(({ to }) => to === after)).toBe(true);
    }
  }
});
