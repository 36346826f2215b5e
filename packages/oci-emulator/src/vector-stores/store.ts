// Vector stores and what became of the files put into them, kept by compartment.

export class VectorStores {
  clear(): void {}
}
