import { type Dashboard, graph, number, quantileOf, rateOf, table } from './dashboard.ts';

const OF = 'controller=~"$controller"';
const QUEUE = 'name=~"$controller"';

export const operatorDashboard: Dashboard = {
  uid: 'civitas-operator',
  title: 'Civitas / Operator',
  description: 'Does the operator lead, does it keep up, what does it fail at?',
  variables: ['controller'],
  rows: [
    {
      title: 'Now',
      panels: [
        number({ title: 'Leaders', unit: 'short', description: 'Must be 1. With 0 nothing is repaired; the ledgers go on.' }, [
          'sum(leader_election_master_status)',
          'leaders',
        ]),
        number({ title: 'Keys waiting', unit: 'short', description: 'Objects that wait to be looked at.' }, [
          `sum(workqueue_depth{${QUEUE}})`,
          'keys',
        ]),
        number(
          { title: 'Longest under way', unit: 's', description: 'Age of the oldest reconcile that runs. Minutes mean that it is stuck.' },
          [`max(workqueue_longest_running_processor_seconds{${QUEUE}})`, 'longest'],
        ),
        number({ title: 'Lag of the Lease', unit: 's', description: 'How late the last renewal of the Lease began.' }, [
          'max(leader_election_event_loop_lag_seconds)',
          'lag',
        ]),
      ],
    },
    {
      title: 'Reconciles',
      panels: [
        graph({ title: 'Reconciles', unit: 'ops', description: 'A second, by controller and result.' }, [
          rateOf(`controller_runtime_reconcile_total{${OF}}`, ['controller', 'result']),
          '{{controller}} {{result}}',
        ]),
        graph(
          {
            title: 'Errors',
            unit: 'ops',
            description: 'Reconciles that failed and are tried again; terminal ones wait for the object to change.',
          },
          [rateOf(`controller_runtime_reconcile_errors_total{${OF}}`, ['controller']), '{{controller}}'],
          [rateOf(`controller_runtime_terminal_reconcile_errors_total{${OF}}`, ['controller']), '{{controller}} terminal'],
        ),
        graph(
          {
            title: 'Time of a reconcile',
            unit: 's',
            description: '95 % of reconciles.',
            emptyWhen: 'nothing of that controller changed in the last minutes',
          },
          [quantileOf(0.95, `controller_runtime_reconcile_time_seconds{${OF}}`, ['controller']), '{{controller}}'],
        ),
        graph(
          {
            title: 'New networks',
            unit: 'short',
            description: 'Made within the last hour, and those of them that were available within the five minutes that are promised.',
          },
          ['sum(increase(civitas_operator_network_ready_seconds_count[1h]))', 'made'],
          ['sum(increase(civitas_operator_network_ready_seconds_bucket{le="300"}[1h]))', 'in time'],
        ),
        graph(
          { title: 'Workers', unit: 'short', description: 'Reconciles that run, against how many may.' },
          [`controller_runtime_active_workers{${OF}}`, '{{controller}}'],
          [`controller_runtime_max_concurrent_reconciles{${OF}}`, '{{controller}} limit'],
        ),
      ],
    },
    {
      title: 'Queues',
      panels: [
        graph({ title: 'Depth', unit: 'short', description: 'Keys that wait, by controller.' }, [`workqueue_depth{${QUEUE}}`, '{{name}}']),
        graph(
          { title: 'Adds and retries', unit: 'ops', description: 'Keys added and tried again.' },
          [rateOf(`workqueue_adds_total{${QUEUE}}`, ['name']), '{{name}}'],
          [rateOf(`workqueue_retries_total{${QUEUE}}`, ['name']), '{{name}} retries'],
        ),
        graph(
          {
            title: 'Waiting and working',
            unit: 's',
            description: '95 % of the time a key waited and was worked on.',
            emptyWhen: 'nothing of that controller changed in the last minutes',
          },
          [quantileOf(0.95, `workqueue_queue_duration_seconds{${QUEUE}}`, ['name']), '{{name}} waited'],
          [quantileOf(0.95, `workqueue_work_duration_seconds{${QUEUE}}`, ['name']), '{{name}} worked'],
        ),
        graph({ title: 'Unfinished work', unit: 's', description: 'Age of all work under way together.' }, [
          `workqueue_unfinished_work_seconds{${QUEUE}}`,
          '{{name}}',
        ]),
      ],
    },
    {
      title: 'API server',
      panels: [
        graph(
          {
            title: 'Requests',
            unit: 'ops',
            description: 'By method and status. 409 is a race that is tried again; 5xx is the API server.',
          },
          [rateOf('rest_client_requests_total', ['method', 'code']), '{{method}} {{code}}'],
        ),
        graph({ title: 'Time of a request', unit: 's', description: '95 % of requests to the head of the answer.' }, [
          quantileOf(0.95, 'rest_client_request_duration_seconds', ['verb']),
          '{{verb}}',
        ]),
        graph(
          { title: 'Lists and watches', unit: 'ops', description: 'Full lists, watches opened and those that failed, by kind.' },
          [rateOf('reflector_lists_total', ['resource']), '{{resource}} lists'],
          [rateOf('reflector_watches_total', ['resource']), '{{resource}} watches'],
          [rateOf('reflector_failures_total', ['resource']), '{{resource}} failures'],
        ),
        graph(
          {
            title: 'Changes that only a list showed',
            unit: 'ops',
            description: 'More than now and then means that watches lose changes.',
            emptyWhen: 'no change was missed',
          },
          [rateOf('reflector_missed_changes_total', ['resource']), '{{resource}}'],
        ),
        graph(
          {
            title: 'Events',
            unit: 'ops',
            description: 'Kubernetes events cut off per object, and those that could not be written.',
            emptyWhen: 'every event was written',
          },
          [rateOf('events_dropped_total', ['component']), 'dropped'],
          [rateOf('events_failed_total', ['component']), 'failed'],
        ),
      ],
    },
    {
      title: 'What it looks after',
      panels: [
        table({ title: 'Networks', unit: 'bool_yes_no', description: 'Conditions of every network, 1 when True.' }, [
          'max by (resource, network, condition) (civitas_operator_network_condition)',
          '{{resource}} {{condition}}',
        ]),
        table(
          { title: 'Agencies', unit: 'bool_yes_no', description: 'Conditions of every agency, 1 when True. QuotaExceeded should be 0.' },
          ['max by (agency, condition) (civitas_operator_agency_condition)', '{{agency}} {{condition}}'],
        ),
        graph(
          {
            title: 'Laptop: pods and processes',
            unit: 'short',
            description: 'What the kubelet of a laptop runs, and what it had to start again.',
            emptyWhen: 'the city runs on a cluster of its own',
          },
          ['civitas_localcluster_pods', 'pods'],
          ['civitas_localcluster_processes', 'processes'],
          ['civitas_localcluster_container_restarts', 'restarts'],
        ),
        graph(
          {
            title: 'Laptop: requests and connections',
            unit: 'short',
            description: 'Requests to its Kubernetes API a second, open connections through the proxy, probes that failed, faults.',
            emptyWhen: 'the city runs on a cluster of its own',
          },
          [rateOf('civitas_localcluster_requests_total', ['verb', 'allowed']), '{{verb}} allowed={{allowed}}'],
          ['civitas_localcluster_proxy_connections', 'connections'],
          ['civitas_localcluster_probe_failures', 'probe failures'],
          ['civitas_localcluster_kubelet_faults', 'faults'],
        ),
      ],
    },
  ],
};
