import type { Bytes } from '@civitas/canon';

/**
 * A place for backups: a folder on a volume, or a bucket. Names are relative, made of segments `[a-zA-Z0-9._-]+` joined by `/`.
 * Each method throws BackupFault when the place fails.
 */
export interface BackupTarget {
  /** For messages; holds no secret. */
  readonly description: string;
  /** Undefined when there is no such file. */
  read(name: string): Promise<Bytes | undefined>;
  /** Whole and durable when it returns; writing the same name again replaces it whole. */
  write(name: string, bytes: Bytes): Promise<void>;
  /** Names of all files below a folder, in order; none when there is no such folder. */
  list(folder: string): Promise<readonly string[]>;
  /** Nothing happens when it is not there. */
  remove(name: string): Promise<void>;
  /** Removes what writes below a folder left that were broken off more than `olderThanMs` ago: no write takes as long. */
  sweep(folder: string, olderThanMs: number): Promise<void>;
}

const NAME = /^(?!\.)[a-zA-Z0-9._-]+(?:\/(?!\.)[a-zA-Z0-9._-]+)*$/;

/** @throws RangeError for a name that could leave its place: a bug of the caller. */
export function assertTargetName(name: string): void {
  if (!NAME.test(name)) throw new RangeError(`${JSON.stringify(name)} is no name of a file of a backup`);
}

/** The part of a target below one folder. */
export function targetBelow(target: BackupTarget, folder: string): BackupTarget {
  assertTargetName(folder);
  const inside = (name: string): string => `${folder}/${name}`;
  return {
    description: `${target.description}/${folder}`,
    read: (name) => target.read(inside(name)),
    write: (name, bytes) => target.write(inside(name), bytes),
    list: async (below) => {
      const names = await target.list(below === '' ? folder : inside(below));
      return names.map((name) => name.slice(folder.length + 1));
    },
    remove: (name) => target.remove(inside(name)),
    sweep: (below, olderThanMs) => target.sweep(below === '' ? folder : inside(below), olderThanMs),
  };
}
