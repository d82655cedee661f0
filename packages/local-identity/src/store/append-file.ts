import { type FileHandle, open } from 'node:fs/promises';
import { writeFileDurably } from '@civitas/durable-file';

export interface AppendFile {
  /** Adds lines and makes them durable; the whole file is written anew when it has grown, or when the last append failed. */
  readonly append: (lines: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

/**
 * A file that only grows, until it is longer than `bytesMax` and four times what it was when written whole.
 *
 * @param contentNow what the whole file would say now; must hold what is being appended.
 */
export async function openAppendFile(path: string, contentNow: () => string, bytesMax: number): Promise<AppendFile> {
  let handle: FileHandle | undefined;
  let fileBytes = 0;
  let wholeBytes = 0;
  // After a failed append the file may end in half a line: only a whole new file is known to be right.
  let mustRewrite = true;

  const rewrite = async (): Promise<void> => {
    const content = contentNow();
    await handle?.close();
    handle = undefined;
    await writeFileDurably(path, content);
    handle = await open(path, 'a', 0o600);
    wholeBytes = Buffer.byteLength(content);
    fileBytes = wholeBytes;
    mustRewrite = false;
  };
  await rewrite();
  return {
    append: async (lines) => {
      if (mustRewrite || fileBytes > Math.max(bytesMax, 4 * wholeBytes)) return rewrite();
      mustRewrite = true;
      await handle?.appendFile(lines);
      await handle?.datasync();
      mustRewrite = false;
      fileBytes += Buffer.byteLength(lines);
    },
    close: async () => {
      await handle?.close();
      handle = undefined;
    },
  };
}
