// Containers of the code interpreter and their files; one that nobody uses for a while is gone for good.

export class ContainerStore {
  clear(): void {}
}
