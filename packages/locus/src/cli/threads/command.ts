/** `locus threads`: what can be done with the conversations that are kept. */
import type { Command } from "commander";
import type { Output } from "../output.ts";
import { addAction, type ThreadsAction } from "./action.ts";
import { fork, replay } from "./copy.ts";
import { list } from "./list.ts";
import { deletion, vacuum } from "./removal.ts";
import { show } from "./show.ts";
import { exporting, importing } from "./transfer.ts";

const ACTIONS: readonly ThreadsAction[] = [list, show, fork, replay, exporting, importing, deletion, vacuum];

/** Puts all of them under `threads`. */
export function addThreadActions(threads: Command, output: Output, exit: (code: number) => void): void {
  for (const action of ACTIONS) addAction(threads, action, output, exit);
}
