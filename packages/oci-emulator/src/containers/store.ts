// Containers of the code interpreter and their files; one that nobody uses for a while is gone for good.
import { newId } from "../answers/complete.ts";
import type { EmulatorClock } from "../clock.ts";

/** Sizes a container comes in, and what each takes of the tenancy's limit, in gigabytes. */
const memoryLimits = { "1g": 1, "4g": 4, "16g": 16, "64g": 64 } as const;
type MemoryLimit = keyof typeof memoryLimits;

/** Gigabytes that all live containers of the tenancy may have together. */
export const tenancyMemory = 64;
/** Longest idle life of a container, in minutes; the default too. */
export const maxIdleMinutes = 20;

/** Bytes of files that this emulator keeps in memory for all containers together. */
const maxBytes = 512 * 1024 * 1024;
/** Expired containers that are still known by name; the oldest go first. */
const maxExpired = 1000;

export interface ContainerFile {
  readonly id: string;
  readonly containerId: string;
  /** Without directories: everything lies in `/mnt/data`. */
  readonly filename: string;
  readonly source: "user" | "assistant";
  readonly bytes: Uint8Array;
  readonly createdMs: number;
}

export interface Container {
  readonly id: string;
  readonly scope: string;
  readonly name: string;
  readonly memoryLimit: MemoryLimit;
  readonly idleMinutes: number;
  readonly createdMs: number;
  /** Idle life counts from here. */
  readonly lastActiveMs: number;
  readonly status: "running" | "expired";
}

/** A file on its way into a container. */
export type NewFile = Pick<ContainerFile, "filename" | "source" | "bytes">;

export interface NewContainer {
  readonly name: string;
  readonly memoryLimit?: MemoryLimit | undefined;
  readonly idleMinutes?: number | undefined;
}

export class ContainerStore {
  readonly #clock: EmulatorClock;
  readonly #containers = new Map<string, Container>();
  /** Files of live containers, in the order in which they came. */
  readonly #files = new Map<string, ContainerFile>();

  constructor(clock: EmulatorClock) {
    this.#clock = clock;
  }

  /** A new container; `undefined` if the tenancy's memory is taken. */
  create(scope: string, { name, memoryLimit = "1g", idleMinutes }: NewContainer): Container | undefined {
    this.#expire();
    const taken = [...this.#containers.values()]
      .filter(({ status }) => status === "running")
      .reduce((sum, held) => sum + memoryLimits[held.memoryLimit], 0);
    if (taken + memoryLimits[memoryLimit] > tenancyMemory) return undefined;
    const nowMs = this.#nowMs();
    const container: Container = {
      id: `cntr_${newId()}`,
      scope,
      name,
      memoryLimit,
      idleMinutes: idleMinutes ?? maxIdleMinutes,
      createdMs: nowMs,
      lastActiveMs: nowMs,
      status: "running",
    };
    this.#containers.set(container.id, container);
    return container;
  }

  /** All containers of this scope, oldest first, expired ones too. */
  list(scope: string): readonly Container[] {
    this.#expire();
    return [...this.#containers.values()].filter((container) => container.scope === scope);
  }

  /** A container of this scope. Whoever asks for a running one uses it: its idle life begins again. */
  use(id: string, scope: string): Container | undefined {
    this.#expire();
    const found = this.#containers.get(id);
    if (found?.scope !== scope) return undefined;
    if (found.status === "expired") return found;
    const used = { ...found, lastActiveMs: this.#nowMs() };
    this.#containers.set(id, used);
    return used;
  }

  delete(id: string): void {
    this.#containers.delete(id);
    this.#dropFiles(id);
  }

  /** Deletes all containers of a project that is no more. */
  deleteScope(scope: string): void {
    for (const { id } of this.list(scope)) this.delete(id);
  }

  filesOf(id: string): readonly ContainerFile[] {
    return [...this.#files.values()].filter(({ containerId }) => containerId === id);
  }

  /** A file of one container. */
  file(containerId: string, id: string): ContainerFile | undefined {
    const found = this.#files.get(id);
    return found?.containerId === containerId ? found : undefined;
  }

  /**
   * Puts a file into a running container, in place of one of the same name; `undefined` if there is no room for it in
   * this emulator.
   */
  putFile(containerId: string, file: NewFile): ContainerFile | undefined {
    const filename = baseName(file.filename);
    const replaced = this.filesOf(containerId).find((held) => held.filename === filename);
    const held = [...this.#files.values()].reduce((sum, { bytes }) => sum + bytes.length, 0);
    if (held - (replaced?.bytes.length ?? 0) + file.bytes.length > maxBytes) return undefined;
    if (replaced !== undefined) this.#files.delete(replaced.id);
    const put: ContainerFile = {
      ...file,
      id: `cfile_${newId()}`,
      containerId,
      filename,
      createdMs: this.#nowMs(),
    };
    this.#files.set(put.id, put);
    return put;
  }

  deleteFile(id: string): void {
    this.#files.delete(id);
  }

  clear(): void {
    this.#containers.clear();
    this.#files.clear();
  }

  /** Expiry is for good: a clock that goes back brings nothing back. */
  #expire(): void {
    const nowMs = this.#nowMs();
    for (const container of this.#containers.values()) {
      const isIdle = container.lastActiveMs + container.idleMinutes * 60_000 <= nowMs;
      if (container.status === "expired" || !isIdle) continue;
      this.#containers.set(container.id, { ...container, status: "expired" });
      this.#dropFiles(container.id);
    }
    const expired = [...this.#containers.values()].filter(({ status }) => status === "expired");
    for (const { id } of expired.slice(0, -maxExpired)) this.#containers.delete(id);
  }

  #dropFiles(containerId: string): void {
    for (const { id } of this.filesOf(containerId)) this.#files.delete(id);
  }

  #nowMs(): number {
    return this.#clock.now().getTime();
  }
}

const baseName = (filename: string): string => filename.split(/[/\\]/).at(-1) || "file";
