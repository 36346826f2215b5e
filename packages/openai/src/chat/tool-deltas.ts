/** Puts streamed fragments of tool calls together, whichever way a model family cuts and labels them. */
import { isRecord, type ModelStreamPart, parseJson, type ToolCallPart } from "@locus-sdk/core";
import { argumentsText } from "./values.ts";

/** One fragment as it came. An absent label is `undefined`; servers send `null`, `""` and nothing for it. */
export interface ToolCallFragment {
  readonly index: number | undefined;
  readonly id: string | undefined;
  readonly name: string | undefined;
  readonly arguments: string;
}

type ToolCallDelta = Extract<ModelStreamPart, { type: "tool_call_delta" }>;

interface Slot {
  readonly position: number;
  id: string;
  name: string;
  arguments: string;
  announced: boolean;
}

/**
 * Assigns each fragment to its call. In order of trust: an id seen before; a new id, which opens a call where a name
 * comes with it; the index; and where there is neither, a name opens a call and the rest goes to the last one.
 */
export class ToolCallAssembler {
  readonly #doubleEncoded: boolean;
  readonly #slots: Slot[] = [];
  readonly #byId = new Map<string, Slot>();
  readonly #byIndex = new Map<number, Slot>();
  #last: Slot | undefined;

  /**
   * `doubleEncoded` says that arguments come as JSON within a JSON string. Pieces of that are no pieces of the
   * arguments: these are told whole, by `rest`.
   */
  constructor(doubleEncoded = false) {
    this.#doubleEncoded = doubleEncoded;
  }

  /** Takes one fragment in; what is to be told of its call, or `undefined` where it only repeats. */
  add(fragment: ToolCallFragment): ToolCallDelta | undefined {
    const slot = this.#slotFor(fragment);
    this.#last = slot;
    if (fragment.index !== undefined) this.#byIndex.set(fragment.index, slot);
    const lateId = slot.id === "" && fragment.id !== undefined ? fragment.id : undefined;
    if (lateId !== undefined) {
      slot.id = lateId;
      this.#byId.set(lateId, slot);
    }
    const lateName = slot.name === "" ? fragment.name : undefined;
    if (lateName !== undefined) slot.name = lateName;
    const added = repeats(slot, fragment) ? "" : fragment.arguments;
    slot.arguments += added;
    const first = !slot.announced;
    slot.announced = true;
    const argumentsDelta = this.#doubleEncoded ? "" : added;
    if (!first && argumentsDelta === "" && lateId === undefined && lateName === undefined) return undefined;
    return {
      type: "tool_call_delta",
      index: slot.position,
      ...(lateId === undefined ? {} : { id: lateId }),
      ...(lateName === undefined ? {} : { name: lateName }),
      argumentsDelta,
    };
  }

  /** What is still to be told once every fragment is in. */
  rest(): ToolCallDelta[] {
    if (!this.#doubleEncoded) return [];
    return this.calls().map(({ arguments: argumentsDelta }, index) => ({
      type: "tool_call_delta",
      index,
      argumentsDelta,
    }));
  }

  get size(): number {
    return this.#slots.length;
  }

  /** The calls so far, in the order they were opened. */
  calls(): ToolCallPart[] {
    return this.#slots.map((slot) => ({
      type: "tool_call",
      id: slot.id,
      name: slot.name,
      arguments: argumentsText(slot.arguments, this.#doubleEncoded),
    }));
  }

  #slotFor(fragment: ToolCallFragment): Slot {
    const { id, index, name } = fragment;
    const known = id === undefined ? undefined : this.#byId.get(id);
    if (known !== undefined) return known;
    const indexed = index === undefined ? undefined : this.#byIndex.get(index);
    // A fragment without any label of its own goes on with the call that came last, whatever its index says.
    const current =
      indexed ?? (index === undefined || (id === undefined && name === undefined) ? this.#last : undefined);
    if (current === undefined) return this.#open();
    if (id !== undefined) {
      if (current.id !== "") {
        // A new id for the same place: the next call, or (without a name, at an index) a server that renames as it goes.
        return name === undefined && indexed !== undefined ? current : this.#open();
      }
      return name !== undefined && isSettled(current, fragment) ? this.#open() : current;
    }
    if (name === undefined) return current;
    return isSettled(current, fragment) ? this.#open() : current;
  }

  #open(): Slot {
    const slot: Slot = { position: this.#slots.length, id: "", name: "", arguments: "", announced: false };
    this.#slots.push(slot);
    return slot;
  }
}

/** Whether a fragment that names a function cannot belong to `slot`, which has its name already. */
function isSettled(slot: Slot, fragment: ToolCallFragment): boolean {
  if (slot.name === "") return false;
  if (slot.name !== fragment.name) return true;
  if (slot.arguments === "") return fragment.arguments === "";
  return parseJson(slot.arguments) !== undefined;
}

/** Whether a fragment announces a finished call once more, word for word. */
function repeats(slot: Slot, fragment: ToolCallFragment): boolean {
  return (
    fragment.id !== undefined &&
    fragment.arguments !== "" &&
    fragment.arguments === slot.arguments &&
    isRecord(parseJson(slot.arguments))
  );
}
