import { CONTROL_ADDRESS, type Places } from './places.ts';
import { runNow } from './processes.ts';

const BRIDGE = 'kbr0';

/** One namespace for the API server with a bridge in it, one a node on that bridge; nothing in the machine's own. */
export function makeNetwork({ controlNamespace, nodes }: Places): void {
  runNow(['ip', 'netns', 'add', controlNamespace]);
  const control = (...args: string[]): string => runNow(['ip', ...args], { namespace: controlNamespace });
  control('link', 'set', 'lo', 'up');
  control('link', 'add', BRIDGE, 'type', 'bridge');
  control('addr', 'add', `${CONTROL_ADDRESS}/24`, 'dev', BRIDGE);
  control('link', 'set', BRIDGE, 'up');
  nodes.forEach((node, index) => {
    const { namespace } = node;
    const port = `kv${index + 1}`;
    runNow(['ip', 'netns', 'add', namespace]);
    const own = (...args: string[]): string => runNow(['ip', ...args], { namespace });
    own('link', 'set', 'lo', 'up');
    runNow(['ip', 'link', 'add', port, 'netns', controlNamespace, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace]);
    control('link', 'set', port, 'master', BRIDGE, 'up');
    own('addr', 'add', `${node.address}/24`, 'dev', 'eth0');
    own('link', 'set', 'eth0', 'up');
    own('route', 'add', 'default', 'via', CONTROL_ADDRESS);
    runNow(['sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv4.conf.all.rp_filter=0'], { namespace });
    control('route', 'add', node.podCidr, 'via', node.address);
  });
  for (const { namespace, name } of nodes)
    for (const other of nodes) if (other.name !== name) runNow(['ip', 'route', 'add', other.podCidr, 'via', other.address], { namespace });
}

/** Removes the namespaces, and every link in them. Those that are gone already are no fault. */
export function removeNetwork({ controlNamespace, nodes }: Pick<Places, 'controlNamespace' | 'nodes'>): void {
  const present = runNow(['ip', 'netns', 'list'])
    .split('\n')
    .map((line) => line.split(' ')[0]);
  for (const namespace of [...nodes.map((node) => node.namespace), controlNamespace])
    if (present.includes(namespace)) runNow(['ip', 'netns', 'del', namespace]);
}
