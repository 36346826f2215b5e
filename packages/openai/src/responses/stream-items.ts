/** The output items of a streamed answer, put together from their events. */
import type { JsonObject, JsonValue } from "@locus-sdk/core";
import { TextBuffer } from "../chat/text-buffer.ts";

/** One item as far as it has come. */
export interface ItemSlot {
  /** As announced, and as it is once it is done. */
  item: JsonObject;
  done: boolean;
  /** Whether a call has been told of by name. */
  named: boolean;
  /** Place among the calls of the answer, of calls only. */
  callIndex: number | undefined;
  /** What has been told of its text, arguments or thoughts. */
  readonly text: TextBuffer;
  readonly refusal: TextBuffer;
  /** The part of a summary, or of reasoning, that the last thought belonged to. */
  thought: number | undefined;
}

/** Finds the item an event is about: by its id, else by its place, else the last one. */
export class ItemSlots {
  readonly #slots: ItemSlot[] = [];
  readonly #byId = new Map<string, ItemSlot>();
  readonly #byIndex = new Map<number, ItemSlot>();
  #last: ItemSlot | undefined;

  /** The item of an event, which is opened as `type` where nothing has announced it. */
  find(id: unknown, index: unknown, type: string): ItemSlot {
    const known =
      (typeof id === "string" ? this.#byId.get(id) : undefined) ??
      (typeof index === "number" ? this.#byIndex.get(index) : undefined);
    if (known !== undefined) {
      this.#last = known;
      return known;
    }
    const unlabelled = typeof id !== "string" && typeof index !== "number";
    if (unlabelled && this.#last !== undefined && !this.#last.done) return this.#last;
    return this.open({ type }, id, index);
  }

  /** A new item. */
  open(item: JsonObject, id: unknown, index: unknown): ItemSlot {
    const slot: ItemSlot = {
      item,
      done: false,
      named: false,
      callIndex: undefined,
      text: new TextBuffer(),
      refusal: new TextBuffer(),
      thought: undefined,
    };
    // Without a place of its own it is where it came in.
    const place = typeof index === "number" ? index : this.#slots.length;
    this.#slots.push(slot);
    if (typeof id === "string") this.#byId.set(id, slot);
    if (!this.#byIndex.has(place)) this.#byIndex.set(place, slot);
    this.#last = slot;
    return slot;
  }

  /** The item that `announced` is, where it is known already. */
  known(announced: JsonObject, index: unknown): ItemSlot | undefined {
    const byId = typeof announced.id === "string" ? this.#byId.get(announced.id) : undefined;
    return byId ?? (typeof index === "number" ? this.#byIndex.get(index) : undefined);
  }

  /** All items in the order of their places. */
  items(): readonly JsonObject[] {
    const placed = new Map([...this.#byIndex].map(([index, slot]) => [slot, index] as const));
    return this.#slots
      .map((slot, order) => ({ slot, place: placed.get(slot) ?? order }))
      .toSorted((one, other) => one.place - other.place)
      .map(({ slot }) => (slot.done ? slot.item : collected(slot)));
  }
}

/** An item that was never said to be done, out of what was told of it. */
function collected({ item, text, refusal }: ItemSlot): JsonObject {
  const said = text.read();
  switch (item.type) {
    case "message": {
      const refused = refusal.read();
      const content: JsonValue[] = [];
      if (said !== "") content.push({ type: "output_text", text: said, annotations: [] });
      if (refused !== "") content.push({ type: "refusal", refusal: refused });
      return { ...item, content };
    }
    case "reasoning":
      return said === "" ? item : { ...item, summary: [{ type: "summary_text", text: said }] };
    case "function_call":
    case "mcp_approval_request":
      return said === "" ? item : { ...item, arguments: said };
    default:
      return item;
  }
}
