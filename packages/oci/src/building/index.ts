/** Files, vector stores, containers and conversations in use: every public name of it is listed. */

export {
  type ContainerDownloadOptions,
  type DownloadedFile,
  downloadContainerFiles,
} from "./container-downloads.ts";
export { ContainerExpiredError } from "./container-expired.ts";
export {
  type CitedContainerFile,
  type ContainerClient,
  type ContainerInput,
  type ContainerOptions,
  containerFilesOf,
  createContainerWithFiles,
  type FilledContainer,
} from "./containers.ts";
export { type ContinueParams, continueConversation, conversationHistory } from "./conversations.ts";
export { type IngestionOptions, waitForIngestion, waitForVectorStore } from "./ingestion.ts";
export type { Patience } from "./polling.ts";
export type { IngestedFile, IngestionProgress, VectorStoreClient } from "./store-files.ts";
export { pathOfUpload } from "./upload/names.ts";
export {
  type FileAttributes,
  type FileOutcome,
  UploadCancelledError,
  type UploadClient,
  type UploadFolderOptions,
  type UploadProgress,
  type UploadReport,
} from "./upload/types.ts";
export { uploadFolder } from "./upload/upload-folder.ts";
