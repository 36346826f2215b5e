/** A chain of causes and effects: an immutable graph that is asked what led to what. */
import { ConfigurationError } from "../../errors/errors.ts";
import { deepFreeze } from "../../json/json.ts";
import { cyclesIn, shortestPath } from "./graph.ts";
import { mermaidOf } from "./mermaid.ts";
import { readChain, readEdge, readNode } from "./read.ts";
import type {
  CausalChainJson,
  CausalContradiction,
  CausalEdge,
  CausalNode,
  CausalNodeType,
  CausalRelation,
} from "./types.ts";

/** How two nodes are linked. */
export interface LinkOptions {
  /** Default `causes`. */
  readonly relation?: CausalRelation | undefined;
  /** From 0 to 1. Default 1. */
  readonly confidence?: number | undefined;
  /** What shows it. */
  readonly reason?: string | undefined;
}

/**
 * What led to what. It never changes: `addNode` and `link` give a new one. Many nodes at once: `CausalChain.fromJSON`.
 *
 * @example
 * ```ts
 * import { CausalChain } from "locus-sdk";
 *
 * const chain = new CausalChain()
 *   .addNode("deploy", "Deployed version 42")
 *   .addNode("pool", "Connections run out")
 *   .addNode("errors", "HTTP 500 at checkout")
 *   .link("deploy", "pool", { confidence: 0.8 })
 *   .link("pool", "errors");
 * console.log(chain.rootCauses().map(({ label }) => label), chain.path("deploy", "errors"));
 * ```
 */
export class CausalChain {
  readonly #nodes: ReadonlyMap<string, CausalNode>;
  readonly #edges: readonly CausalEdge[];
  readonly #from: ReadonlyMap<string, readonly CausalEdge[]>;
  readonly #to: ReadonlyMap<string, readonly CausalEdge[]>;

  /** @throws ConfigurationError for two nodes of one id, an edge of a node that is not there, twice the same edge. */
  constructor({ nodes, edges }: CausalChainJson = { nodes: [], edges: [] }) {
    this.#nodes = new Map(nodes.map((node) => [node.id, deepFreeze({ ...node })]));
    if (this.#nodes.size < nodes.length) {
      const twice = nodes.find(({ id }, index) => nodes.findIndex((other) => other.id === id) !== index);
      throw new ConfigurationError(`causal chain: two nodes have the id "${twice?.id}"`);
    }
    this.#edges = Object.freeze(edges.map((edge) => deepFreeze({ ...edge })));
    const known = new Set<string>();
    for (const edge of this.#edges) {
      this.#checkEnds(edge);
      const key = JSON.stringify([edge.from, edge.to, edge.relation]);
      if (known.has(key)) {
        throw new ConfigurationError(
          `causal chain: "${edge.from}" ${edge.relation} "${edge.to}" is said twice`,
        );
      }
      known.add(key);
    }
    this.#from = Map.groupBy(this.#edges, ({ from }) => from);
    this.#to = Map.groupBy(this.#edges, ({ to }) => to);
  }

  /** A chain from plain JSON, from a file or a request. @throws ConfigurationError naming the place that does not fit. */
  static fromJSON(value: unknown): CausalChain {
    return new CausalChain(readChain(value));
  }

