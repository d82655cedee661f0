import '@xyflow/react/dist/style.css';
import type { Link as LedgerLink, Network } from '@civitas/console-contract';
import { useNavigate } from '@tanstack/react-router';
import { Controls, type Edge, Handle, type Node, type NodeProps, Position, ReactFlow } from '@xyflow/react';
import { type KeyboardEvent, type ReactNode, useMemo } from 'react';
import { useWords } from '../i18n/index.ts';
import { isDark } from '../theme.ts';
import type { Tone } from '../ui/status-label.tsx';
import { placesOf } from './map-layout.ts';
import { toneOfPhase } from './tones.ts';
import { wordOf } from './words-of.ts';

type NetworkNode = Node<{ readonly name: string; readonly words: string; readonly tone: Tone }, 'network'>;

const NODE_TYPES = { network: NetworkBox };

interface MapViewProps {
  readonly networks: readonly Network[];
  readonly links: readonly LedgerLink[];
}

/** The picture of the city: networks can be reached with Tab and opened with Enter. */
export function MapView({ networks, links }: MapViewProps): ReactNode {
  const { t } = useWords();
  const navigate = useNavigate();
  const nodes = useMemo(() => nodesOf(networks), [networks]);
  const edges = useMemo(() => edgesOf(links, networks), [links, networks]);
  const open = (name: string): void => void navigate({ to: '/networks/$name', params: { name } });
  const onKeyDown = (event: KeyboardEvent): void => {
    const name = event.target instanceof HTMLElement ? event.target.dataset['id'] : undefined;
    if (event.key === 'Enter' && name !== undefined && networks.some((network) => network.name === name)) open(name);
  };
  return (
    <section className="civitas-map" aria-label={t('map.label')} onKeyDown={onKeyDown}>
      <ReactFlow
        nodes={nodes}
        nodeTypes={NODE_TYPES}
        edges={edges}
        onNodeClick={(_event, node) => open(node.id)}
        nodesDraggable={false}
        nodesConnectable={false}
        edgesFocusable={false}
        fitView
        zoomOnScroll={false}
        preventScrolling={false}
        colorMode={isDark() ? 'dark' : 'light'}
        proOptions={{ hideAttribution: true }}
        ariaLabelConfig={{
          'node.a11yDescription.default': t('map.node'),
          'node.a11yDescription.keyboardDisabled': t('map.node'),
          'edge.a11yDescription.default': t('map.edge'),
          'controls.ariaLabel': t('map.label'),
          'controls.zoomIn.ariaLabel': t('map.zoomIn'),
          'controls.zoomOut.ariaLabel': t('map.zoomOut'),
          'controls.fitView.ariaLabel': t('map.fit'),
        }}
      >
        <Controls showInteractive={false} />
      </ReactFlow>
    </section>
  );
}

function NetworkBox({ data: { name, words, tone } }: NodeProps<NetworkNode>): ReactNode {
  return (
    <div className={`civitas-node civitas-node-${tone}`}>
      <Handle type="target" position={Position.Top} isConnectable={false} />
      <strong>{name}</strong>
      <div>{words}</div>
      <Handle type="source" position={Position.Bottom} isConnectable={false} />
    </div>
  );
}

function nodesOf(networks: readonly Network[]): NetworkNode[] {
  const ordered = [...networks].sort(
    (left, right) => Number(right.domain === 'city') - Number(left.domain === 'city') || left.name.localeCompare(right.name),
  );
  const places = placesOf(ordered.map(({ name }) => name));
  return ordered.map(({ name, domain, phase }, index) => ({
    id: name,
    position: { x: places[index]?.x ?? 0, y: places[index]?.y ?? 0 },
    type: 'network',
    data: { name, words: `${wordOf('domain', domain)} · ${wordOf('phase', phase)}`, tone: toneOfPhase(phase) },
    ariaLabel: `${name}, ${wordOf('domain', domain)}, ${wordOf('phase', phase)}`,
  }));
}

function edgesOf(links: readonly LedgerLink[], networks: readonly Network[]): Edge[] {
  const known = new Set(networks.map(({ name }) => name));
  return links
    .filter(({ from, to }) => known.has(from) && known.has(to))
    .map(({ name, from, to, phase }) => ({
      id: name,
      source: from,
      target: to,
      type: 'straight',
      label: wordOf('phase', phase),
      ariaLabel: `${from} ↔ ${to}`,
    }));
}
