import { readdirSync, readFileSync } from 'node:fs';

export interface PodProcess {
  readonly pid: number;
  readonly pod: string;
}

/** Every process of a home's pods: the kubelet puts the pod's root into the environment of what it starts. */
export function podProcesses(home: string): readonly PodProcess[] {
  const marker = new RegExp(`CIVITAS_ROOT=${home.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}/[^\\0]*?[^/_]+_([^_/\\0]+)_`);
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      try {
        const match = marker.exec(readFileSync(`/proc/${entry}/environ`, 'utf8'));
        return match?.[1] === undefined ? [] : [{ pid: Number(entry), pod: match[1] }];
      } catch {
        return [];
      }
    });
}

/** The process of one pod; undefined when it does not run. */
export function findPodProcess(home: string, pod: string): number | undefined {
  return podProcesses(home).find((candidate) => candidate.pod === pod)?.pid;
}
