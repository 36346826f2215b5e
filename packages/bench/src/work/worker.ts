/** One contestant at one work, in a process of its own: takes a job, tells what it cost. */
import { contestantOf } from "../contestants/contestants.ts";
import type { Job, Said } from "./job.ts";
import { leave, WORKS } from "./work.ts";

const tell = (said: Said): Promise<void> =>
  new Promise((resolve) => {
    process.send?.(said, () => resolve());
  });

process.once("message", (message) => {
  perform(message as Job).catch(async (error: unknown) => {
    await tell({ failure: error instanceof Error ? error.message : String(error) });
    process.exit(1);
  });
});

async function perform(job: Job): Promise<void> {
  const contestant = await contestantOf(job.contestant, job.baseURL);
  if (job.kind === "work") {
    await tell({ metrics: await WORKS[job.work](contestant, job.sizes) });
    process.exit();
  }
  const outcome = await leave(contestant, job.how);
  await tell({ outcome });
  // From here on only what the contestant left behind keeps the process alive.
  if (!job.lingers) process.disconnect();
}
