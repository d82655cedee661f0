import { type KubeClient, type KubeObject, pods } from '@civitas/kube';

const LOOK_MS = 100;

interface PodObject extends KubeObject {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

const isReady = (pod: PodObject): boolean =>
  pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;

/** Looks at a network's validators ten times a second: how many serve, and for how long fewer than a quorum did. */
export class VotersWatch {
  #lowest = Number.POSITIVE_INFINITY;
  #belowMs = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #look: () => Promise<number>;
  readonly #quorum: number;

  constructor(kube: KubeClient, network: { readonly namespace: string; readonly name: string; readonly quorum: number }) {
    this.#quorum = network.quorum;
    this.#look = async () => {
      const { items } = await kube.list<PodObject>(pods, {
        namespace: network.namespace,
        labelSelector: `civitas.dev/network=${network.name}`,
      });
      return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined).filter(isReady).length;
    };
  }

  start(): void {
    this.#lowest = Number.POSITIVE_INFINITY;
    this.#belowMs = 0;
    let sinceMs = performance.now();
    const turn = async (): Promise<void> => {
      const ready = await this.#look();
      const nowMs = performance.now();
      this.#lowest = Math.min(this.#lowest, ready);
      if (ready < this.#quorum) this.#belowMs += nowMs - sinceMs;
      sinceMs = nowMs;
      if (this.#timer !== undefined) this.#timer = setTimeout(() => void turn(), LOOK_MS);
    };
    this.#timer = setTimeout(() => void turn(), 0);
  }

  stop(): { readonly lowestReady: number; readonly secondsBelowQuorum: number } {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return { lowestReady: this.#lowest, secondsBelowQuorum: Math.round(this.#belowMs / 100) / 10 };
  }
}