  get nodes(): readonly CausalNode[] {
    return [...this.#nodes.values()];
  }

  get edges(): readonly CausalEdge[] {
    return this.#edges;
  }

  node(id: string): CausalNode | undefined {
    return this.#nodes.get(id);
  }

  edgesFrom(id: string): readonly CausalEdge[] {
    return this.#from.get(id) ?? [];
  }

  edgesTo(id: string): readonly CausalEdge[] {
    return this.#to.get(id) ?? [];
  }

  /** @throws ConfigurationError for an id that is taken. */
  addNode(id: string, label: string, type: CausalNodeType = "unknown"): CausalChain {
    const node = readNode({ id, label, type });
    return new CausalChain({ nodes: [...this.nodes, node], edges: this.#edges });
  }

  /** @throws ConfigurationError for an id that no node has, a node and itself, what is said already. */
  link(from: string, to: string, { relation, confidence, reason }: LinkOptions = {}): CausalChain {
    const edge = readEdge({
      from,
      to,
      relation: relation ?? "causes",
      ...(confidence === undefined ? {} : { confidence }),
      ...(reason === undefined ? {} : { reason }),
    });
    return new CausalChain({ nodes: this.nodes, edges: [...this.#edges, edge] });
  }

  /** What causes something, and nothing causes it. */
  rootCauses(): readonly CausalNode[] {
    return this.nodes.filter(({ id }) => this.#typeOf(id) === "root_cause");
  }

  /** What is caused, and causes nothing. */
  symptoms(): readonly CausalNode[] {
    return this.nodes.filter(({ id }) => this.#typeOf(id) === "symptom");
  }

  /** The same chain, each node's type as its causes and effects have it. */
  classified(): CausalChain {
    const nodes = this.nodes.map((node) => ({ ...node, type: this.#typeOf(node.id) }));
    return new CausalChain({ nodes, edges: this.#edges });
  }

  /** Ids of the shortest way along causes, both ends included; `undefined` where there is none. */
  path(from: string, to: string): readonly string[] | undefined {
    return shortestPath(from, to, (id) => this.#effectsOf(id));
  }

  /**
   * Causes that go round in a circle: of each link that is in one, the shortest; each circle once, begun at its first node.
   * At most 1,000 of them, and of a chain in which more than 2,000,000 links would have to be walked those found until then; at least
   * one where there is one.
   */
  cycles(): readonly (readonly string[])[] {
    return cyclesIn([...this.#nodes.keys()], (id) => this.#effectsOf(id));
  }

  /** What cannot all be true. Circles are told by `cycles()`. */
  contradictions(): readonly CausalContradiction[] {
    const order = new Map([...this.#nodes.keys()].map((id, index) => [id, index]));
    const isBefore = (a: string, b: string): boolean => (order.get(a) ?? 0) < (order.get(b) ?? 0);
    return this.#edges.flatMap(({ from, to, relation }): readonly CausalContradiction[] => {
      if (relation !== "causes") return [];
      const nodes = [from, to] as const;
      return [
        ...(isBefore(from, to) && this.#has(to, from, "causes")
          ? [{ kind: "bidirectional_causation" as const, nodes }]
          : []),
        ...(this.#has(from, to, "inhibits") ? [{ kind: "causes_and_inhibits" as const, nodes }] : []),
        ...(this.#has(to, from, "precedes") ? [{ kind: "effect_precedes_cause" as const, nodes }] : []),
      ];
    });
  }

  toJSON(): CausalChainJson {
    return { nodes: this.nodes, edges: this.#edges };
  }

  /** A [Mermaid](https://mermaid.js.org) flow chart. Labels are escaped: none can write the chart on. */
  toMermaid(): string {
    return mermaidOf(this.toJSON());
  }

  #typeOf(id: string): CausalNodeType {
    const causes = this.edgesFrom(id).some(({ relation }) => relation === "causes");
    const caused = this.edgesTo(id).some(({ relation }) => relation === "causes");
    if (causes) return caused ? "intermediate" : "root_cause";
    return caused ? "symptom" : "unknown";
  }

  #effectsOf(id: string): readonly string[] {
    return this.edgesFrom(id).flatMap(({ to, relation }) => (relation === "causes" ? [to] : []));
  }

  #has(from: string, to: string, relation: CausalRelation): boolean {
    return this.edgesFrom(from).some((edge) => edge.to === to && edge.relation === relation);
  }

  #checkEnds({ from, to }: CausalEdge): void {
    const unknown = [from, to].find((id) => !this.#nodes.has(id));
    if (unknown !== undefined) {
      throw new ConfigurationError(`causal chain: there is no node "${unknown}"`, {
        hint: `Add it first: addNode(${JSON.stringify(unknown)}, label).`,
      });
    }
    if (from === to) {
      throw new ConfigurationError(`causal chain: "${from}" cannot be linked to itself`);
    }
  }
}
