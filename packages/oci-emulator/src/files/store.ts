// Files as they were uploaded, kept by project until they are deleted or expire.

export class FileStore {
  clear(): void {}
}
