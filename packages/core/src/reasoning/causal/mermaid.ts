/** Chains as Mermaid flow charts. Ids are ours and labels escaped, so what a tool said cannot write the chart. */
import type { CausalChainJson, CausalNode, CausalNodeType, CausalRelation } from "./types.ts";

const LABEL_CHARS = 80;

const ARROWS: Readonly<Record<CausalRelation, string>> = {
  causes: "-->",
  correlates_with: "---",
  precedes: "-.->",
  inhibits: "--x",
};

const SHAPES: Readonly<Record<CausalNodeType, readonly [string, string]>> = {
  root_cause: ["([", "])"],
  intermediate: ["[", "]"],
  symptom: ["{{", "}}"],
  unknown: ["[", "]"],
};

export function mermaidOf({ nodes, edges }: CausalChainJson): string {
  const names = new Map(nodes.map(({ id }, index) => [id, `n${index}`]));
  return [
    "flowchart LR",
    ...nodes.map((node) => `  ${names.get(node.id)}${shaped(node)}`),
    ...edges.map(({ from, to, relation, confidence }) => {
      const said = `${relation.replace("_", " ")}${confidence === 1 ? "" : ` ${confidence}`}`;
      return `  ${names.get(from)} ${ARROWS[relation]}|"${said}"| ${names.get(to)}`;
    }),
  ].join("\n");
}

function shaped({ label, type }: CausalNode): string {
  const [open, close] = SHAPES[type];
  return `${open}"${escaped(label)}"${close}`;
}

/** Whatever could mean something to Mermaid or to HTML, by its number; Mermaid writes `#34;` where HTML has `&#34;`. */
function escaped(label: string): string {
  const line = label.replaceAll(/\s+/g, " ").trim();
  const short = line.length <= LABEL_CHARS ? line : `${line.slice(0, LABEL_CHARS - 1).toWellFormed()}…`;
  return short.replaceAll(/[^\p{L}\p{N} .,:…_=/()-]/gu, (char) => `#${char.codePointAt(0)};`);
}
