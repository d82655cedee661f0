import { type Dashboard, graph, number, rateOf, table } from './dashboard.ts';

export const securityDashboard: Dashboard = {
  uid: 'civitas-security',
  title: 'Civitas / Security and certificates',
  description: 'Who is turned away, which certificates end soon, whether the records of deeds can be written, which release runs where.',
  variables: ['network'],
  rows: [
    {
      title: 'Now',
      panels: [
        number(
          {
            title: 'Next certificate ends',
            unit: 's',
            description: 'Seconds until the first certificate ends. They are renewed at two thirds of their life.',
          },
          ['min(civitas_tls_certificate_not_after_timestamp_seconds{network=~"$network"} - time())', 'ends in'],
        ),
        number(
          {
            title: 'Audit log takes entries',
            unit: 'bool_yes_no',
            description: 'While it takes none, nothing can be changed through the console.',
          },
          ['min(civitas_console_audit_writable)', 'writable'],
        ),
        number({ title: 'Identity provider answers', unit: 'bool_yes_no', description: 'Whether people can be looked up and sign in.' }, [
          'min(civitas_console_directory_up)',
          'up',
        ]),
        number(
          {
            title: 'Validators that misbehaved and sign',
            unit: 'short',
            description: 'Offences of validators that are still in the set. Must be 0.',
          },
          ['max(civitas_validator_misbehaviours{network=~"$network", standing="in-set"})', 'offences'],
        ),
      ],
    },
    {
      title: 'Certificates',
      panels: [
        table(
          {
            title: 'Certificates of every process',
            unit: 's',
            description: 'Seconds until the certificate that each process presents ends.',
          },
          ['civitas_tls_certificate_not_after_timestamp_seconds{network=~"$network"} - time()', '{{job}} {{pod}} {{network}}'],
        ),
        graph({ title: 'First certificate of each network', unit: 's', description: 'Seconds until it ends, as the operator has it.' }, [
          'civitas_operator_certificate_not_after_timestamp_seconds{network=~"$network"} - time()',
          '{{network}}',
        ]),
        number(
          { title: 'Roll-over is late by', unit: 's', description: 'The step of a roll-over of an authority that is latest; 0 is well.' },
          ['max(civitas_operator_authority_overdue_seconds)', 'late'],
        ),
        graph(
          {
            title: 'Certificate sets read',
            unit: 'ops',
            description: 'Taken into use, or rejected because key, leaf and chain did not belong together. Rejected must be 0.',
          },
          [rateOf('civitas_tls_reload_total{network=~"$network"}', ['network', 'result']), '{{network}} {{result}}'],
        ),
      ],
    },
    {
      title: 'Turned away',
      panels: [
        graph(
          { title: 'At the console', unit: 'ops', description: 'Requests without a token that holds, with one that may not, or limited.' },
          [rateOf('civitas_console_authentication_failures_total', ['reason']), '{{reason}}'],
        ),
        graph(
          {
            title: 'At the ledgers',
            unit: 'ops',
            description: 'Operations whose signature or standing did not hold. A program with a wrong key, or somebody who tries.',
          },
          [
            rateOf('civitas_admission_refusals_total{network=~"$network", code=~"SIGNATURE_INVALID|NOT_AUTHORISED|WRONG_NETWORK"}', [
              'network',
              'code',
            ]),
            '{{network}} {{code}}',
          ],
        ),
        graph({ title: 'At the vaults', unit: 'ops', description: 'Sealed calls whose seal did not hold.' }, [
          rateOf('civitas_vault_calls_total{network=~"$network", result="unauthenticated"}', ['network', 'method']),
          '{{network}} {{method}}',
        ]),
        graph({ title: 'Audit entries', unit: 'ops', description: 'Entries by whether they reached the disk.' }, [
          rateOf('civitas_console_audit_entries_total', ['result']),
          '{{result}}',
        ]),
      ],
    },
    {
      title: 'Releases',
      panels: [
        table(
          {
            title: 'Versions',
            unit: 'short',
            description: 'Processes by component and version. Two versions of one component mean that a roll-out is under way.',
          },
          ['count by (component, version, engine) (civitas_build_info)', '{{component}} {{version}} {{engine}}'],
        ),
        table({ title: 'Running since', unit: 's', description: 'Age of every process. A young one was started again.' }, [
          'time() - process_start_time_seconds{job=~"civitas-.+"}',
          '{{job}} {{pod}}',
        ]),
      ],
    },
  ],
};
