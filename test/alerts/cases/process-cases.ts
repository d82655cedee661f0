import { type AlertCases, fires, growing, silent, spread, steady } from './alert-case.ts';

const node = '{job="civitas-node", instance="a"}';
const offset = (name: string, seconds: number) => steady(`civitas_block_clock_offset_seconds{network="n", node="${name}"}`, seconds);
const lag = (within: number) => spread('civitas_event_loop_lag_seconds', 'job="civitas-node", instance="a"', ['0.25', '0.5', '1'], within);

export const processCases: AlertCases = {
  CivitasTargetDown: [fires(steady(`up${node}`, 0)), silent(steady(`up${node}`, 1)), silent(steady('up{job="other", instance="a"}', 0))],
  CivitasProcessRestarting: [
    fires([`process_start_time_seconds${node}`, '0 1 2 3 4x56']),
    silent([`process_start_time_seconds${node}`, '0 1 2 3x57']),
  ],
  CivitasEventLoopBlocked: [fires(...lag(98)), silent(...lag(100))],
  CivitasFileDescriptorsLow: [
    fires(steady(`process_open_fds${node}`, 90), steady(`process_max_fds${node}`, 100)),
    silent(steady(`process_open_fds${node}`, 70), steady(`process_max_fds${node}`, 100)),
  ],
  CivitasClockSkew: [
    fires(offset('a', 0.1), offset('b', 0.2), offset('c', -6)),
    silent(offset('a', 0.1), offset('b', 0.2), offset('c', -4)),
    silent(offset('alone', 600)),
  ],
  CivitasVersionsDiffer: [
    {
      fires: true,
      series: ['0.1.0', '0.2.0'].map((version) => steady(`civitas_build_info{component="node", version="${version}"}`, 1)),
      at: '65m',
    },
    { fires: false, series: [steady('civitas_build_info{component="node", version="0.1.0"}', 1)], at: '65m' },
  ],
  CivitasScrapeSlow: [fires(steady(`scrape_duration_seconds${node}`, 1.2)), silent(steady(`scrape_duration_seconds${node}`, 0.9))],
};

export const laptopCases: AlertCases = {
  CivitasKubeletFaults: [
    fires(['civitas_localcluster_kubelet_faults', '0x50 2x70']),
    silent(steady('civitas_localcluster_kubelet_faults', 2)),
  ],
  CivitasContainersRestarting: [
    fires(growing('civitas_localcluster_container_restarts', 0.2)),
    silent(growing('civitas_localcluster_container_restarts', 0.14)),
  ],
};
