/** What of an answer its deltas have told, and what is left to tell once it is whole. Pure. */
import type { JSONObject } from "@ai-sdk/provider";
import type { AssistantPart, ReasoningPart } from "@locus-sdk/core";
import { sealOf } from "./result.ts";

/** A run of deltas of one kind, by the length of its text. */
export interface Block {
  readonly type: "text" | "reasoning";
  readonly id: string;
  length: number;
}

/** A part that no delta has told, and where it stands in its message, if that is not at the end. */
export interface Untold {
  readonly part: AssistantPart;
  readonly place?: number;
}

const lengthOf = (blocks: readonly Block[], type: Block["type"]): number =>
  blocks.reduce((sum, block) => (block.type === type ? sum + block.length : sum), 0);

/** After how many characters of text a new block of it began. */
function beginnings(blocks: readonly Block[]): ReadonlySet<number> {
  const found = new Set<number>();
  let length = 0;
  for (const block of blocks) {
    if (block.type !== "text") continue;
    found.add(length);
    length += block.length;
  }
  return found;
}

/** The parts of `content`, or the rest of them, that `blocks` do not hold, in their order. */
export function untold(content: readonly AssistantPart[], blocks: readonly Block[]): readonly Untold[] {
  const begin = beginnings(blocks);
  const texts = lengthOf(blocks, "text");
  const told = { text: texts, reasoning: lengthOf(blocks, "reasoning") };
  const left: { readonly part: AssistantPart; readonly at: number }[] = [];
  let lastTold = -1;
  let at = -1;
  for (const part of content) {
    const spoken = part.type === "text" || part.type === "reasoning";
    const heard = spoken ? Math.min(told[part.type], part.text.length) : 0;
    // Texts that came as one block will be read as one part.
    if (part.type !== "text" || heard === 0 || begin.has(texts - told.text)) at += 1;
    if (spoken) told[part.type] -= heard;
    if (heard > 0) lastTold = at;
    if (!spoken || part.text === "") left.push({ part, at });
    else if (heard < part.text.length) left.push({ part: { ...part, text: part.text.slice(heard) }, at });
  }
  return left.map(({ part, at: place }) => (place < lastTold ? { part, place } : { part }));
}

/** For each block of thoughts, in order, what is to be kept with it. */
export function sealsOf(
  content: readonly AssistantPart[],
  blocks: readonly Block[],
): readonly { readonly block: Block; readonly kept: JSONObject }[] {
  const parts = content.filter(
    (part): part is ReasoningPart => part.type === "reasoning" && part.text !== "",
  );
  const waiting = blocks.filter(({ type }) => type === "reasoning");
  const sealed: { readonly block: Block; readonly kept: JSONObject }[] = [];
  let next = 0;
  for (let at = 0; at < waiting.length; ) {
    // As many blocks and parts as it takes to come to the same length.
    const group: Block[] = [];
    const members: ReasoningPart[] = [];
    let ahead = 0;
    do {
      const block = ahead <= 0 ? waiting[at] : undefined;
      const part = ahead > 0 || block === undefined ? parts[next] : undefined;
      if (block !== undefined) {
        group.push(block);
        ahead += block.length;
        at += 1;
      } else if (part !== undefined) {
        members.push(part);
        ahead -= part.text.length;
        next += 1;
      } else break;
    } while (ahead !== 0);
    sealed.push(...sealGroup(group, members));
  }
  return sealed;
}

function sealGroup(
  group: readonly Block[],
  members: readonly ReasoningPart[],
): readonly { readonly block: Block; readonly kept: JSONObject }[] {
  const [only] = members;
  if (group.length === 1 && members.length === 1 && only !== undefined) {
    return group.map((block) => ({ block, kept: sealOf(only) }));
  }
  const reasoning = members.map((part) => ({ ...part }));
  return group.map((block, index) => ({ block, kept: { reasoning: index === 0 ? reasoning : [] } }));
}
